"""Reads single items of a Meta webhook: who wrote, when, what kind, what became of a message.

Every member may be absent or of another type; nothing raises.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from shared.whatsapp.options import read_option_id
from shared.wire.body import Json
from shared.wire.customer import canonical_id, is_bsuid
from shared.wire.fields import moment, obj, objects, readable, text
from shared.wire.words import visible


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


NOBODY = Customer()
"""What names no person."""


def sender(message: Json, contact: Json | None) -> Customer:
    """Who wrote a message. `from` may be missing, empty or hold a BSUID (contracts/meta.md b.3)."""
    card = obj(contact)
    named = customer_of(
        card,
        message.get("from"),
        message.get("from_user_id"),
        card.get("wa_id"),
        card.get("user_id"),
        message.get("from_parent_user_id"),
    )
    return named if named.id else customer_of(card, *_renamed(message))


def _renamed(message: Json) -> list[Any]:
    """Ids inside a system message, which may name its customer nowhere else (b.2)."""
    system = obj(message.get("system"))
    return [system.get(key) for key in ("customer", "wa_id", "new_wa_id", "user_id")]


def recipient(message: Json, contact: Json | None) -> Customer:
    """To whom the business itself wrote, in an echo or in the history (contracts/meta.md b.6)."""
    card = obj(contact)
    ids = (message.get("to"), message.get("to_user_id"), card.get("wa_id"), card.get("user_id"))
    return customer_of(card, *ids)


def customer_of(card: Json, *ids: Any) -> Customer:
    """Sort ids of one person into number and BSUID: of each the first that there is.

    An id of neither form is kept as an opaque user id, so that its message is still shown.
    """
    said = [canonical_id(one) for one in map(text, ids) if one]
    if not said and not card:
        return NOBODY
    known = [one for one in said if 0 < len(one) <= MAX_ID and one.isprintable()]
    numbers = [one for one in known if _is_digits(one)]
    bsuids = [one for one in known if is_bsuid(one)]
    opaque = [one for one in known if not _is_digits(one)]
    profile = obj(card.get("profile"))
    return Customer(
        wa_id=next(iter(numbers), None),
        bsuid=next(iter(bsuids or opaque), None),
        name=readable(profile.get("name")),
        username=readable(profile.get("username")),
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


def trouble_of(message: Json) -> str | None:
    """What Meta says went wrong with a message, in the words of its first error that has any."""
    for error in map(read_error, objects(message.get("errors"))):
        words = error.details or error.message or error.title
        if words and visible(words):
            return words
    return None


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


def tapped(message: Json) -> tuple[str, int] | None:
    """The tracking id of our message and the number of its option that the customer took."""
    interactive, button = obj(message.get("interactive")), obj(message.get("button"))
    replies = (obj(interactive.get("button_reply")), obj(interactive.get("list_reply")))
    ids = [*(reply.get("id") for reply in replies), button.get("payload")]
    return next((found for one in ids if (found := read_option_id(text(one)))), None)


FileKind = Literal["image", "video", "audio", "voice", "document", "sticker"]
"""Kinds of files that customers send; a voice note is told from a sound file."""


@dataclass(frozen=True, slots=True)
class Media:
    """A file as the webhook announces it: `id` is fetched with the tenant's own token.

    `mime` may have a parameter (`audio/ogg; codecs=opus`), `sha256` is base64 or hex, `url`
    lives five minutes (contracts/meta.md d).
    """

    id: str
    kind: FileKind
    mime: str | None = None
    sha256: str | None = None
    filename: str | None = None
    caption: str | None = None
    url: str | None = None


def media_of(message: Json) -> Media | None:
    """The file to fetch; None when there is none, or when Meta says that it failed itself."""
    kind, file = media_kind(message), obj(message.get(message_type(message)))
    id_ = text(file.get("id"))
    if kind is None or id_ is None or not _MEDIA_ID.fullmatch(id_) or message.get("errors"):
        return None
    url = text(file.get("url"))
    return Media(
        id=id_,
        kind=kind,
        mime=_short(file.get("mime_type")),
        sha256=_short(file.get("sha256")),
        filename=_short(file.get("filename")),
        caption=text(file.get("caption")),
        url=url if url and url.startswith("https://") and len(url) <= MAX_URL else None,
    )


_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,255}")
"""Ids are digits; this is what may stand in the path of a call."""

MAX_URL = 4096
MAX_NAME = 1000


def _short(value: Any) -> str | None:
    """Cut from its beginning: a file name keeps its ending."""
    return (text(value) or "")[-MAX_NAME:] or None


def media_kind(message: Json) -> FileKind | None:
    """Which kind of file a message is about, by its type alone."""
    type_ = message_type(message)
    if type_ == "audio" and obj(message.get("audio")).get("voice") is True:
        return "voice"
    return next((kind for kind in get_args(FileKind) if kind == type_), None)


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
    """A delivery status. `status` is Meta's own word and may be one that we do not know.

    In a group, `recipient` is one of its people.
    """

    id: str | None
    status: str | None
    occurred_at: datetime | None
    recipient: Customer
    callback: str | None
    errors: tuple[StatusError, ...]
    group_id: str | None


def read_status(status: Json, contact: Json | None = None) -> Status:
    """Read one element of `statuses[]`; `callback` is our biz_opaque_callback_data coming back."""
    card, in_group = obj(contact), status.get("recipient_type") == "group"
    return Status(
        id=text(status.get("id")),
        status=text(status.get("status")),
        occurred_at=moment(status.get("timestamp")),
        recipient=customer_of(
            card,
            None if in_group else status.get("recipient_id"),
            *(status.get(f"recipient_{key}") for key in _RECIPIENT),
            card.get("wa_id"),
            card.get("user_id"),
            *(status.get(key) for key in _RECIPIENT_PARENT),
        ),
        callback=text(status.get("biz_opaque_callback_data")),
        errors=tuple(map(read_error, objects(status.get("errors")))),
        group_id=text(status.get("recipient_id")) if in_group else text(status.get("group_id")),
    )


def status_subject(status: Json) -> str | None:
    """What a status is about when that is no message: "call", "payment", or a type yet to come.

    Its `id` may be a message's all the same, and its `status` the word "failed": it says nothing of
    the message's delivery (contracts/meta.md b.5).
    """
    said = (text(status.get("type")) or "").strip().lower()
    if said:
        return None if said == "message" else " ".join(said.split())[:MAX_TYPE]
    return next((one for one in ("payment", "call") if isinstance(status.get(one), dict)), None)


_RECIPIENT = ("participant_id", "user_id", "participant_user_id")
_RECIPIENT_PARENT = ("recipient_parent_user_id", "parent_recipient_user_id")
"""The parent's id goes by two names, by what is said of it and by what is seen (b.3)."""


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
