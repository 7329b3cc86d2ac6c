"""A webhook to be sent, and the rules of the one who sends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from local.sandbox.room.records import Attempt, Record


class Policy(Protocol):
    """How a sender judges an attempt and when it tries again."""

    def timeout_s(self) -> float:
        """How long to wait for an answer."""

    def good(self, status: int) -> bool:
        """Tell whether this answer ends it well."""

    def gap_s(self, tries: int, last: Attempt) -> float | None:
        """Seconds until the next attempt; None to give up."""


@dataclass(slots=True)
class Letter:
    """A webhook to be sent. `ids`: phone_number_id or integration_id, customer: for faults.

    `follow`: whether redirects are followed.
    """

    target: str
    name: str
    url: str
    body: bytes
    headers: dict[str, str]
    policy: Policy
    lane: str
    ids: dict[str, str]
    note: dict[str, Any] = field(default_factory=dict)
    when_over: Callable[[str], None] | None = None
    follow: bool = False


@dataclass(slots=True)
class Delivery:
    """A letter on its way. `over` resolves to delivered, failed or cancelled."""

    letter: Letter
    record: Record
    over: asyncio.Future[str]
