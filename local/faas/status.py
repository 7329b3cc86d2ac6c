"""What `faas-local status` shows: what runs, where, since when, how often restarted, how large."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.faas.layout import Layout
from local.faas.plan import Plan, Process
from local.faas.processes import Identity
from local.faas.servers import Servers
from local.faas.state import WAITING, Entry, State
from local.faas.waiting import ready

COLUMNS = ("NAME", "PORT", "PID", "STATE", "UP", "RESTARTS", "MEMORY", "LAST END")


@dataclass(frozen=True)
class Row:
    """One process or server. `good` when it is ready; what it does not have is None."""

    name: str
    state: str
    good: bool
    port: int | None = None
    pid: int | None = None
    up_seconds: int | None = None
    restarts: int | None = None
    memory_bytes: int | None = None
    last_end: str | None = None

    def record(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)

    @property
    def cells(self) -> tuple[str, ...]:
        """For the table."""
        up = None if self.up_seconds is None else _duration(self.up_seconds)
        memory = None if self.memory_bytes is None else f"{self.memory_bytes / 2**20:.0f} MiB"
        cells = (self.port, self.pid, self.state, up, self.restarts, memory, self.last_end)
        return (self.name, *("-" if cell is None else str(cell) for cell in cells))


def rows(layout: Layout) -> list[Row]:
    """One row a process of the plan, then the servers. Raises FaasError when there is no plan."""
    plan = Plan.read(layout.plan_file)
    state = State.read(layout.state_file)
    with ThreadPoolExecutor(max_workers=4) as pool:
        answers = pool.map(ready, plan.processes)
        own = [
            _row(
                process, state.entries.get(process.name, Entry()), good, supervised=state.supervised
            )
            for process, good in zip(plan.processes, answers, strict=True)
        ]
    mode, folder = str(plan.options["services"]), Path(plan.options["yaml"]).parent
    return [*own, *server_rows(Servers(mode, layout.root, folder))]


def table(found: Sequence[Row]) -> list[str]:
    """The rows under their headings, in columns."""
    lines = [COLUMNS, *(row.cells for row in found)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def server_rows(servers: Servers) -> list[Row]:
    """The servers, when they are ours; they tell no restarts."""
    return [
        Row(name, state, good=state == "running", port=port, **_life(_identity(pid)))
        for name, port, pid, state in servers.rows()
    ]


def _identity(pid: int | None) -> Identity | None:
    return Identity.of(pid) if pid else None


def _row(process: Process, entry: Entry, good: bool, *, supervised: bool) -> Row:  # noqa: FBT001
    identity = entry.identity if entry.identity is not None and entry.identity.alive else None
    words = _words(entry, supervised=supervised, good=good, alive=identity is not None)
    return Row(
        process.name,
        words,
        good=words == "ready",
        port=process.port,
        restarts=entry.restarts,
        last_end=entry.last_exit or None,
        **_life(identity),
    )


def _life(identity: Identity | None) -> dict[str, Any]:
    if identity is None:
        return {}
    age = max(0, int(time.time() - identity.started))
    return {"pid": identity.pid, "up_seconds": age, "memory_bytes": identity.memory}


def _words(entry: Entry, *, supervised: bool, good: bool, alive: bool) -> str:
    if alive and not supervised:
        return "orphan"
    if alive:
        return "ready" if good else "not ready"
    if supervised and entry.status == WAITING:
        return f"again in {max(0.0, entry.next_try - time.time()):.0f} s"
    return "down"


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
