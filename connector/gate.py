"""Whether the function can be reached at all: closed after a call that never left, then probed.

Rule: the gate sees real calls only, and while it is closed one of them, the probe, passes at a
time. A probe ends with its block, however that ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.messaging.amqp import Backoff


class GatedCall:
    """One real call that the gate let pass. Its caller says whether it reached the function."""

    def __init__(self, *, probe: bool) -> None:
        self.probe = probe
        self.reached: bool | None = None  # None: it ended without telling


class Gate:
    """One route's gate. Times are seconds of `clock`, which never goes back."""

    def __init__(self, clock: Callable[[], float], backoff: Backoff | None = None) -> None:
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._closed_until: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether the last call reached the function."""
        return self._closed_until is None

    def admits(self) -> bool:
        """Whether a call may start now."""
        if self._closed_until is None:
            return True
        return self._clock() >= self._closed_until and not self._probing

    @contextmanager
    def call(self) -> Iterator[GatedCall]:
        """Let one call pass for the length of the block; if the gate is closed it is the probe.

        Enter it as soon as the call is decided on, so that no second probe passes meanwhile. A
        probe that ends without telling whether it reached the function keeps the gate closed until
        the next one.
        """
        call = GatedCall(probe=self._closed_until is not None)
        self._probing = self._probing or call.probe
        try:
            yield call
        finally:
            if call.probe:
                self._probing = False
                self._closed_until = None if call.reached else self._next_probe()
            elif call.reached is False and self.is_open:
                self._closed_until = self._next_probe()
            if call.reached and self.is_open:
                self._backoff.reset()

    def _next_probe(self) -> float:
        return self._clock() + self._backoff.next()
