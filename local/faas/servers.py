"""The four servers behind the functions: ours (`local`), Docker's, or the environment's (`none`).

Whoever runs them, what leaves here is the same set of variables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local.faas.errors import FaasError

if TYPE_CHECKING:
    from local.faas.compose import Compose
    from local.services import Endpoints

Say = Callable[[str], None]


@dataclass(frozen=True)
class Servers:
    """The servers of one root. `folder` holds compose.yaml."""

    mode: str
    root: Path
    folder: Path

    def up(self, say: Say) -> dict[str, str]:
        """Start them, and tell where they are as variables; none when others run them."""
        if self.mode == "none":
            return {}
        return variables_of(self._compose().up() if self.mode == "docker" else self._local_up(say))

    def down(self, say: Say) -> None:
        """End them, when they are ours."""
        if self.mode == "docker":
            self._compose().down()
        elif self.mode == "local":
            self._local_down(say)

    def start_dead(self, say: Say) -> dict[str, str]:
        """Start those of ours that have died; where all are, as variables. None when all run."""
        dead = [name for name, _, _, state in self.rows() if state == "stopped"]
        if not dead:
            return {}
        say(f"not running any more: {', '.join(dead)}")
        return variables_of(self._local_up(say))

    def restart(self, name: str, say: Say) -> None:
        """Stop and start one of ours, on its old data and port. Raises FaasError."""
        from local.services import Services, ServicesError  # noqa: PLC0415  # half a second

        try:
            services = Services(self.root, report=say)
            services.stop(name)
            services.start(name)
        except ServicesError as error:
            raise FaasError(str(error)) from error

    def rows(self) -> list[tuple[str, int | None, int | None, str]]:
        """Name, port, pid and state of each server whose process is ours."""
        if self.mode != "local":
            return []
        from local.services import Services  # noqa: PLC0415  # half a second

        found = Services(self.root, report=lambda _: None).status()
        return [(row.name, row.port, row.pid, row.state) for row in found]

    def _compose(self) -> Compose:
        from local.faas.compose import Compose  # noqa: PLC0415  # half a second

        return Compose(self.folder, self.root)

    def _local_up(self, say: Say) -> Endpoints:
        from local.services import Services, ServicesError  # noqa: PLC0415  # half a second

        try:
            return Services(self.root, report=say).up()
        except ServicesError as error:
            raise FaasError(str(error)) from error

    def _local_down(self, say: Say) -> None:
        from local.services import Services, ServicesError  # noqa: PLC0415  # half a second

        try:
            Services(self.root, report=lambda line: say(f"servers: {line}")).down()
        except ServicesError as error:
            raise FaasError(str(error)) from error


def variables_of(endpoints: Endpoints) -> dict[str, str]:
    """Endpoints under the names that settings and secrets have. DATABASE_URL is the owner's."""
    urls = {f"DATABASE_URL_{role.upper()}": url for role, url in endpoints.database_urls.items()}
    return {
        **urls,
        "RABBITMQ_PROMETHEUS_URL": endpoints.rabbitmq_prometheus_url,
        "DATABASE_URL": endpoints.database_owner_url,
        "REDIS_URL": endpoints.redis_url,
        "AMQP_URL": endpoints.amqp_url,
        "S3_ENDPOINT_URL": endpoints.s3_endpoint_url,
        "S3_PUBLIC_URL": endpoints.s3_endpoint_url,
        "S3_ACCESS_KEY": endpoints.s3_access_key,
        "S3_SECRET_KEY": endpoints.s3_secret_key,
        "S3_REGION": endpoints.s3_region,
    }


def prepare(variables: Mapping[str, str], say: Say) -> None:
    """Bring schema and buckets up to date, where an owner's address and an S3 are named."""
    if variables.get("DATABASE_URL"):
        from migrations.run import upgrade  # noqa: PLC0415  # slow: `status` needs none

        upgrade(variables["DATABASE_URL"], report=say)
    if variables.get("S3_ENDPOINT_URL"):
        made = _ensure_buckets(variables)
        say(f"buckets made: {', '.join(made)}" if made else "buckets there")


def _ensure_buckets(variables: Mapping[str, str]) -> list[str]:
    from shared.runtime.settings import ObjectSettings  # noqa: PLC0415  # the same
    from shared.storage.buckets import ensure_buckets  # noqa: PLC0415  # the same

    names = ("S3_ENDPOINT_URL", "S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_REGION")
    given = {name.lower(): variables[name] for name in names if variables.get(name)}
    absent = [name for name in names[:3] if name.lower() not in given]
    if absent:
        raise FaasError(f"S3_ENDPOINT_URL is set, so set these too: {', '.join(absent)}")
    return ensure_buckets(ObjectSettings.model_validate(given))
