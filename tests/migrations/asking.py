"""Statements, one connection each, and databases of their own."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool, create_engine

from local.services import Endpoints
from migrations.run import HERE, current
from shared.storage.database import Database


def ask(url: str, sql: str, **values: Any) -> list[dict[str, Any]]:
    async def main() -> list[dict[str, Any]]:
        async with Database.open(url, size=1) as database:
            return await database.rows(sql, **values)

    return asyncio.run(main())


def quiet(_: str) -> None:
    pass


@contextmanager
def fresh(services: Endpoints) -> Iterator[Endpoints]:
    """A database of its own, without a schema."""
    name = f"schema_{uuid4().hex[:12]}"
    ask(services.database_owner_url, f"create database {name}")
    yield services.for_database(name)
    ask(services.database_owner_url, f"drop database {name} with (force)")


@contextmanager
def at_revision(services: Endpoints, revision: str) -> Iterator[Endpoints]:
    """A database of its own with the tables of a revision, and none of its functions."""
    with fresh(services) as empty:
        url = empty.database_owner_url.replace("postgresql:", "postgresql+pg8000:")
        config = Config()
        config.set_main_option("script_location", str(HERE))
        with create_engine(url, poolclass=NullPool).begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
        assert current(empty.database_owner_url) == revision
        yield empty
