"""The whole stack, started once a run as a person would: `faas-local up`, and `down` after it."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.demo.world import Company, World
from local.faas import environment
from local.sandbox.client import Sandbox
from local.services import Services
from tests.ports import free_offset
from tests.stack import ROOT, Stack, run
from tests.waits import WAIT_S


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Everything, up; afterwards nothing of it is left, but for the logs when a test failed."""
    root = ROOT / ".local" / f"e2e-{os.getpid()}"
    faas_local = str(Path(sys.executable).parent / "faas-local")
    up = [
        faas_local,
        "up",
        "--root",
        str(root),
        "--port-offset",
        str(free_offset()),
        "--wait",
        str(2 * WAIT_S),
    ]
    down = [faas_local, "down", "--root", str(root)]
    try:
        run(up, check=True)
        variables = environment.read(root / "env")
        servers = Services(root, report=lambda _: None)
        with Sandbox(variables["SANDBOX_URL"]) as sandbox:
            yield Stack(root, variables, sandbox, servers, servers.endpoints())
    finally:
        run(down, check=True)
    if not request.session.testsfailed:
        shutil.rmtree(root)


@pytest.fixture(scope="session")
def world(stack: Stack) -> World:
    """Three companies that Parley and the sandbox know."""
    made = World.made_up([("north-bank", "North Bank"), ("sky-air", "Sky Air"), ("shop", "Shop")])
    stack.employ(made)
    return made


@pytest.fixture
def company(world: World) -> Company:
    """One of them."""
    return world.companies[0]


@pytest.fixture(autouse=True)
def _no_faults(request: pytest.FixtureRequest) -> Iterator[None]:
    """No fault of one test outlives it."""
    yield
    if "stack" in request.fixturenames:
        stack: Stack = request.getfixturevalue("stack")
        stack.sandbox.clear_faults()
