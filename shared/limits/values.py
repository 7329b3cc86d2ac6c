"""What is asked of a limit and what it answers. Times are seconds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, Self

# `hold`: the provider told us to leave the whole number alone for a while.
Limit = Literal["number", "pair", "hold", "client", "receipts"]
Payback = Literal["whole", "rate"]


@dataclass(frozen=True)
class Rules:
    """What Meta allows, as far as it is not a number's own (contracts/meta.md e).

    A pair may borrow `pair_burst` messages. Once it has, `payback` says when it may go on: when the
    `whole` debt is paid (45 * 6 s), or at its `rate` of one in `pair_seconds`.
    """

    longest_wait: float = 0.5
    pair_seconds: float = 6.0
    pair_burst: int = 45
    payback: Payback = "whole"

    def share(self, part: float) -> Rules:
        """What is left of them for one of several processes that do not see each other."""
        burst = max(1, int(self.pair_burst * part))
        return Rules(self.longest_wait, self.pair_seconds / part, burst, self.payback)


@dataclass(frozen=True)
class Lane:
    """One number with its messages a second, and the customer, where a message goes to one."""

    number: str
    per_second: float
    customer: str | None = None

    @classmethod
    def of(cls, number: str, per_second: float, address: str | None) -> Self:
        """`address` is kept as a digest: it is a person's."""
        if address is None:
            return cls(number, per_second)
        digest = hashlib.blake2b(f"{number}:{address}".encode(), digest_size=12).hexdigest()
        return cls(number, per_second, digest)


@dataclass(frozen=True)
class Go:
    """It is counted, and may be sent after `wait`. `rate`: what the number may send a second."""

    wait: float
    rate: float


@dataclass(frozen=True)
class Ask:
    """Nothing is counted yet: ask again after `wait`, which is short."""

    wait: float


@dataclass(frozen=True)
class Held:
    """Nothing is counted: not before `retry_after`."""

    limit: Limit
    retry_after: float


Admission = Go | Ask | Held
