"""What an answer means: done, again after a while, or never. A pure decision that the edges obey.

Only answers that may speak against the event itself count towards its end: a 500, or no answer
from a function that answers others. An outage ("not now", no service token, no route, a function
that answers nobody) says nothing about it, and ends it only by age.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Trouble = Literal["unreachable", "no_answer", "nobody_answered", "stops_the_function"]

_OUTAGE = frozenset({401, 403, 408, 425, 429, 503})
_NEVER = frozenset({400, 413, 422})
_NOT_FOUND = 404
# Codes of shared.runtime.errors (Limited, Busy): this line alone has to wait, and knows how long.
_OF_LINE = frozenset({"limited", "busy"})
# TooMuchWork: each try holds the processor for seconds, and the next one will not do better.
_TOO_MUCH = "too_much_work"
_TOO_MUCH_TRIES = 3
_FATE_OPEN = frozenset({"busy", "unsettled"})  # Busy, Unsettled
_OWN_NOT_FOUND = "not_found"  # the function's own problem code; a gateway's 404 has none


@dataclass(frozen=True)
class Answer:
    """What one attempt came to: a status with the problem's code and words, or a trouble."""

    status: int = 0
    trouble: Trouble | None = None
    retry_after: float | None = None  # seconds
    code: str = ""
    detail: str = ""
    outcome: str = ""  # of a success: what the function says it did
    settles: str = ""  # of a success: the event whose fate it may have told


@dataclass(frozen=True)
class Done:
    """The function has it. `outcome`: what it says it did.

    `settles`: the id of an event that may wait to learn its fate, which the function has heard of.
    """

    outcome: str = ""
    settles: str = ""


@dataclass(frozen=True)
class Unsent:
    """It never left: the function can not be reached, whoever the tenant is."""

    reason: str


@dataclass(frozen=True)
class Again:
    """Try again after `delay` seconds."""

    delay: float
    reason: str
    fault: bool
    limited: bool = False  # its line waits; the tenant has nothing to do with it
    fate_open: bool = False  # an earlier send may have arrived: a status may end the wait


@dataclass(frozen=True)
class Dead:
    """Never try again."""

    code: str
    reason: str


Decision = Done | Unsent | Again | Dead


@dataclass(frozen=True)
class Policy:
    """The limits of patience. Seconds, counts."""

    max_attempts: int = 20
    max_age: float = 24 * 3600.0
    first_wait: float = 0.5
    longest_wait: float = 60.0
    longest_retry_after: float = 3600.0
    kept_wait: float = 600.0  # of what is suspended: its end is told, so each look is for nothing

    def wait(self, attempts: int, luck: float) -> float:
        """Exponential backoff with full jitter; `luck` in [0, 1). Never under a tenth of a step."""
        step = min(self.longest_wait, self.first_wait * 2.0 ** min(attempts, 32))
        return float(step * max(luck, 0.1))

    def wait_suspended(self, luck: float) -> float:
        """How long what is suspended waits, should its end not be told; `luck` in [0, 1)."""
        return self.kept_wait * (0.5 + luck / 2)


@dataclass(frozen=True)
class Past:
    """What the event has been through before this answer; `age` in seconds."""

    attempts: int
    faults: int
    age: float


def decide(answer: Answer, past: Past, policy: Policy, luck: float) -> Decision:
    """The decision on one answer."""
    if answer.trouble == "unreachable":
        return Unsent(answer.detail)
    if 200 <= answer.status < 300:  # noqa: PLR2004  # success, RFC 9110
        return Done(answer.outcome, answer.settles)
    reason = _reason(answer)
    if answer.status in _NEVER or answer.trouble == "stops_the_function":
        return Dead(answer.code or answer.trouble or f"http_{answer.status}", reason)
    fault = not _is_outage(answer)
    tries = _TOO_MUCH_TRIES if answer.code == _TOO_MUCH else policy.max_attempts
    if fault and past.faults + 1 >= tries:
        return Dead("attempts_exhausted", f"{past.attempts + 1} attempts, the last: {reason}")
    of_line = answer.code in _OF_LINE
    delay = 0.0 if of_line and answer.retry_after else policy.wait(past.attempts, luck)
    if answer.retry_after is not None:
        delay = max(delay, min(answer.retry_after, policy.longest_retry_after))
    if past.age + delay > policy.max_age:
        return Dead("too_old", f"not delivered in {policy.max_age:g} s, the last: {reason}")
    limited = of_line or answer.trouble == "nobody_answered"
    return Again(delay, reason, fault, limited, answer.code in _FATE_OPEN)


def _is_outage(answer: Answer) -> bool:
    if answer.status == _NOT_FOUND:
        return answer.code != _OWN_NOT_FOUND
    return answer.status in _OUTAGE or answer.trouble == "nobody_answered"


def _reason(answer: Answer) -> str:
    if answer.trouble is not None:
        return answer.detail
    words = f"answered {answer.status}"
    if answer.code:
        words += f" {answer.code}"
    return f"{words}: {answer.detail}" if answer.detail else words
