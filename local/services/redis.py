"""Redis: cache and locks, kept over restarts by its append-only file."""

import os
import shutil
from collections.abc import Sequence
from typing import ClassVar

from local.services.errors import NotReadyError
from local.services.home import write_private
from local.services.ports import LOOPBACK
from local.services.process import Command
from local.services.server import Server

CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
dir {folder}
daemonize no
save ""
appendonly yes
appendfsync everysec
"""


class Redis(Server):
    """One Redis, with a password, on loopback."""

    name: ClassVar[str] = "redis"
    port_uses: ClassVar[tuple[str, ...]] = ("redis",)
    stop_limit: ClassVar[float] = 10.0

    @classmethod
    def installed(cls) -> bool:
        """Whether redis-server is on PATH."""
        return shutil.which("redis-server") is not None

    def url(self, ports: dict[str, int]) -> str:
        """redis:// with the password."""
        return f"redis://:{self.home.password('redis')}@{LOOPBACK}:{ports['redis']}/0"

    def prepare(self, ports: dict[str, int]) -> Sequence[Command]:
        """Write the configuration anew: the port may be another one today."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        file = self.folder / "redis.conf"
        write_private(
            file,
            CONFIGURATION.format(
                host=LOOPBACK,
                port=ports["redis"],
                password=self.home.password("redis"),
                folder=f'"{self.folder}"',
            ),
        )
        program = shutil.which("redis-server") or "redis-server"
        return [Command("redis-server", [program, str(file)], {"PATH": os.defpath})]

    def ping(self, ports: dict[str, int]) -> None:
        """PING, logged in."""
        import redis  # noqa: PLC0415  # slow: who speaks with no server needs none

        try:
            with redis.Redis.from_url(self.url(ports), socket_timeout=2) as client:
                client.ping()
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise NotReadyError(str(error)) from error
