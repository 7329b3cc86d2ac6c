"""The sandbox as a real process on a free port, one for all tests of this room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.sandbox.client import Sandbox
from local.sandbox.room.settings import Settings
from tests.local.sandbox.support import Receiver, World
from tests.support import sandbox_process

FAST = {
    "graph": {"retry_first_s": 0.02, "status_delay_ms": {"sent": 1, "delivered": 20, "read": 40}},
    "genesys": {"retry_scale": 0.01},
}


@pytest.fixture(scope="session")
def process() -> Iterator[Sandbox]:
    with sandbox_process() as (client, program):
        yield client
    assert program.returncode in {0, -15}


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
def sandbox(process: Sandbox) -> Iterator[Sandbox]:
    """The running sandbox with quick retries; settings and faults are put back afterwards."""
    process.settings(**FAST)
    yield process
    process.clear_faults()
    process.drop_webhooks()
    process.settings(**Settings().model_dump())


@pytest.fixture
def world(sandbox: Sandbox, receiver: Receiver) -> World:
    """A world of its own for this test."""
    world = World(sandbox, receiver)
    sandbox.setup(world.described(), add=True)
    return world
