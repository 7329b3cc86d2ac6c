"""What a route obeys: how much at once, how patient, and when a tenant gives way."""

from __future__ import annotations

from dataclasses import dataclass, field

from connector.lane import Rules
from connector.pace import Yielding
from connector.policy import Policy


@dataclass(frozen=True)
class Limits:
    """`slots` is the number of calls in flight at once."""

    slots: int = 128
    rules: Rules = field(default_factory=Rules)
    policy: Policy = field(default_factory=Policy)
    yielding: Yielding = field(default_factory=Yielding)
