"""Statements, one connection each, and databases of their own."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from local.services import Endpoints
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
