"""The state function's use cases on real stores."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from local.services import Endpoints
from shared.storage.cache import Cache
from shared.storage.database import Database
from tests.state.desk import Desk


@pytest.fixture
def desk(migrated: Endpoints) -> Iterator[Desk]:
    """A new tenant's desk."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        database = runner.run(
            stack.enter_async_context(Database.open(migrated.database_url("functions")))
        )
        cache = runner.run(stack.enter_async_context(Cache.open(migrated.redis_url)))
        yield Desk(runner, database, cache)
        runner.run(stack.aclose())
