"""What a route obeys: how much at once, and how patient."""

from __future__ import annotations

from dataclasses import dataclass, field

from connector.lane import Rules
from connector.policy import Policy


@dataclass(frozen=True)
class Limits:
    """`slots` is the number of calls in flight at once."""

    slots: int = 128
    rules: Rules = field(default_factory=Rules)
    policy: Policy = field(default_factory=Policy)
