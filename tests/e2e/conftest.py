"""The whole stack, started once a run as a person would: `faas-local up`, and `down` after it."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pg8000.native
import pytest
import yaml
from minio import Minio

from local.demo.world import Company, World
from local.faas import environment
from local.sandbox.client import Sandbox
from local.services import Endpoints, Services

ROOT = Path(__file__).resolve().parents[2]
PORT_OFFSET = 20_000


@dataclass(frozen=True)
class Stack:
    """A running copy of everything."""

    root: Path
    variables: dict[str, str]
    sandbox: Sandbox
    servers: Services
    endpoints: Endpoints

    @property
    def gateway(self) -> str:
        """The one public door."""
        return self.variables["API_GATEWAY_URL"]

    def faas_local(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the command against this copy."""
        return self.faas_local_at(self.root, *arguments, check=check)

    def faas_local_at(
        self, root: Path, *arguments: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run the command against another copy."""
        command = [str(Path(sys.executable).parent / "faas-local"), *arguments]
        return _run([*command, "--root", str(root)], check=check)

    def run_demo(self) -> subprocess.CompletedProcess[str]:
        """Play the demo here."""
        return _run([sys.executable, "-m", "local.demo", "--root", str(self.root)], check=False)

    def parley(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the operator's command against this copy."""
        command = [str(Path(sys.executable).parent / "parley"), *arguments]
        return _run(command, check=check, **self.variables)

    def employ(self, world: World) -> None:
        """Tell the sandbox and Parley of some companies."""
        self.sandbox.setup(world.for_sandbox(self.gateway), add=True)
        file = self.root / f"tenants-{secrets.token_hex(4)}.yml"
        file.write_text(yaml.safe_dump(world.for_parley()))
        self.parley("tenants", "apply", str(file))

    def query(self, sql: str, **values: Any) -> list[Any]:
        """Rows of the database, as its owner, who alone sees all tenants."""
        url = self.endpoints.database_owner_url
        user, rest = url.removeprefix("postgresql://").split(":", 1)
        password, rest = rest.split("@", 1)
        host, rest = rest.split(":", 1)
        port, database = rest.split("/", 1)
        connection = pg8000.native.Connection(
            user, host=host, port=int(port), database=database, password=password
        )
        try:
            return list(connection.run(sql, **values) or [])
        finally:
            connection.close()

    def s3(self) -> Minio:
        """The object store."""
        return Minio(
            self.endpoints.s3_endpoint_url.removeprefix("http://"),
            self.endpoints.s3_access_key,
            self.endpoints.s3_secret_key,
            secure=False,
            region=self.endpoints.s3_region,
        )

    def log_of(self, name: str) -> str:
        """What a process has logged so far."""
        return (self.root / "logs" / f"{name}.log").read_text(errors="replace")


def _run(command: list[str], *, check: bool, **variables: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if check and done.returncode:
        pytest.fail(f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Everything, up; afterwards nothing of it is left, but for the logs when a test failed."""
    root = ROOT / ".local" / f"e2e-{os.getpid()}"
    faas_local = str(Path(sys.executable).parent / "faas-local")
    up = [faas_local, "up", "--root", str(root), "--port-offset", str(PORT_OFFSET)]
    down = [faas_local, "down", "--root", str(root)]
    try:
        _run(up, check=True)
        variables = environment.read(root / "env")
        servers = Services(root, report=lambda _: None)
        with Sandbox(variables["SANDBOX_URL"]) as sandbox:
            yield Stack(root, variables, sandbox, servers, servers.endpoints())
    finally:
        _run(down, check=True)
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
