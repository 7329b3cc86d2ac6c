"""The parts of a window: a key's lane, the limits, and what the park is asked to do."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from connector.values import Held


@dataclass(frozen=True)
class Rules:
    """How much is kept in hand. Seconds, counts."""

    prefetch: int = 50
    tries: int = 3  # then the key is parked
    longest_hold: float = 5.0  # a longer wait is spent in the park
    patience: float = (
        2.0  # a full window whose crowding tenant is slower than this parks its events
    )
    crowd_memory: float = 60.0  # how long a tenant counts as crowding, and another one as waiting


@dataclass(slots=True)
class Lane:
    """One key: its events in order, and the one whose call is under way."""

    key: str
    tenant: str
    parked: bool = False
    waiting: deque[Held] = field(default_factory=deque)
    flying: Held | None = None
    not_before: float = 0.0
    kept: bool = False  # its head may not go: `hasten` ends the wait
    unsaved: int = 0
    reading: bool = False
    runnable: bool = False
    timer: float = 0.0  # the last wake-up that was asked for


@dataclass(slots=True)
class Turn:
    """What the park must do next: drop rows, note failed attempts, read the next rows of keys."""

    gone: list[str]
    late: list[Held]
    keys: list[str]
