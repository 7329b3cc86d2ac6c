"""What the supervisor is to run: plain values, kept as JSON so that `down` can read them too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.faas.errors import FaasError
from local.faas.layout import write_private

# Ended in this order: the doors, what carries events, what they call, what stands for the world.
DOORS, CARRIERS, FUNCTIONS, SANDBOX = range(4)


@dataclass(frozen=True)
class Process:
    """One process to keep running."""

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    folder: str  # working directory
    log: str
    port: int
    ready_path: str  # answers 200 when the process can work
    stage: int  # when it is ended; lower first
    grace: float = 20.0  # seconds between SIGTERM and SIGKILL


@dataclass(frozen=True)
class Plan:
    """All processes of one root, and how it was asked for."""

    processes: tuple[Process, ...]
    options: Mapping[str, Any]

    def write(self, path: Path) -> None:
        """Keep it, private: environments hold secrets' whereabouts."""
        write_private(path, json.dumps(asdict(self), indent=1))

    @classmethod
    def read(cls, path: Path) -> Plan:
        """Read it back. Raises FaasError when it is not one."""
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            processes = [Process(**{**p, "argv": tuple(p["argv"])}) for p in kept["processes"]]
            return cls(tuple(processes), kept["options"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FaasError(f"{path} can not be read ({type(error).__name__})") from error

    def stages(self) -> list[list[Process]]:
        """The processes in the order of ending."""
        numbers = sorted({process.stage for process in self.processes})
        return [[p for p in self.processes if p.stage == number] for number in numbers]
