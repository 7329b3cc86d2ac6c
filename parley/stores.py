"""The servers as commands use them: opened for one command, with words on what to mend."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic import SecretStr

from parley.environment import OWNER_DATABASE, Environment, Found
from shared.messaging.publisher import Publisher
from shared.messaging.topology import PARTITIONS, Topology
from shared.runtime.errors import BadInput, NotFound, SettingsError, Unavailable
from shared.runtime.logging import logger
from shared.runtime.settings import ObjectSettings
from shared.storage.database import Database
from shared.storage.objects import Objects

CONNECTOR_DATABASE = "DATABASE_URL_CONNECTOR"
OWNER_LIMIT_MS = 3_600_000  # a look through all messages of a large tenant


def quiet() -> None:
    """A command speaks to a person: the log lines of what it uses stay out of that."""
    logger().setLevel(logging.CRITICAL)


def topology_of(environment: Environment) -> Topology:
    """The queues of this installation. Raises SettingsError."""
    partitions = environment.find("PARTITIONS")
    prefix = environment.find("QUEUE_PREFIX")
    if partitions is not None and not partitions.value.isdigit():
        raise SettingsError(f"PARTITIONS (from {partitions.source}) is no number")
    count = PARTITIONS if partitions is None else int(partitions.value)
    return Topology(count, "" if prefix is None else prefix.value)


@asynccontextmanager
async def database_of(environment: Environment) -> AsyncIterator[Database]:
    """PostgreSQL with the connector's rights. Raises Unavailable at once when it is away."""
    async with _database(environment.need(CONNECTOR_DATABASE), 60_000) as database:
        yield database


@asynccontextmanager
async def owner_of(environment: Environment) -> AsyncIterator[Database]:
    """PostgreSQL as the owner of the tables: to remove what no function may. Raises Unavailable."""
    async with _database(environment.need(*OWNER_DATABASE), OWNER_LIMIT_MS) as database:
        yield database


@asynccontextmanager
async def _database(setting: Found, limit_ms: int) -> AsyncIterator[Database]:
    async with Database.open(setting.value, size=2, statement_timeout_ms=limit_ms) as database:
        try:
            await database.ping()
        except Unavailable as error:
            raise Unavailable(_mend("PostgreSQL", setting, error)) from None
        yield database


@asynccontextmanager
async def publisher_of(environment: Environment) -> AsyncIterator[Publisher]:
    """RabbitMQ. Raises Unavailable at once when it is away."""
    setting = environment.need("AMQP_URL")
    url = SecretStr(setting.value)
    async with Publisher.open(url, topology_of(environment), name="parley command") as publisher:
        try:
            await publisher.ping()
        except Unavailable as error:
            raise Unavailable(_mend("RabbitMQ", setting, error)) from None
        yield publisher


def object_settings(environment: Environment) -> ObjectSettings:
    """Where S3 is."""
    region = environment.find("S3_REGION")
    return ObjectSettings(
        s3_region=region.value if region is not None else "us-east-1",
        s3_endpoint_url=environment.need("S3_ENDPOINT_URL").value,
        s3_access_key=SecretStr(environment.need("S3_ACCESS_KEY").value),
        s3_secret_key=SecretStr(environment.need("S3_SECRET_KEY").value),
    )


@asynccontextmanager
async def objects_of(environment: Environment) -> AsyncIterator[Objects]:
    """S3. Raises Unavailable at once when it is away."""
    setting = environment.need("S3_ENDPOINT_URL")
    async with Objects.open(object_settings(environment)) as objects:
        try:
            await objects.ping()
        except (Unavailable, NotFound, BadInput) as error:
            raise Unavailable(_mend("S3", setting, error)) from None
        yield objects


async def tenant_id_of(database: Database, slug: str | None) -> str | None:
    """The id of a tenant named by its slug; None for none. Raises NotFound."""
    if slug is None:
        return None
    found: list[dict[str, Any]] = await database.rows(
        "select id from tenants where slug = :slug", idempotent=True, slug=slug
    )
    if not found:
        raise NotFound(f"there is no tenant {slug!r}: `parley tenants list` names them")
    return str(found[0]["id"])


def _mend(what: str, setting: Found, error: Exception) -> str:
    told = getattr(error, "detail", type(error).__name__)
    return f"{what} does not answer ({told}): start it, or change {setting.name} ({setting.source})"
