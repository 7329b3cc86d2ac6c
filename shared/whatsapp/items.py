"""Reads single items of a Meta webhook: who wrote, when, what kind, what became of a message.

Every member may be absent or of another type; nothing raises.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

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


def refers_to(message: Json) -> str | None:
    """The wamid that a reply, reaction, edit or revoke is about; it may be unknown to us."""
    kind = message_type(message)
    named = text(obj(message.get(kind)).get(_ABOUT[kind])) if kind in _ABOUT else None
    return named or text(obj(message.get("context")).get("id"))


_ABOUT = {
    "reaction": "message_id",
    "edit": "original_message_id",
    "revoke": "original_message_id",
}


MediaKind = Literal["image", "video", "audio", "voice", "document", "sticker"]
"""Kinds of files that customers send; a voice note is told from a sound file."""


@dataclass(frozen=True, slots=True)
class Media:
    """A file as the webhook announces it: `id` is fetched with the tenant's own token.

    `mime` may have a parameter (`audio/ogg; codecs=opus`), `sha256` is base64 or hex, `url`
    lives five minutes (contracts/meta.md d).
    """

    id: str
    kind: MediaKind
    mime: str | None = None
    sha256: str | None = None
    filename: str | None = None
    caption: str | None = None
    url: str | None = None


def media_of(message: Json) -> Media | None:
    """The file to fetch; None when there is none, or when Meta says that it failed itself."""
    kind, file = media_kind(message), obj(message.get(message_type(message)))
    id_ = text(file.get("id"))
    if kind is None or id_ is None or len(id_) > MAX_ID or message.get("errors"):
        return None
    return Media(
        id=id_,
        kind=kind,
        mime=text(file.get("mime_type")),
        sha256=text(file.get("sha256")),
        filename=text(file.get("filename")),
        caption=text(file.get("caption")),
        url=text(file.get("url")),
    )


def media_kind(message: Json) -> MediaKind | None:
    """Which kind of file a message is about, by its type alone."""
    type_ = message_type(message)
    if type_ == "audio" and obj(message.get("audio")).get("voice") is True:
        return "voice"
    return next((kind for kind in get_args(MediaKind) if kind == type_), None)


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
