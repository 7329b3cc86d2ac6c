"""The command: its help, its settings, its end."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from socket import socket
from typing import get_args

from local.sandbox.room.faults import Kind
from local.services import clock
from tests.programs import run
from tests.support import sandbox_process


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run(
        "local.sandbox", *arguments, environment={"PATH": os.environ["PATH"], **clock.moved()}
    )


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
    with sandbox_process("--no-limits", "--set", 'graph.statuses=["sent"]') as (sandbox, program):
        sandbox.wait_ready()
        settings = sandbox.settings()
    assert program.returncode in {0, -15}
    assert (settings["limits"], settings["graph"]["statuses"]) == ("off", ["sent"])
