"""The delivery flow in this process, before the state function in another one."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from local.services import Endpoints
from shared.runtime.peer import Peer, http_session
from shared.services.state import StateClient
from shared.storage.cache import Cache
from shared.storage.database import Database
from tests.services.office import Office
from tests.services.processes import TOKENS, Process


@pytest.fixture(scope="module")
def state(migrated: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    process = Process(
        "state",
        tmp_path_factory.mktemp("state"),
        DATABASE_URL=migrated.database_url("functions"),
        REDIS_URL=migrated.redis_url,
    )
    yield process.launch().ready()
    process.stop()


@pytest.fixture
def office(migrated: Endpoints, state: Process) -> Iterator[Office]:
    """A new tenant's."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        enter = stack.enter_async_context
        database = runner.run(enter(Database.open(migrated.database_url("functions"), size=1)))
        cache = runner.run(enter(Cache.open(migrated.redis_url)))
        session = runner.run(enter(http_session()))
        client = StateClient(Peer(session, name="state", url=state.url, tokens=TOKENS))
        yield Office(runner, database, cache, client)
        runner.run(stack.aclose())
