"""The transforms and what they call, one of each for all tests of this folder."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack
from datetime import timedelta

import pytest
from pydantic import SecretStr

from local.services import Endpoints
from shared.messaging.topology import Topology
from shared.runtime.clock import rfc3339, utcnow
from shared.runtime.settings import ObjectSettings
from shared.storage.buckets import ensure_buckets
from shared.storage.cache import Cache
from shared.storage.database import Database
from shared.tenancy.vault import KeyRing
from tests.delivery.provider import Provider, Reply, reply
from tests.doors.relay import relays
from tests.messaging.broker import address, at, settings_of
from tests.services.processes import Process
from tests.state.desk import Desk
from tests.transform_functions.played import Files
from tests.transform_functions.stage import Stage, Tenant


def token() -> Reply:
    """What the auth function answers."""
    now = utcnow()
    times = {
        "expires_at": rfc3339(now + timedelta(hours=1)),
        "refresh_at": rfc3339(now + timedelta(minutes=50)),
    }
    return reply(200, {"access_token": "a-token", "token_type": "Bearer", **times})


@pytest.fixture(scope="session")
def object_settings(services: Endpoints) -> ObjectSettings:
    settings = ObjectSettings(
        s3_endpoint_url=services.s3_endpoint_url,
        s3_public_url=services.s3_endpoint_url,
        s3_access_key=SecretStr(services.s3_access_key),
        s3_secret_key=SecretStr(services.s3_secret_key),
        s3_region=services.s3_region,
    )
    ensure_buckets(settings)
    return settings


def _objects(settings: ObjectSettings) -> dict[str, str]:
    return {
        "S3_ENDPOINT_URL": settings.s3_endpoint_url,
        "S3_PUBLIC_URL": settings.s3_public_url,
        "S3_ACCESS_KEY": settings.s3_access_key.get_secret_value(),
        "S3_SECRET_KEY": settings.s3_secret_key.get_secret_value(),
        "S3_REGION": settings.s3_region,
    }


@pytest.fixture(scope="session")
def running(
    migrated: Endpoints,
    object_settings: ObjectSettings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("transforms")
    with ExitStack() as stack:
        meta, genesys = (stack.enter_context(Files.running()) for _ in range(2))
        auth = stack.enter_context(Provider.running(token()))
        to_broker = stack.enter_context(relays())(*address(migrated.amqp_url))
        topology = Topology(1, f"transforms-{os.getpid()}.")

        def start(name: str, **environment: str) -> Process:
            process = Process(name, folder, REDIS_URL=migrated.redis_url, **environment)
            stack.callback(process.stop)
            return process.launch()

        objects = _objects(object_settings)
        senders = objects | {
            "KEY_RING": KeyRing.generate().dump(),
            "AUTH_URL": auth.url,
            "GRAPH_API_BASE_URL": meta.url,
            "GENESYS_API_BASE_URL": genesys.url,
        }
        state = start("state", DATABASE_URL=migrated.database_url("functions"))
        wa_api, genesys_api = start("wa-api", **senders), start("genesys-api", **senders)
        peers = objects | {
            "STATE_URL": state.url,
            "WA_API_URL": wa_api.url,
            "GENESYS_API_URL": genesys_api.url,
        }
        broker = settings_of(topology, at(migrated.amqp_url, to_broker.port))
        inbound = start("inbound-transform", **peers, **broker)
        outbound = start("outbound-transform", **peers)
        for process in (state, wa_api, genesys_api, inbound, outbound):
            process.ready()
        parts = (inbound, outbound, state, meta, genesys, to_broker, topology)
        yield Stage(*parts, migrated.amqp_url, object_settings)


@pytest.fixture
def stage(running: Stage) -> Stage:
    """Before providers that take everything and have seen nothing."""
    running.reset()
    return running


@pytest.fixture
def tenant(stage: Stage, migrated: Endpoints) -> Iterator[Tenant]:
    """A new one."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        enter = stack.enter_async_context
        database = runner.run(enter(Database.open(migrated.database_url("functions"), size=1)))
        cache = runner.run(enter(Cache.open(migrated.redis_url)))
        yield Tenant(stage, Desk(runner, database, cache))
        runner.run(stack.aclose())
