"""What takes the processor for too long is stopped, and the process serves the others."""

import asyncio
from collections.abc import Awaitable

import pytest
import requests

from shared.runtime.cpu_limit import LIMIT_S, TICK_S, Steps, limited
from shared.runtime.errors import TooMuchWork
from tests.runtime.conftest import Serve
from tests.waits import WAIT_S

TICKS = round(LIMIT_S / TICK_S)


def test_a_match_and_a_loop_without_end_are_stopped_and_the_next_is_served(serve: Serve) -> None:
    busy = serve("busy")
    for path in ("/match", "/loop"):
        answer = requests.post(busy.url + path, data="a" * 60 + "b", timeout=WAIT_S)
        assert (answer.status_code, answer.json()["code"]) == (500, "too_much_work")
        assert "aaa" not in answer.text + busy.output.read_text()
        assert requests.post(busy.url + "/wait", data="x", timeout=WAIT_S).text == "x"
    assert busy.output.read_text().count("too_much_work") == 2


def test_a_step_may_take_the_limit_and_no_tick_more() -> None:
    steps = Steps()
    steps.begin()
    for _ in range(TICKS):
        steps.tick()
    with pytest.raises(TooMuchWork):
        steps.tick()


def test_work_with_pauses_may_take_as_long_as_it_likes() -> None:
    steps = Steps()
    for _ in range(3):
        steps.begin()
        for _ in range(TICKS):
            steps.tick()
        steps.end()


def test_what_others_do_between_the_steps_counts_against_nobody() -> None:
    steps = Steps()
    steps.begin()
    steps.end()
    for _ in range(2 * TICKS):
        steps.tick()


async def _of(work: Awaitable[str]) -> str:
    return await work


def test_a_result_an_error_and_a_cancellation_pass_as_they_are() -> None:
    async def main() -> None:
        async def fine() -> str:
            await asyncio.sleep(0)
            return "done"

        async def failing() -> str:
            await asyncio.sleep(0)
            raise ValueError("as it was")

        async def waiting() -> str:
            try:
                await asyncio.sleep(WAIT_S)
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise
            return "never"

        ended: list[str] = []
        assert await limited(fine()) == "done"
        with pytest.raises(ValueError, match="as it was"):
            await limited(failing())
        task = asyncio.create_task(_of(limited(waiting())))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended == ["cancelled"]

    asyncio.run(main())
