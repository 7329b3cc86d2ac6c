"""Messages that went past us: what the business sent elsewhere, and what was before our time.

They are kept for people to read, and never sent again (contracts/meta.md b.6).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.transforms.inbound_context import Reading
from shared.transforms.inbound_types import own_words
from shared.transforms.notes import Note, error_notes, first_of, unreadable
from shared.whatsapp.items import Customer, customer_of, message_key, message_type, recipient
from shared.whatsapp.payloads import contact_of, contacts_by_id
from shared.wire.body import Json
from shared.wire.customer import canonical_id, same_number
from shared.wire.fields import listed, moment, obj, objects, text
from shared.wire.sizes import most_of

Direction = Literal["inbound", "outbound"]
PastStatus = Literal["sent", "delivered", "read", "played", "failed"]


@dataclass(frozen=True, slots=True)
class Echo:
    """A message that the business sent elsewhere: on its phone, or by another app.

    `text` is what it says, `id` its wamid; a time that Meta did not tell is None.
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
    """A message that nobody is to be told: of before the number came here, or a call.

    `status`: of one that the business sent.
    """

    id: str
    customer: Customer
    kind: str
    text: str
    occurred_at: datetime | None
    message: Json
    direction: Direction
    status: PastStatus | None = None


def read_echoes(value: Json) -> Iterator[Echo | Note]:
    """The elements of `message_echoes`; what names no customer is told in a note."""
    contacts = contacts_by_id(value.get("contacts"))
    told, bad = first_of(listed(value.get("message_echoes")), most_of(value))
    for message in told:
        customer = _to(message, contacts) if isinstance(message, dict) else None
        if customer is None or customer.id is None:
            bad += 1
            continue
        yield Echo(
            id=message_key(message),
            customer=customer,
            kind=message_type(message),
            text=own_words(Reading.of(message)),
            occurred_at=moment(message.get("timestamp")),
            message=message,
        )
    if bad:
        yield unreadable("message_echoes", bad)


def read_history(value: Json) -> Iterator[HistoryMessage | Note]:
    """The messages of all threads, and of `messages`, where the files of a history come."""
    contacts = contacts_by_id(value.get("contacts"))
    told, bad = first_of([*_past(value)], most_of(value))
    ours = _digits(obj(value.get("metadata")).get("display_phone_number"))
    chunks = objects(value.get("history"))
    yield from error_notes(
        "history", [one for chunk in chunks for one in listed(chunk.get("errors"))]
    )
    for thread_id, message in told:
        read = _read_past(message, thread_id, ours, contacts) if isinstance(message, dict) else None
        if read is not None:
            yield read
        bad += read is None
    if bad:
        yield unreadable("history", bad)


def _past(value: Json) -> Iterator[tuple[Any, Any]]:
    """Every message with its thread's id: the customer's number."""
    for chunk in listed(value.get("history")):
        if not isinstance(chunk, dict):
            yield None, chunk
        for thread in listed(obj(chunk).get("threads")):
            if not isinstance(thread, dict):
                yield None, thread
            for message in listed(obj(thread).get("messages")):
                yield obj(thread).get("id"), message
    for message in listed(value.get("messages")):
        yield None, message


def _read_past(
    message: Json, thread_id: Any, ours: str, contacts: Mapping[str, Json]
) -> HistoryMessage | None:
    """One message of the past; None when it names no customer."""
    past = obj(message.get("history_context"))
    outbound = _is_ours(message, past, thread_id, ours)
    if outbound:
        named = _to(message, contacts)
    else:
        ids = (message.get("from"), message.get("from_user_id"))
        named = customer_of(obj(contact_of(message, _FROM, contacts)), *ids)
    customer = (
        named if named.id else customer_of(obj(contacts.get(text(thread_id) or "")), thread_id)
    )
    if customer.id is None:
        return None
    return HistoryMessage(
        id=message_key(message),
        customer=customer,
        kind=message_type(message),
        text=own_words(Reading.of(message)),
        occurred_at=moment(message.get("timestamp")),
        message=message,
        direction="outbound" if outbound else "inbound",
        status=STATUSES.get((text(past.get("status")) or "").lower()) if outbound else None,
    )


def _is_ours(message: Json, past: Json, thread_id: Any, ours: str) -> bool:
    """Whether the business wrote it: said outright, else told from the numbers."""
    said, writer = past.get("from_me"), _digits(message.get("from"))
    if isinstance(said, bool):
        return said
    if writer and any(same_number(writer, one) for one in (ours, _digits(thread_id))):
        return same_number(writer, ours)
    return bool(message.get("to") or message.get("to_user_id"))


STATUSES: dict[str, PastStatus] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "played",
    "error": "failed",
    "failed": "failed",
}
"""Meta's words for the past, in any letter case; others, such as pending, tell nothing."""

_FROM = ("from", "from_user_id")
_TO = ("to", "to_user_id")


def _to(message: Json, contacts: Mapping[str, Json]) -> Customer:
    return recipient(message, contact_of(message, _TO, contacts))


def _digits(value: Any) -> str:
    """A number in its digits, however Meta writes it."""
    found = text(value)
    return canonical_id(found) if found else ""
