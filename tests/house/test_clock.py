"""No test knows what day it is: its moments are made from now (tests/moments.py) or handed in."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.clock import CLOCKS, last_of_a_month, leap_day

TESTS = Path(__file__).resolve().parents[1]
# A day since 2024, as people write it, as code makes it, and as Meta's seconds since 1970. What is
# long past, such as 2020, is so on every day.
DAY = re.compile(
    r"\b20(2[4-9]|[3-9]\d)-\d\d-\d\d|date(time)?\((\d+, )*20(2[4-9]|[3-9]\d),|\b1[7-9]\d{8}\b"
)
# Here nothing is compared with now: texts are read and written, or the clock is handed in.
PURE = (
    *("delivery/test_answers.py", "erasure/test_events.py", "messaging/test_envelope.py"),
    *("runtime/test_trace.py", "services/test_route.py", "storage/test_s3_signature.py"),
    *("genesys", "tokens", "transforms", "whatsapp", "wire"),
    *("faults/test_tally.py", "house", "local/faas/test_logs.py"),
)
# The sandbox's own appointments and notices: a text to everyone.
TOLD_BY_THE_SANDBOX = (
    *("e2e/test_inbound_types.py", "e2e/test_outbound_types.py", "e2e/test_taps.py"),
    *("local/sandbox/test_agent_kinds.py", "local/sandbox/test_meta_changes.py"),
)
LEFT_OUT = tuple(TESTS / name for name in (*PURE, *TOLD_BY_THE_SANDBOX))


def test_a_test_on_real_servers_names_no_day() -> None:
    named = [
        f"{path.relative_to(TESTS)}:{number}: {line.strip()}"
        for path in sorted(TESTS.rglob("*.py"))
        if not any(path.is_relative_to(one) for one in LEFT_OUT)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if DAY.search(line)
    ]
    assert named == []


def environments(path: Path) -> Iterator[ast.Dict]:
    """The whole environments that a file makes for the processes that it starts."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Dict):
            names = {key.value for key in node.keys if isinstance(key, ast.Constant)}
            if names & {"PATH", "PYTHONPATH"}:
                yield node


def test_a_process_of_a_test_has_the_clock_that_was_moved() -> None:
    """Which is in the environment: ours whole, or what `clock.moved` takes of it."""
    without = [
        f"{path.relative_to(TESTS)}:{node.lineno}"
        for path in sorted(TESTS.rglob("*.py"))
        if path != TESTS / "storage" / "redis_server.py"  # it can not start so
        for node in environments(path)
        if not re.search(r"\*\*(os\.environ|clock\.moved\(\))", ast.unparse(node))
    ]
    assert without == []


def test_what_is_left_out_is_there() -> None:
    assert [one for one in LEFT_OUT if not one.exists()] == []


@pytest.mark.parametrize("now", ["2026-11-30T23:55Z", "2027-01-31T09:00Z", "2028-02-29T13:00Z"])
def test_every_clock_is_ahead_of_now(now: str) -> None:
    at = datetime.fromisoformat(now)
    assert all(clock(at) > at for clock in CLOCKS.values())
    end = last_of_a_month(at) + timedelta(minutes=10)
    assert (end.day, end.hour, end.minute) == (1, 0, 0)


def test_the_leap_day_is_the_next_one() -> None:
    days = [leap_day(datetime(year, 6, 1, tzinfo=UTC)).year for year in (2026, 2028, 2096)]
    assert days == [2028, 2032, 2104]
