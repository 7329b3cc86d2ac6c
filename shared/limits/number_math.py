"""The arithmetic of a number and of a pair, on plain values: the twin of `number_lua`.

A token bucket is kept as one moment, when all that was sent is paid for (GCRA). A number's waits
are reserved: who is let in knows when to send.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.limits import figures as fig
from shared.limits.values import Admission, Ask, Go, Held, Lane, Rules


@dataclass
class Number:
    """A number's state. Moments are Unix seconds; 0 is none."""

    paid_at: float = 0.0
    rate: float = 0.0  # after a cut; 0: the limit
    cut_at: float = 0.0
    held_until: float = 0.0
    line: float = 0.0  # the end of the line of those who were turned away

    def now_at(self, now: float, limit: float) -> float:
        """Its rate, and a state that fits the clock."""
        if self.paid_at > now + fig.FAR:
            self.paid_at = now
        if self.held_until > now + fig.LONGEST_HOLD:
            self.held_until = 0.0
        if self.rate <= 0:
            return limit
        rate = self.rate + limit * fig.GROWTH * max(0.0, now - self.cut_at - fig.REST)
        if rate >= limit:
            self.rate = 0.0
        return min(limit, rate)

    def join_line(self, now: float, wait: float, rate: float) -> float:
        """When who is turned away shall come back: one after the other, at the number's rate."""
        place = max(now + wait, self.line)
        self.line = min(place + 1 / rate, now + fig.LONGEST_LINE)
        return place - now


@dataclass
class Pair:
    """A pair's state."""

    paid_at: float = 0.0
    paying: bool = False  # its burst is used up: all of it is paid back first
    held_until: float = 0.0
    refusals: int = 0

    def wait(self, now: float, rules: Rules) -> float:
        """How long it must wait; 0 when it may go."""
        self.paid_at = min(max(now, self.paid_at), now + rules.pair_burst * rules.pair_seconds)
        debt = self.paid_at - now
        if self.held_until > now + fig.LONGEST_HOLD:
            self.held_until = 0.0
        spare = (rules.pair_burst - 1) * rules.pair_seconds
        over = debt > spare + 0.0005
        self.paying = rules.payback == "whole" and (over or (self.paying and debt > 0))
        due = debt if self.paying else debt - spare if over else 0.0
        return max(due, self.held_until - now, 0.0)


def spacing(rate: float) -> tuple[float, float]:
    """Seconds between two messages, and how far before its turn one may go."""
    burst = max(1.0, rate * fig.BURST // 1)
    step = 1 / (rate - burst + 1)
    return step, (burst - 1) * step


def admit(number: Number, pair: Pair | None, lane: Lane, rules: Rules, now: float) -> Admission:
    """Whether one message may go. It is counted at both, or at neither."""
    rate = number.now_at(now, lane.per_second)
    if number.held_until > now:
        return Held("hold", number.held_until - now)
    wait = pair.wait(now, rules) if pair else 0.0
    if wait > 0:
        return Held("pair", wait) if wait > rules.longest_wait else Ask(wait)
    step, early = spacing(rate)
    paid_at = max(now, number.paid_at)
    wait = max(0.0, paid_at - early - now)
    if wait > rules.longest_wait:
        return Held("number", number.join_line(now, wait, rate))
    number.paid_at = paid_at + step
    if pair:
        pair.paid_at += rules.pair_seconds
    return Go(wait, rate)


def give_back(number: Number, pair: Pair | None, lane: Lane, rules: Rules, now: float) -> None:
    """Count one message less: it was not sent after all."""
    number.paid_at -= spacing(number.now_at(now, lane.per_second))[0]
    if pair:
        pair.paid_at -= rules.pair_seconds


def slow_down(number: Number, lane: Lane, now: float) -> float:
    """The number's rate after Meta said that it is too much."""
    rate = number.now_at(now, lane.per_second)
    if abs(now - number.cut_at) < fig.CUT_ONCE_IN:
        return rate
    number.rate, number.cut_at = max(min(fig.LEAST_RATE, lane.per_second), rate * fig.CUT), now
    return number.rate


def hold(number: Number, now: float, seconds: float) -> None:
    """Let nothing of the number go for so long."""
    number.held_until = max(number.held_until, now + min(seconds, fig.LONGEST_HOLD))


def hold_pair(pair: Pair, now: float) -> float:
    """Let nothing of the pair go: 4^n seconds, by the refusals in a row."""
    recent = pair.held_until > now - fig.PAIR_FORGETS
    pair.refusals = min(pair.refusals + 1, fig.PAIR_STEPS) if recent else 1
    seconds = fig.PAIR_STEP**pair.refusals
    pair.held_until = now + seconds
    return float(seconds)
