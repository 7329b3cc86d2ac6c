"""One server at a time: stopped and started by name, by other processes, beside another root."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from local.services import Services, ServicesError
from local.services.home import Home
from tests.local.services.traces import processes_of
from tests.support import wait_until
from tests.waits import WAIT_S

REPOSITORY = Path(__file__).resolve().parents[3]


def state(services: Services, name: str) -> str:
    return next(row.state for row in services.status() if row.name == name)


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local.services", *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )


def test_a_server_outlives_the_command_that_started_it_and_another_stops_it(root: Path) -> None:
    started = command("start", "redis", "--root", str(root))
    assert (started.returncode, started.stderr) == (0, "")
    status = command("status", "--root", str(root))
    assert status.returncode == 1, "the other three do not run"
    assert "redis     running" in status.stdout
    assert command("stop", "redis", "--root", str(root)).stdout == "redis     stopped\n"
    assert processes_of(root) == []


def test_stopping_one_leaves_the_others_and_it_starts_again_on_its_data(own: Services) -> None:
    own.start("redis")
    own.start("s3")
    own.stop("redis")
    assert (state(own, "redis"), state(own, "s3")) == ("stopped", "running")
    own.start("redis")
    assert state(own, "redis") == "running"


def test_two_roots_on_one_machine_do_not_touch_each_other(own: Services, tmp_path: Path) -> None:
    other = Services(tmp_path / "other", report=lambda _: None)
    try:
        own.start("redis")
        other.start("redis")
        own.down()
        assert state(other, "redis") == "running"
    finally:
        other.down()


def test_a_server_that_hangs_is_told_apart_from_one_that_stopped(own: Services) -> None:
    own.start("redis")
    pid = next(row.pid for row in own.status() if row.name == "redis")
    assert pid
    os.kill(pid, signal.SIGSTOP)
    assert state(own, "redis") == "not answering"
    os.kill(pid, signal.SIGCONT)
    assert state(own, "redis") == "running"


def test_endpoints_are_not_known_before_the_first_start(own: Services) -> None:
    with pytest.raises(ServicesError, match=r"never ran under .*local.services up"):
        own.endpoints()


def test_a_second_command_on_the_same_root_waits_its_turn(
    own: Services, root: Path, said: list[str]
) -> None:
    home = Home(root)
    home.make()
    starting = threading.Thread(target=own.start, args=["redis"])
    with home.locked(said.append):
        starting.start()
        wait_until(lambda: any("waiting for another" in line for line in said))
        assert processes_of(root) == []
    starting.join(timeout=WAIT_S)
    assert state(own, "redis") == "running"


def test_help_names_every_command_and_a_wrong_word_is_status_2() -> None:
    shown = command("--help").stdout
    assert all(name in shown for name in ("up", "down", "status", "start", "stop", "exit status"))
    wrong = command("start", "mysql")
    assert wrong.returncode == 2
    assert "choose from" in wrong.stderr


def test_passwords_of_the_three_roles_differ_and_stay(root: Path) -> None:
    home = Home(root)
    home.make()
    names = [f"postgres-parley_{role}" for role in ("owner", "functions", "tenancy", "connector")]
    first = [home.password(name) for name in names]
    assert len(set(first)) == 4
    assert [Home(root).password(name) for name in names] == first
