"""Whether the function is called for an event at all: decided here, just before its call.

Rule: an event is called for, waits, or is dropped. Asked of each event before the gate, so it holds
for queues, parked rows and the spool alike, and only a real call tells how the function is.
"""

from __future__ import annotations

from dataclasses import dataclass

from connector.erased import Erased
from connector.suspended import Suspended
from connector.values import Held


@dataclass(frozen=True)
class Call:
    """Call the function with this body: the event's own, or what is left of it."""

    body: bytes


@dataclass(frozen=True)
class Wait:
    """Not now, since its tenant or channel is suspended: not counted, and it does not age."""


@dataclass(frozen=True)
class Drop:
    """Never: the event is over. `outcome`: what the ledger is told of it."""

    outcome: str


Verdict = Call | Wait | Drop


class Admission:
    """Erasures come first: of an erased person nothing waits for the end of a suspension."""

    def __init__(self, erased: Erased, suspended: Suspended) -> None:
        self._erased = erased
        self._suspended = suspended

    def decide(self, held: Held) -> Verdict:
        """The verdict on one event, now."""
        body = self._erased.rest(held)
        if body is None:
            return Drop("erased")
        if self._suspended.holds(held):
            return Wait()
        return Call(body)

    def since(self, held: Held) -> float:
        """From when an event ages, in Unix seconds: not while it was suspended."""
        return self._suspended.since(held)
