"""The real stack.yml on real servers: all ready, one killed comes back, nothing left behind."""

import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from local.faas import planning, servers, stack
from local.faas.layout import Layout
from local.faas.processes import port_free
from local.faas.state import State
from local.services import Endpoints, clock
from tests.ports import free_offset
from tests.programs import run
from tests.support import wait_until
from tests.waits import WAIT_S

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Copy:
    """A running copy of everything."""

    root: Path
    ports: dict[str, int]
    environment: dict[str, str]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        words = (*arguments, "--root", str(self.root))
        return run("local.faas.command", *words, environment=self.environment, limit=4 * WAIT_S)

    def pid(self, name: str) -> int:
        identity = State.read(Layout(self.root).state_file).entries[name].identity
        return identity.pid if identity else 0

    def status_of(self, name: str, path: str) -> int:
        return requests.get(
            f"http://127.0.0.1:{self.ports[name]}{path}", timeout=WAIT_S
        ).status_code


@pytest.fixture(scope="module")
def copy(migrated: Endpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    offset = free_offset()
    ports = planning.ports(stack.load(ROOT / "stack.yml", {}), offset, with_sandbox=True)
    given = servers.variables_of(migrated) | {"QUEUE_PREFIX": "whole."}
    environment = {"PATH": os.environ["PATH"], **clock.moved(), **given}
    made = Copy(tmp_path_factory.mktemp("whole") / ".local", ports, environment)
    options = ("--services", "none", "--port-offset", str(offset), "--wait", str(3 * WAIT_S))
    # The tests' database holds secrets under keys of other tests.
    up = made.command("up", *options, "--new-key-ring")
    try:
        assert up.returncode == 0, up.stdout + up.stderr
        yield made
    finally:
        down = made.command("down")
    assert down.returncode == 0, down.stdout + down.stderr
    assert "killed" not in down.stdout
    assert [name for name, port in ports.items() if not port_free(port)] == []


def test_every_process_is_well_and_ready(copy: Copy) -> None:
    answers = {
        name: (copy.status_of(name, "/healthz"), copy.status_of(name, "/readyz"))
        for name in copy.ports
        if name != "sandbox"
    }
    assert set(answers.values()) == {(200, 200)}
    assert copy.status_of("sandbox", "/healthz") == 200


def test_status_shows_them_all_ready(copy: Copy) -> None:
    told = copy.command("status")
    assert told.returncode == 0, told.stdout
    assert {line.split()[0] for line in told.stdout.splitlines()[1:]} == set(copy.ports)


def test_only_the_holder_of_a_service_token_gets_in(copy: Copy) -> None:
    assert copy.status_of("tenancy", "/tenancy/tenants") == 401
    told = copy.command("invoke", "tenancy", "--path", "/tenancy/tenants")
    assert told.returncode == 0, told.stderr


def test_each_process_has_its_own_secrets_and_no_others(copy: Copy) -> None:
    layout = Layout(copy.root)
    for spec in stack.load(ROOT / "stack.yml", {}).functions:
        folder = layout.secrets_of(spec.name)
        assert sorted(path.name for path in folder.iterdir()) == sorted(spec.secrets)


def test_a_function_that_is_killed_comes_back_by_itself(copy: Copy) -> None:
    before = copy.pid("auth")
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: copy.pid("auth") not in {0, before})
    wait_until(lambda: copy.command("status").returncode == 0)
    assert "signal SIGKILL" in copy.command("status").stdout
