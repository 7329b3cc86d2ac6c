"""Lines whose number others choose are written some times, then counted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shared.runtime.logging import bind
from shared.runtime.repeats import CAUSES, LINES, WINDOW_S, Repeats
from tests.messaging.broker import until
from tests.runtime.conftest import Clock, lines


def test_of_one_event_and_cause_some_lines_are_written_and_the_rest_is_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    repeats = Repeats(clock)
    for number in range(30_000):
        repeats.warning("seen", cause={"reason": "bad"}, extra={"event_id": str(number)})
    written = lines(capsys)
    assert [line["event_id"] for line in written] == [str(number) for number in range(LINES)]
    assert {line["level"] for line in written} == {"WARNING"}
    clock.now += WINDOW_S
    repeats.error("seen", cause={"reason": "bad"})
    told, fresh = lines(capsys)
    assert (told["message"], told["event"], told["reason"]) == ("lines_not_shown", "seen", "bad")
    assert told["lines"] == 30_000 - LINES
    assert (fresh["message"], fresh["level"], fresh["reason"]) == ("seen", "ERROR", "bad")


def test_one_tenant_s_lines_take_no_other_tenant_s_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    repeats = Repeats(Clock())
    for _ in range(3 * LINES):
        repeats.warning("seen", cause={"tenant_id": "loud"})
    repeats.warning("seen", cause={"tenant_id": "other"})
    assert [line["tenant_id"] for line in lines(capsys)] == ["loud"] * LINES + ["other"]


def test_made_up_causes_share_one_window(capsys: pytest.CaptureFixture[str]) -> None:
    repeats = Repeats(Clock())
    for number in range(10 * CAUSES):
        repeats.warning("seen", cause={"detail": str(number)})
    assert len(lines(capsys)) == CAUSES + LINES


def test_on_a_loop_the_count_comes_by_itself_and_without_a_request_s_keys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def main() -> None:
        bind(tenant_id="of one request")
        repeats = Repeats(Clock(), seconds=0.01)  # its end is the loop's alone
        for _ in range(LINES + 3):
            repeats.warning("seen", cause={})
        await until(counted)

    said: list[dict[str, Any]] = []

    def counted() -> bool:
        said.extend(lines(capsys))
        return any(line["message"] == "lines_not_shown" for line in said)

    asyncio.run(main())
    [told] = [line for line in said if line["message"] == "lines_not_shown"]
    assert (told["lines"], "tenant_id" in told) == (3, False)
