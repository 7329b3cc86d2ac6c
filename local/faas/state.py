"""What the supervisor runs right now, as a file that every other command reads.

Written whole at each change by the supervisor alone. Any nonsense in it reads as "nothing runs".
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from local.faas.layout import write_private
from local.faas.processes import Identity

STARTED, WAITING, ENDED = "started", "waiting", "ended"


@dataclass
class Entry:
    """One process: its present identity, and how often it had to be started again."""

    status: str = WAITING
    identity: Identity | None = None
    restarts: int = 0
    last_exit: str = ""  # in words, of the time before
    next_try: float = 0.0  # seconds since the epoch, while waiting


@dataclass
class State:
    """The supervisor and its processes by name."""

    supervisor: Identity | None = None
    entries: dict[str, Entry] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Keep it."""
        write_private(path, json.dumps(asdict(self), indent=1))

    @classmethod
    def read(cls, path: Path) -> State:
        """Read it; an empty state when there is none, or none that makes sense."""
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            entries = {str(name): _entry(value) for name, value in kept["entries"].items()}
            return cls(Identity.read(kept["supervisor"]), entries)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    @property
    def supervised(self) -> bool:
        """Whether the supervisor lives."""
        return self.supervisor is not None and self.supervisor.alive

    def living(self) -> dict[str, Identity]:
        """The processes that still run, supervised or orphaned."""
        found = {name: entry.identity for name, entry in self.entries.items()}
        return {name: one for name, one in found.items() if one is not None and one.alive}


def _entry(kept: dict[str, Any]) -> Entry:
    return Entry(
        status=str(kept["status"]),
        identity=Identity.read(kept["identity"]),
        restarts=int(kept["restarts"]),
        last_exit=str(kept["last_exit"]),
        next_try=float(kept["next_try"]),
    )
