"""The command: its help, its settings, its end."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from socket import socket
from typing import get_args

from local.sandbox.client import Sandbox
from local.sandbox.room.faults import Kind
from tests.waits import WAIT_S

COMMAND = [sys.executable, "-m", "local.sandbox"]


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)


def test_help_names_every_setting() -> None:
    words = ran("--help").stdout
    for name in ("limits=", "graph.retry_scale=", "genesys.dedupe=", "login.expires_in="):
        assert name in words


def test_help_names_every_fault() -> None:
    words = ran("--help").stdout
    for kind in get_args(Kind):
        assert f"  {kind} " in words


def test_the_simulators_share_no_code_with_what_they_test() -> None:
    script = (
        "import sys, local.sandbox.app, local.sandbox.client;"
        "sys.exit(any(name.partition('.')[0] == 'shared' for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_wrong_setting_is_said_and_nothing_started() -> None:
    got = ran("--set", "graph.nothing=1", "--set", "login.expires_in=0")
    assert got.returncode == 2
    assert "graph.nothing" in got.stderr
    assert "login.expires_in" in got.stderr


def test_a_taken_port_is_said() -> None:
    with closing(socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        got = ran("--port", str(taken.getsockname()[1]))
    assert got.returncode != 0
    assert "address already in use" in got.stderr


def test_it_starts_with_its_settings_and_stops_when_told() -> None:
    arguments = ["--port", "0", "--no-limits", "--set", 'graph.statuses=["sent"]']
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        with Sandbox(running.stdout.readline().split()[-1]) as sandbox:
            sandbox.wait_ready()
            settings = sandbox.settings()
        running.terminate()
        assert running.wait(WAIT_S) in {0, -15}
    assert (settings["limits"], settings["graph"]["statuses"]) == ("off", ["sent"])
