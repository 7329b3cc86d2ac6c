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
    fate_open: bool = False  # its head may have been sent: `wake` ends the wait
    woken: bool = False  # the fate may be known: the next wait, or the one in its row, is skipped
    called: str = ""  # the event that was called for last: under way, waiting, or over
    unsaved: int = 0
    reading: bool = False
    runnable: bool = False
    timer: float = 0.0  # the last wake-up that was asked for

    def call(self) -> Held:
        """Its head is called for."""
        self.flying, self.woken = self.waiting.popleft(), False
        self.called = self.flying.event_id
        return self.flying

    def landed(self) -> None:
        """Its call has ended."""
        self.flying, self.kept, self.fate_open = None, False, False

    def wait(self, until: float, *, fate_open: bool) -> None:
        """Its head failed, and is tried again at that time; at once if it was woken meanwhile."""
        self.fate_open = fate_open
        self.woken = self.woken and fate_open
        self.not_before = 0.0 if self.woken else until

    def wake(self) -> bool:
        """The fate of what was sent may be known. Whether a wait has ended by it."""
        self.woken = self.flying is not None or (self.fate_open and self.parked)
        if not self.fate_open:
            return False
        self.not_before = 0.0
        return True

    def was_read(self, now: float, due_in: float) -> None:
        """Its first rows are there, due in so many seconds; at once if it was woken meanwhile."""
        self.reading = False
        self.not_before = max(self.not_before, now + (0.0 if self.woken else due_in))
        self.woken = False

    def is_slow(self, now: float, patience: float) -> bool:
        """Whether one of its unacked events has been in hand for longer than that."""
        held = () if self.parked else (self.flying, *self.waiting)
        return any(h is not None and now - h.delivered > patience for h in held)


@dataclass(slots=True)
class Turn:
    """What the park must do next: drop rows, note failed attempts, read the next rows of keys."""

    gone: list[str]
    late: list[Held]
    keys: list[str]
