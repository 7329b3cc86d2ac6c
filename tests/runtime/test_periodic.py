"""A long-lived loop outlives whatever its work raises, says it once, and counts it."""

import asyncio
from collections.abc import Awaitable, Callable

import orjson
import pytest

from shared.runtime.errors import Unavailable
from shared.runtime.metrics import REGISTRY
from shared.runtime.periodic import LONGEST_S, after_failures, background, every, until
from tests.messaging.broker import until as soon
from tests.waits import WAIT_S

TINY_S = 0.001


class Work:
    """Raises what the script says, then succeeds."""

    def __init__(self, *script: BaseException | None) -> None:
        self.script = list(script)
        self.times = 0

    async def __call__(self) -> bool:
        self.times += 1
        step = self.script.pop(0) if self.script else None
        if step is not None:
            raise step
        return True


def surprise(number: int) -> Exception:
    return KeyError(number)


def played(scenario: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(WAIT_S):
            await scenario()

    asyncio.run(main())


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in capsys.readouterr().out.splitlines()]


def failures(name: str) -> float:
    return REGISTRY.get_sample_value("parley_loop_failures_total", {"loop": name}) or 0.0


def test_it_goes_on_after_a_surprise_which_is_counted() -> None:
    work = Work(surprise(1), None, surprise(2))

    async def scenario() -> None:
        async with background(every(TINY_S, work, "surprised")):
            await soon(lambda: work.times >= 5)

    played(scenario)
    assert failures("surprised") == 2


def test_each_kind_is_logged_once_until_it_works_again(capsys: pytest.CaptureFixture[str]) -> None:
    away = [Unavailable("the database does not answer") for _ in range(3)]
    work = Work(*away, surprise(1), surprise(2), None, Unavailable("the database does not answer"))

    async def scenario() -> None:
        async with background(every(TINY_S, work, "told")):
            await soon(lambda: work.times >= 8)

    played(scenario)
    lines = [(line["message"], line["level"]) for line in logged(capsys)]
    failed, again = ("loop_failed", "WARNING"), ("loop_recovered", "INFO")
    assert lines == [failed, ("loop_failed", "ERROR"), again, failed, again]


def test_something_cancelled_inside_the_work_does_not_end_the_loop() -> None:
    work = Work(asyncio.CancelledError())

    async def scenario() -> None:
        async with background(every(TINY_S, work, "inner")):
            await soon(lambda: work.times >= 3)

    played(scenario)
    assert failures("inner") == 1


def test_its_own_cancellation_ends_it_in_the_middle_of_the_work() -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        await asyncio.Event().wait()

    async def scenario() -> None:
        task = asyncio.create_task(every(TINY_S, hang, "hung"))
        await begun.wait()
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()

    played(scenario)
    assert failures("hung") == 0


def test_what_waits_for_something_ends_with_it_and_not_with_a_surprise() -> None:
    work = Work(surprise(1), Unavailable("away"))
    played(lambda: until(TINY_S, work, "waiting"))
    assert work.times == 3


def test_pauses_grow_with_failures_up_to_a_limit_and_long_ones_stay() -> None:
    assert [after_failures(0.25, n) for n in range(5)] == [0.25, 0.5, 1.0, 2.0, 2.0]
    assert after_failures(600.0, 3) == 600.0
    assert after_failures(0.0, 0) == 0.0
    assert 0 < after_failures(0.0, 1) < LONGEST_S
