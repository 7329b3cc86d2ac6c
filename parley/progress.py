"""How far a long command is: a line a second on stderr, where nobody parses it."""

from __future__ import annotations

import time

from shared.command.output import remark

EVERY_S = 1.0


class Progress:
    """Counts to a known end."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._next = time.monotonic() + EVERY_S
        self.done = 0

    def step(self) -> None:
        """One more."""
        self.done += 1
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_S
            remark(f"{self._what} {self.done} of {self._total}")
