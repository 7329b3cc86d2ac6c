"""The table of `faas-local status`: what runs, where, since when, how often again, how large."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from local.faas.layout import Layout
from local.faas.plan import Plan, Process
from local.faas.processes import Identity
from local.faas.servers import Servers
from local.faas.state import WAITING, Entry, State
from local.faas.waiting import ready

COLUMNS = ("NAME", "PORT", "PID", "STATE", "UP", "RESTARTS", "MEMORY", "LAST END")


@dataclass(frozen=True)
class Row:
    """One process as the table shows it. `good` when it is ready."""

    cells: tuple[str, ...]
    good: bool


def rows(layout: Layout) -> list[Row]:
    """One row a process of the plan. Raises FaasError when there is no plan."""
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
    return [*own, *_server_rows(Servers(mode, layout.root, folder))]


def table(found: Sequence[Row]) -> list[str]:
    """The rows under their headings, in columns."""
    lines = [COLUMNS, *(row.cells for row in found)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def _server_rows(servers: Servers) -> list[Row]:
    """The servers below, when they are ours; they tell neither age nor restarts."""
    found = []
    for name, port, pid, state in servers.rows():
        identity = Identity.of(pid) if pid else None
        cells = (name, str(port or "-"), *_life(identity, state), "-", _memory(identity), "-")
        found.append(Row(cells, good=state == "running"))
    return found


def _row(process: Process, entry: Entry, good: bool, *, supervised: bool) -> Row:  # noqa: FBT001
    identity = entry.identity if entry.identity is not None and entry.identity.alive else None
    words = _words(entry, supervised=supervised, good=good, alive=identity is not None)
    cells = (
        process.name,
        str(process.port),
        *_life(identity, words),
        str(entry.restarts),
        _memory(identity),
        entry.last_exit or "-",
    )
    return Row(cells, good=words == "ready")


def _life(identity: Identity | None, words: str) -> tuple[str, str, str]:
    """Pid, state and age."""
    if identity is None:
        return "-", words, "-"
    return str(identity.pid), words, _duration(time.time() - identity.started)


def _memory(identity: Identity | None) -> str:
    return f"{identity.memory / 2**20:.0f} MiB" if identity else "-"


def _words(entry: Entry, *, supervised: bool, good: bool, alive: bool) -> str:
    if alive and not supervised:
        return "orphan"
    if alive:
        return "ready" if good else "not ready"
    if supervised and entry.status == WAITING:
        return f"again in {max(0.0, entry.next_try - time.time()):.0f} s"
    return "down"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes:02}m"
    return f"{minutes}m{rest:02}s" if minutes else f"{rest}s"
