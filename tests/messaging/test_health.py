"""The broker is given up for all who wait, whatever moment each of them is in."""

import asyncio
import contextlib

from shared.messaging.outbox import Health
from shared.messaging.publisher import Publisher


def test_one_whose_time_has_just_run_out_does_not_keep_the_others_from_turning_away() -> None:
    async def scene() -> bool:
        health = Health(Publisher("amqp://nobody:x@127.0.0.1:9/%2F"))
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
        async with asyncio.timeout(10):
            await run_out.wait()
            health.failed()
            leave.set()
            await task
        ill = health.ill
        await health.close()
        return ill

    assert asyncio.run(scene())
