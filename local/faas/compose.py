"""The four servers in Docker: runs compose.yaml with passwords of its own, kept under the root."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.faas import environment
from local.faas.errors import FaasError
from local.faas.layout import write_private
from local.services.endpoints import DATABASE, OWNER, ROLES, Endpoints

USER = "parley"  # of RabbitMQ and MinIO, as compose.yaml has it
_PASSWORD = re.compile(r"\$\{(\w+):\?")
_PORT = re.compile(r"\$\{(PARLEY_\w+_PORT):-(\d+)\}")
_LINE = re.compile(r"(\w+)=(\w+)")


@dataclass(frozen=True)
class Compose:
    """compose.yaml in `folder`, with its variables in `ROOT/compose.env`."""

    folder: Path
    root: Path

    @property
    def variables_file(self) -> Path:
        """Passwords, made once, so that old data and new containers agree."""
        return self.root / "compose.env"

    def up(self) -> Endpoints:
        """Start the containers and wait until they are well. Raises FaasError."""
        self._make_passwords()
        self._docker("up", "--detach", "--wait")
        return self.endpoints()

    def down(self) -> None:
        """Take the containers away; the volumes with the data stay. Raises FaasError."""
        if self.variables_file.is_file():
            self._docker("down")

    def endpoints(self) -> Endpoints:
        """Where the containers' ports are on this machine."""
        given = self._variables()
        ports = {name: os.environ.get(name, default) for name, default in _PORT.findall(self._text)}
        host, at = (
            environment.HOST,
            f"@{environment.HOST}:{ports['PARLEY_POSTGRES_PORT']}/{DATABASE}",
        )
        rabbit = f"{USER}:{given['PARLEY_RABBITMQ_PASSWORD']}@{host}:{ports['PARLEY_AMQP_PORT']}"
        redis = f":{given['PARLEY_REDIS_PASSWORD']}@{host}:{ports['PARLEY_REDIS_PORT']}"
        prometheus = ports["PARLEY_RABBITMQ_PROMETHEUS_PORT"]
        return Endpoints(
            database_owner_url=f"postgresql://{OWNER}:{given['PARLEY_OWNER_PASSWORD']}{at}",
            database_urls={
                role: f"postgresql://parley_{role}:{given[f'PARLEY_{role.upper()}_PASSWORD']}{at}"
                for role in ROLES
            },
            redis_url=f"redis://{redis}/0",
            amqp_url=f"amqp://{rabbit}/%2F",
            rabbitmq_prometheus_url=f"http://{host}:{prometheus}/metrics",
            s3_endpoint_url=f"http://{host}:{ports['PARLEY_S3_PORT']}",
            s3_access_key=USER,
            s3_secret_key=given["PARLEY_S3_SECRET_KEY"],
        )

    @property
    def _text(self) -> str:
        path = self.folder / "compose.yaml"
        if not path.is_file():
            raise FaasError(f"--services docker: there is no {path}")
        return path.read_text(encoding="utf-8")

    def _variables(self) -> dict[str, str]:
        if not self.variables_file.is_file():
            return {}
        return dict(_LINE.findall(self.variables_file.read_text(encoding="utf-8")))

    def _make_passwords(self) -> None:
        known = self._variables()
        asked = sorted(set(_PASSWORD.findall(self._text)))
        lines = [f"{name}={known.get(name) or secrets.token_hex(16)}\n" for name in asked]
        write_private(self.variables_file, "".join(lines))

    def _docker(self, *arguments: str) -> None:
        command = ["docker", "compose", "--env-file", str(self.variables_file), *arguments]
        _need_compose()
        try:
            subprocess.run(command, cwd=self.folder, check=True)
        except subprocess.CalledProcessError as error:
            raise FaasError(
                f"docker compose {arguments[0]} ended with {error.returncode}; its words are above"
            ) from error


def _need_compose() -> None:
    """Raises FaasError that says what is missing: docker, or its plugin."""
    instead = "--services local needs neither"
    command = ["docker", "compose", "version"]
    try:
        asked = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        raise FaasError(f"docker is not on PATH; {instead}") from None
    if asked.returncode:
        raise FaasError(
            "docker has no compose: install its plugin (Debian: docker-compose-plugin of Docker's "
            f"repository, or docker-compose); {instead}"
        )
