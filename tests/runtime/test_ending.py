"""A task is ended, also one that loses a cancellation."""

import asyncio

from shared.runtime.ending import ended


async def stubborn(lost: list[int], times: int) -> None:
    """As a library that takes a cancellation for an error of its own, and tries again."""
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            lost.append(1)
            if len(lost) > times:
                raise


def test_a_task_that_loses_a_cancellation_is_cancelled_again() -> None:
    async def scene() -> tuple[int, bool]:
        lost: list[int] = []
        task = asyncio.create_task(stubborn(lost, times=1))
        await asyncio.sleep(0)
        await ended(task)
        return len(lost), task.cancelled()

    assert asyncio.run(scene()) == (2, True)


def test_what_a_task_raised_is_left_with_it() -> None:
    async def fails() -> None:
        raise ValueError

    async def scene() -> None:
        task = asyncio.create_task(fails())
        await asyncio.sleep(0)
        await ended(task)

    asyncio.run(scene())
