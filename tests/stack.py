"""A running copy of everything, as tests and the fault run steer it."""

import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pg8000.native
import yaml
from minio import Minio

from local.demo.world import World
from local.sandbox.client import Sandbox
from local.services import Endpoints, Services
from tests.waits import WAIT_S

ROOT = Path(__file__).resolve().parents[1]


class CommandError(Exception):
    """A command of ours failed; its output is in the message."""


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
        return run([*command, "--root", str(root)], check=check)

    def run_demo(self) -> subprocess.CompletedProcess[str]:
        """Play the demo here."""
        return run([sys.executable, "-m", "local.demo", "--root", str(self.root)], check=False)

    def parley(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the operator's command against this copy."""
        command = [str(Path(sys.executable).parent / "parley"), *arguments]
        return run(command, check=check, **self.variables)

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


def run(command: list[str], *, check: bool, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command at the repository's root. Raises CommandError when it fails and `check`."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=4 * WAIT_S,  # `faas-local up` starts some twenty processes
        check=False,
    )
    if check and done.returncode:
        raise CommandError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done
