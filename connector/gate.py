"""Whether the function can be reached at all: closed after a call that never left, then probed."""

from __future__ import annotations

from shared.messaging.amqp import Backoff


class Gate:
    """One route's gate. While closed one call passes at a time. Times are monotonic seconds."""

    def __init__(self, backoff: Backoff | None = None) -> None:
        self._backoff = backoff or Backoff()
        self._closed_until: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether the last call reached the function."""
        return self._closed_until is None

    def admits(self, now: float) -> bool:
        """Whether a call may start now."""
        return self._closed_until is None or (now >= self._closed_until and not self._probing)

    def took(self) -> None:
        """A call starts; if the gate is closed it is the probe."""
        self._probing = self._closed_until is not None

    def unreachable(self, now: float) -> bool:
        """A call never left. True when that closed the gate."""
        was_open = self._closed_until is None
        if was_open or self._probing:
            self._closed_until = now + self._backoff.next()
            self._probing = False
        return was_open

    def reached(self) -> bool:
        """A call got through. True when that opened the gate."""
        was_closed = self._closed_until is not None
        self._closed_until = None
        self._probing = False
        self._backoff.reset()
        return was_closed
