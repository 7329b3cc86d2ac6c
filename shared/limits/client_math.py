"""The arithmetic of an OAuth client's minute, on plain values: the twin of `client_lua`.

Our own count stands until Genesys' headers tell theirs; the larger one holds, since others may use
the client too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shared.limits import figures as fig

Kind = Literal["message", "receipt"]


@dataclass(frozen=True)
class Heard:
    """What the headers of an answer told, `age` seconds ago: count, allowed, seconds to the end."""

    count: int
    allowed: int
    reset: float
    age: float = 0.0


@dataclass(frozen=True)
class Budget:
    """Calls a minute of a client that has told nothing yet; the part kept for messages.

    `part` is that of one process which does not see the others.
    """

    per_minute: float = 300.0
    reserve: float = 0.2
    part: float = 1.0

    def cap(self, allowed: float, kind: Kind) -> int:
        """How many calls of a window this kind may go up to."""
        whole = (allowed or self.per_minute) * (1 - fig.SPARE)
        cap = max(1, int(whole * self.part))
        return cap if kind == "message" else int(cap * (1 - self.reserve))


@dataclass
class Client:
    """A client's state. Moments are seconds; 0 is none."""

    began: float = 0.0
    ends: float = 0.0
    guessed: bool = True  # the end is our own word
    used: float = 0.0
    allowed: float = 0.0
    held_until: float = 0.0
    line: float = 0.0  # the end of the line of messages that were turned away ...
    receipts_line: float = 0.0  # ... and of receipts

    def hear(self, heard: Heard, now: float) -> None:
        """Take over what Genesys said, unless it is of an earlier window."""
        at = now - heard.age
        end = at + heard.reset + fig.LATE
        if heard.allowed > 0:
            self.allowed = heard.allowed
        if at < self.began or end <= now:
            return
        if self.guessed:
            self.ends, self.guessed = end, False
            self.used = max(self.used, heard.count)
        elif end > self.ends + fig.SAME_WINDOW:
            self.began, self.ends, self.used = at, end, heard.count
        elif end >= self.ends - fig.SAME_WINDOW:
            self.used = max(self.used, heard.count)

    def turn(self, now: float) -> None:
        """Begin a new window where the last one is over, and fit the clock."""
        if now >= self.ends or self.began > now:
            self.began, self.ends, self.guessed = now, now + fig.WINDOW + fig.LATE, True
            self.used = 0
        if self.held_until > now + fig.LONGEST_HOLD:
            self.held_until = 0.0

    def left(self, now: float, cap: int) -> float:
        """Calls that may still be made in this window, up to `cap`."""
        return 0.0 if self.held_until > now else cap - self.used

    def wait(self, now: float, cap: int) -> float:
        """Seconds until it may be used again."""
        spent = self.ends - now if self.used >= cap else 0.0
        return max(spent, self.held_until - now, 0.0)

    def join_line(self, now: float, wait: float, cap: int, kind: Kind) -> float:
        """When who is turned away shall come back: one after the other, as fast as a window is."""
        line = self.line if kind == "message" else self.receipts_line
        place = max(now + wait, line)
        line = min(place + fig.WINDOW / max(1, cap), now + fig.LONGEST_LINE)
        if kind == "message":
            self.line = line
        else:
            self.receipts_line = line
        return place - now


@dataclass(frozen=True)
class Taken:
    """One call of the client of that place is counted; `left` more may be made."""

    place: int
    left: float


@dataclass(frozen=True)
class Spent:
    """No client has a call left: `wait` to the first one's, `retry_after` in the line for it."""

    wait: float
    retry_after: float


def take(
    clients: Sequence[Client],
    kind: Kind,
    budget: Budget,
    heard: Sequence[Heard | None],
    now: float,
) -> Taken | Spent:
    """Count one call at the client that has the most left, if any has."""
    for client, told in zip(clients, heard, strict=True):
        if told is not None:
            client.hear(told, now)
        client.turn(now)
    caps = [budget.cap(client.allowed, kind) for client in clients]
    lefts = [client.left(now, cap) for client, cap in zip(clients, caps, strict=True)]
    best = max(range(len(clients)), key=lefts.__getitem__)
    if lefts[best] >= 1:
        clients[best].used += 1
        return Taken(best, lefts[best] - 1)
    waits = [client.wait(now, cap) for client, cap in zip(clients, caps, strict=True)]
    first = min(range(len(clients)), key=waits.__getitem__)
    line = clients[first].join_line(now, waits[first], caps[first], kind)
    return Spent(waits[first], line)
