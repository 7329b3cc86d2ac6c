"""The broker is given up for all who wait, whatever moment each of them is in."""

import asyncio
import contextlib

from shared.messaging.outbox import Health
from shared.messaging.publisher import Publisher
from shared.runtime.errors import Unavailable
from tests.messaging.broker import until
from tests.waits import WAIT_S

NOBODY = "amqp://nobody:x@127.0.0.1:9/%2F"


class Surprising(Publisher):
    """A publisher whose broker comes back after it was away, and after a fault of ours."""

    def __init__(self) -> None:
        super().__init__(NOBODY)
        self.pings = 0

    async def ping(self) -> None:
        self.pings += 1
        if self.pings == 1:
            raise KeyError("nobody foresaw this")
        if self.pings == 2:
            raise Unavailable("the broker is not connected")


def test_one_whose_time_has_just_run_out_does_not_keep_the_others_from_turning_away() -> None:
    async def scene() -> bool:
        health = Health(Publisher(NOBODY))
        run_out, leave = asyncio.Event(), asyncio.Event()

        async def slow_to_leave() -> None:
            with contextlib.suppress(TimeoutError):
                async with health.patience():
                    try:
                        await asyncio.Event().wait()
                    finally:
                        run_out.set()
                        await leave.wait()

        task = asyncio.create_task(slow_to_leave())
        async with asyncio.timeout(WAIT_S):
            await run_out.wait()
            health.failed()
            leave.set()
            await task
        ill = health.ill
        await health.close()
        return ill

    assert asyncio.run(scene())


def test_a_surprise_while_it_looks_for_the_broker_does_not_leave_it_ill_for_ever() -> None:
    async def scene() -> int:
        publisher = Surprising()
        health = Health(publisher)
        async with asyncio.timeout(WAIT_S):
            health.failed()
            await until(lambda: not health.ill)
        return publisher.pings

    assert asyncio.run(scene()) == 3
