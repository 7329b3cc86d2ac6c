"""Processes by identity; the supervisor's reckoning of delays; logs that are followed."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from local.faas import logs, status
from local.faas.processes import Identity, end
from local.faas.supervisor import exit_words, next_delay
from tests.support import wait_until

SLEEP = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"


def child(script: str) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, process_group=0
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    process.stdout.close()
    return process


def identity_of(pid: int) -> Identity:
    found = Identity.of(pid)
    assert found is not None
    return found


def test_a_pid_with_another_start_time_is_another_process() -> None:
    mine = identity_of(os.getpid())
    assert mine.alive
    assert not Identity(mine.pid, mine.started - 60).alive
    assert mine.memory > 0
    assert Identity(mine.pid, mine.started - 60).memory == 0


def test_an_ended_process_that_nobody_reaped_counts_as_ended() -> None:
    with child("print('up', flush=True)") as process:
        zombie = identity_of(process.pid)
        wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
        assert not zombie.alive


def test_end_asks_first_and_kills_only_who_does_not_go() -> None:
    with child(SLEEP) as willing, child(STUBBORN) as stubborn:
        killed: list[Identity] = []
        both = [identity_of(willing.pid), identity_of(stubborn.pid)]
        end(both, 0.5, killed.append)
        assert [one.pid for one in killed] == [stubborn.pid]
        assert [one.alive for one in both] == [False, False]


def test_delays_double_to_half_a_minute_and_begin_again_after_a_steady_run() -> None:
    delays = [0.0]
    for _ in range(7):
        delays.append(next_delay(delays[-1], ran=0.5))
    assert delays[1:] == [1, 2, 4, 8, 16, 30, 30]
    assert next_delay(30, ran=61) == 1


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exit code 0"), (78, "exit code 78"), (-9, "signal SIGKILL"), (-99, "signal 99")],
)
def test_an_end_in_words(code: int, words: str) -> None:
    assert exit_words(code) == words


def test_a_followed_log_goes_on_in_the_next_runs_file(tmp_path: Path) -> None:
    path = tmp_path / "one.log"
    path.write_text("old\n")
    steps: Iterator[Callable[[], object]] = iter(
        [
            lambda: path.write_text("old\nhalf"),
            lambda: path.write_text("old\nhalf line\n"),
            lambda: path.replace(tmp_path / "one.log.1"),
            lambda: path.write_text("new run\n"),
        ]
    )

    def step(_: float) -> None:
        next(steps)()

    with contextlib.closing(logs.follow({"one": path}, pause=step)) as followed:
        assert next(followed).text == "half line"
        assert next(followed).text == "new run"


def test_the_table_is_in_columns() -> None:
    rows = [
        status.Row("api-gateway", "ready", True, 3000, 1, 5, 0, 60 * 2**20),
        status.Row("auth", "down", False, 3004, restarts=2, last_end="exit code 3"),
    ]
    lines = status.table(rows)
    assert lines[1].split() == ["api-gateway", "3000", "1", "ready", "5s", "0", "60", "MiB", "-"]
    assert lines[2].split() == ["auth", "3004", "-", "down", "-", "2", "-", "exit", "code", "3"]
    assert lines[0].startswith("NAME         PORT  PID  STATE")
    cells = ("PORT", "3000", "3004")
    assert len({line.index(cell) for line, cell in zip(lines, cells, strict=True)}) == 1
