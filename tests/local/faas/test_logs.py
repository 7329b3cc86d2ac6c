"""Logs: of one and of all, in the order of time, since a moment, in words."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.faas import logs, reading
from tests.local.faas.conftest import MakeRoom

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def event(moment: datetime, name: str, **keys: object) -> str:
    stamp = moment.isoformat(timespec="milliseconds")
    return json.dumps({"level": "INFO", "message": name, "timestamp": stamp, **keys})


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, Path]:
    one, two = tmp_path / "one.log", tmp_path / "two.log"
    minute = timedelta(minutes=1)
    lines = [event(NOW - 3 * minute, "first"), "Traceback", "  of two lines"]
    one.write_text("\n".join([*lines, event(NOW, "fourth")]) + "\n")
    two.write_text("begun\n" + event(NOW - 2 * minute, "second") + "\n")
    return {"one": one, "two": two}


def texts(found: list[logs.Line]) -> list[str]:
    return [json.loads(t)["message"] if t.startswith("{") else t for _, _, t in found]


def test_lines_of_several_logs_come_in_the_order_of_time(paths: dict[str, Path]) -> None:
    found = logs.lines(paths)
    whole = ["first", "Traceback", "  of two lines", "begun", "second", "fourth"]
    assert texts(found) == whole
    assert [line.name for line in found] == ["one", "one", "one", "two", "two", "one"]
    assert texts(logs.lines(paths, last=2)) == ["second", "fourth"]


def test_since_a_moment_a_line_without_a_time_goes_with_the_one_before(
    paths: dict[str, Path],
) -> None:
    since = NOW - timedelta(minutes=2)
    assert texts(logs.lines(paths, since=since)) == ["begun", "second", "fourth"]
    assert texts(logs.lines(paths, since=NOW - timedelta(minutes=3)))[1] == "Traceback"
    assert logs.lines(paths, since=NOW + timedelta(seconds=1)) == []


@pytest.mark.parametrize(
    "text",
    [
        event(datetime(2025, 11, 30, 19, 0, 1, 250000, tzinfo=UTC), "ours"),
        "2025-11-30T19:00:01.250+00:00 supervising as pid 7",
        "2025-11-30 19:00:01.250 UTC [7] LOG:  database system is ready",
        "2025-11-30 20:00:01.250000+01:00 [info] <0.9.0> ready",
    ],
)
def test_each_program_tells_the_time_in_its_own_way(text: str) -> None:
    told = logs.moment_of(text, NOW)
    assert told == datetime(2025, 11, 30, 19, 0, 1, 250000, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "I1130 19:00:01.250000 s3.go:1 started",
        "7:M 30 Nov 2025 19:00:01.250 * Ready to accept connections",
    ],
)
def test_some_tell_this_machines_time(text: str) -> None:
    told = logs.moment_of(text, NOW)
    assert told == datetime(2025, 11, 30, 19, 0, 1, 250000).astimezone()  # local


@pytest.mark.parametrize("text", ["", "serving", "{}", '{"a": 1}', "2025", "I think so"])
def test_a_line_without_a_time_has_none(text: str) -> None:
    assert logs.moment_of(text, NOW) is None


def test_an_event_is_read_in_words() -> None:
    line = event(NOW, "message_delivered", tenant_id="7", words="two words", none=None, part=1)
    assert reading.words(line) == (
        '03:04:05.000 INFO    message_delivered  tenant_id=7 words="two words" part=1'
    )
    for other in ("serving", "[1, 2]", '"text"', '{"a": 1}', "{broken"):
        assert reading.words(other) == other


def test_logs_of_all_carry_their_names(make_room: MakeRoom) -> None:
    room = make_room("one", "two")
    room.up()
    told = room.command("logs").stdout.splitlines()
    assert "one         serving" in told
    assert "two         serving" in told
    assert any(line.startswith("supervisor  ") for line in told)
    assert room.command("logs", "one", "--since", "2h").stdout == "serving\n"
    assert room.command("logs", "one", "two", "-n", "1").stdout.endswith("serving\n")
    assert room.command("logs", "one", "--since", "yesterday").returncode == 2
