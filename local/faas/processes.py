"""Processes by pid and start time, so that a pid used again is never mistaken for ours."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import psutil

SAME_START_S = 2.0  # the kernel tells the boot time, which start times count from, in seconds


@dataclass(frozen=True)
class Identity:
    """One process, for ever. `started` in seconds since the epoch."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """The process that has this pid now; None when there is none."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.Error:
            return None

    @classmethod
    def read(cls, record: Any) -> Identity | None:
        """From what `record()` gave; None for anything else, such as a half-written file."""
        try:
            return cls(int(record["pid"]), float(record["started"]))
        except (KeyError, TypeError, ValueError):
            return None

    def record(self) -> dict[str, Any]:
        """For a JSON file."""
        return asdict(self)

    def process(self) -> psutil.Process | None:
        """The living process; None when it has ended, also as a zombie nobody has reaped."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < SAME_START_S
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process() is not None

    @property
    def memory(self) -> int:
        """Resident bytes; 0 when it has ended."""
        process = self.process()
        try:
            return int(process.memory_info().rss) if process else 0
        except psutil.Error:
            return 0


def signal_group(identity: Identity, number: signal.Signals) -> None:
    """Send a signal to a process and, for SIGKILL, to what it started in its own group."""
    if not identity.alive:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if number is signal.SIGKILL and os.getpgid(identity.pid) == identity.pid:
            os.killpg(identity.pid, number)
        else:
            os.kill(identity.pid, number)


def end(identities: list[Identity], grace: float, on_kill: Callable[[Identity], None]) -> None:
    """SIGTERM to all at once, `grace` seconds, SIGKILL to those left. Returns when none runs."""
    for identity in identities:
        signal_group(identity, signal.SIGTERM)
    _, left = psutil.wait_procs(_living(identities), timeout=grace)
    stubborn = [i for i in identities if i.pid in {p.pid for p in left} and i.alive]
    for identity in stubborn:
        on_kill(identity)
        signal_group(identity, signal.SIGKILL)
    psutil.wait_procs(_living(stubborn), timeout=grace)


def _living(identities: list[Identity]) -> list[psutil.Process]:
    return [process for i in identities if (process := i.process()) is not None]


def port_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def holder_of(port: int) -> str:
    """Who listens on a port, in words; what we may not see is said as such."""
    with contextlib.suppress(psutil.Error):
        for entry in psutil.net_connections(kind="tcp"):
            if entry.laddr and entry.laddr.port == port and entry.status == psutil.CONN_LISTEN:
                return _describe(entry.pid)
    return "a process that this user may not see"


def _describe(pid: int | None) -> str:
    if pid is None:
        return "a process that this user may not see"
    with contextlib.suppress(psutil.Error):
        command = " ".join(psutil.Process(pid).cmdline())
        return f"pid {pid} ({command[:80]})"
    return f"pid {pid}"
