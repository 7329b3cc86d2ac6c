"""Reads single items of a Meta webhook: who wrote, when, what kind, what became of a message.

Every member may be absent or of another type; nothing raises.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.wire.body import Json
from shared.wire.customer import is_bsuid
from shared.wire.fields import moment, obj, objects, text


@dataclass(frozen=True, slots=True)
class Customer:
    """One person as Meta named them: a number, a BSUID, or both; the profile name is theirs."""

    wa_id: str | None = None
    bsuid: str | None = None
    name: str | None = None
    username: str | None = None

    @property
    def id(self) -> str | None:
        """The canonical customer id: wa_id digits, else the BSUID."""
        return self.wa_id or self.bsuid


def sender(message: Json, contact: Json | None) -> Customer:
    """Who wrote a message. `from` may be missing, empty or hold a BSUID (contracts/meta.md b.3)."""
    card = obj(contact)
    return _customer(
        card,
        message.get("from"),
        message.get("from_user_id"),
        card.get("wa_id"),
        card.get("user_id"),
    )


def _customer(card: Json, *ids: Any) -> Customer:
    """Sort the ids, best first, into number and BSUID.

    An id of neither form is kept as an opaque user id, so that its message is still shown.
    """
    said = [one.strip().removeprefix("+") for one in map(text, ids) if one]
    known = [one for one in said if 0 < len(one) <= MAX_ID and one.isprintable()]
    numbers = [one for one in known if _is_digits(one)]
    bsuids = [one for one in known if is_bsuid(one)]
    opaque = [one for one in known if not _is_digits(one)]
    profile = obj(card.get("profile"))
    return Customer(
        wa_id=next(iter(numbers), None),
        bsuid=next(iter(bsuids or opaque), None),
        name=text(profile.get("name")),
        username=text(profile.get("username")),
    )


def _is_digits(value: str) -> bool:
    return value.isascii() and value.isdecimal()


def message_key(message: Json) -> str:
    """The wamid; for a message without one, a digest of it, equal at every redelivery."""
    found = text(message.get("id"))
    if found and len(found) <= MAX_ID:
        return found
    canonical = json.dumps(message, sort_keys=True, ensure_ascii=True, default=str)
    return f"nowamid.{hashlib.sha256(canonical.encode()).hexdigest()[:40]}"


MAX_ID = 255
"""Characters of an id that we store; Meta's are opaque and about 60 (contracts/meta.md b.0)."""


def message_type(message: Json) -> str:
    """The message's `type`, else the first member that is named like one, else "unknown"."""
    named = text(message.get("type")) or next((key for key in message if key not in _COMMON), "")
    return " ".join(named.split())[:MAX_TYPE] or "unknown"


MAX_TYPE = 64
"""Characters of a type that we keep: it becomes a label, also of types that are yet to come."""

_COMMON = {
    *("id", "from", "from_user_id", "from_parent_user_id", "group_id", "timestamp", "type"),
    *("context", "referral", "errors", "identity"),
}


def message_time(message: Json, received_at: datetime) -> datetime:
    """When the customer wrote: the message's own time, else when it reached us."""
    return moment(message.get("timestamp")) or received_at


def reply_to(message: Json) -> str | None:
    """The wamid that this message quotes; it may be unknown to us."""
    return text(obj(message.get("context")).get("id"))


@dataclass(frozen=True, slots=True)
class StatusError:
    """One element of a status' `errors`; older samples lack `message` (contracts/meta.md b.5)."""

    code: int | None
    title: str | None
    message: str | None
    details: str | None

    @property
    def words(self) -> str:
        """Code, title and details in one line, for a receipt's reason."""
        said = [one for one in (self.title or self.message, self.details) if one]
        return " ".join(
            [*([str(self.code)] if self.code is not None else []), ": ".join(said)]
        ).strip()


@dataclass(frozen=True, slots=True)
class Status:
    """A delivery status. `status` is Meta's own word and may be one that we do not know."""

    id: str | None
    status: str | None
    occurred_at: datetime | None
    recipient: Customer
    callback: str | None
    errors: tuple[StatusError, ...]


def read_status(status: Json, contact: Json | None = None) -> Status:
    """Read one element of `statuses[]`; `callback` is our biz_opaque_callback_data coming back."""
    card = obj(contact)
    return Status(
        id=text(status.get("id")),
        status=text(status.get("status")),
        occurred_at=moment(status.get("timestamp")),
        recipient=_customer(
            card,
            None if status.get("recipient_type") == "group" else status.get("recipient_id"),
            status.get("recipient_participant_id"),
            status.get("recipient_user_id"),
            card.get("wa_id"),
            card.get("user_id"),
        ),
        callback=text(status.get("biz_opaque_callback_data")),
        errors=tuple(map(read_error, objects(status.get("errors")))),
    )


def read_error(error: Json) -> StatusError:
    """Read one element of an `errors` list, also the legacy form with `details` beside the code."""
    code = text(error.get("code"))
    details = obj(error.get("error_data")).get("details", error.get("details"))
    return StatusError(
        code=int(code) if code and _is_digits(code) and len(code) <= MAX_CODE_DIGITS else None,
        title=text(error.get("title")),
        message=text(error.get("message")),
        details=text(details),
    )


MAX_CODE_DIGITS = 9
