"""Walks a Meta webhook body: one typed item for every message, status, change and broken piece.

Any JSON value is accepted, nothing raises, and one bad item never hides its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import Any

from shared.whatsapp.items import status_subject
from shared.wire.body import Json, PayloadError, loads
from shared.wire.customer import canonical_id, spellings
from shared.wire.fields import listed, moment, obj, objects, text
from shared.wire.scan import first
from shared.wire.sizes import CHANGES, beside

__all__ = [
    "Beyond",
    "Broken",
    "Item",
    "MessageItem",
    "OtherChange",
    "PayloadError",
    "StatusItem",
    "Walk",
    "guess_phone",
    "guess_waba",
    "loads",
    "walk",
]

WABA_OBJECT = "whatsapp_business_account"


@dataclass(frozen=True, slots=True)
class Item:
    """Where an item stood: its path in the body, and the ids that name its tenant, if there."""

    path: str
    waba_id: str | None
    phone_number_id: str | None


@dataclass(frozen=True, slots=True)
class MessageItem(Item):
    """One element of `messages[]`, with the contact that is its sender."""

    message: Json
    contact: Json | None
    metadata: Json


@dataclass(frozen=True, slots=True)
class StatusItem(Item):
    """One element of `statuses[]` about a message, with the contact that is its recipient."""

    status: Json
    contact: Json | None
    metadata: Json


@dataclass(frozen=True, slots=True)
class OtherChange(Item):
    """Neither message nor a message's status: another field, account errors, another product.

    So is a status of a call or a payment among those of messages; STATUS_FIELDS names its field.
    `told_at`: the time of its entry, which only such changes have (contracts/meta.md b.0).
    """

    field: str | None
    value: Json
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Broken(Item):
    """A piece that is not what its place asks for; kept so that it can be seen and counted."""

    why: str
    value: Any


@dataclass(frozen=True, slots=True)
class Beyond(Item):
    """A change, or the rest of a body, of which `items` were not read: too many stand before."""

    items: int


AnyItem = MessageItem | StatusItem | OtherChange | Broken | Beyond


@dataclass(frozen=True, slots=True)
class Walk:
    """All items of one body, in the body's order."""

    items: tuple[AnyItem, ...]

    @property
    def messages(self) -> list[MessageItem]:
        """The messages alone."""
        return [item for item in self.items if isinstance(item, MessageItem)]

    @property
    def statuses(self) -> list[StatusItem]:
        """The statuses alone."""
        return [item for item in self.items if isinstance(item, StatusItem)]

    @property
    def others(self) -> list[OtherChange]:
        """The changes that are neither."""
        return [item for item in self.items if isinstance(item, OtherChange)]

    @property
    def broken(self) -> list[Broken]:
        """The pieces that could not be read."""
        return [item for item in self.items if isinstance(item, Broken)]


def walk(body: Any, most: int | None = None) -> Walk:
    """Give every item over entry x changes x messages and statuses, in order.

    Entries of different accounts and numbers may share a body (contracts/meta.md a.4), so each
    item carries its own ids. `most`: how many are read; of the changes behind them a Beyond tells.
    """
    items: list[AnyItem] = []
    beyond: list[Beyond] = []
    untold = 0
    for where, count, found in _body(body):
        some = [*islice(found, None if most is None else most - len(items))]
        items += some
        if len(some) < count and len(beyond) < CHANGES:
            left = count - len(some)
            beyond.append(Beyond(where.path, where.waba_id, where.phone_number_id, left))
        else:
            untold += count - len(some)
    rest = [Beyond("body", None, None, untold)] if untold else []
    return Walk((*items, *beyond, *rest))


def guess_phone(raw: bytes) -> str | None:
    """The first phone number id of a body whose signature is not yet checked.

    It may only choose the secret to check with; until then nothing in the body is believed.
    """
    return first(raw, "entry", "changes", "value", "metadata", "phone_number_id")


def guess_waba(raw: bytes) -> str | None:
    """The same of the business account's id."""
    return first(raw, "entry", "id")


_Place = tuple[Item, int, Iterator[AnyItem]]
"""A change, or what is none: whose it is, how many items it has, and these."""


def _body(body: Any) -> Iterator[_Place]:
    if not isinstance(body, dict):
        yield _alone(Broken("body", None, None, "not an object", body))
        return
    product = body.get("object")
    if product is not None and product != WABA_OBJECT:
        yield _alone(OtherChange("body", None, None, text(product), body))
        return
    for path, entry in elements("entry", body.get("entry"), required=True):
        if isinstance(entry, dict):
            yield from _entry(path, entry)
        else:
            yield _alone(Broken(path, None, None, "not an object", entry))


def _alone(item: AnyItem) -> _Place:
    return item, 1, iter((item,))


def _entry(path: str, entry: Json) -> Iterator[_Place]:
    waba_id, told_at = text(entry.get("id")), moment(entry.get("time"))
    for place, change in elements(f"{path}.changes", entry.get("changes"), required=True):
        value = change.get("value") if isinstance(change, dict) else None
        if isinstance(change, dict) and isinstance(value, dict):
            yield _change(place, waba_id, change.get("field"), value, told_at)
        else:
            yield _alone(Broken(place, waba_id, None, "not a change with a value", change))


def _change(
    path: str, waba_id: str | None, field: Any, value: Json, told_at: datetime | None
) -> _Place:
    phone_number_id = _phone_number_id(value)
    ours = field in ("messages", None)
    count = sum(len(listed(value.get(key))) for key, _, _ in _LISTS) if ours else 0
    found = _messages_and_statuses(path, waba_id, value) if count else iter(())
    if count and not value.get("errors"):
        return Item(path, waba_id, phone_number_id), count, found
    whole = OtherChange(path, waba_id, phone_number_id, text(field), value, told_at)
    return whole, count + 1, chain(found, (whole,))


def _messages_and_statuses(path: str, waba_id: str | None, value: Json) -> Iterator[AnyItem]:
    phone_number_id, metadata = _phone_number_id(value), beside(obj(value.get("metadata")))
    cards = [*map(beside, objects(value.get("contacts")))]
    contacts, lone = contacts_by_id(cards), _lone_contact(value, cards)
    for key, make, id_keys in _LISTS:
        for place, item in elements(f"{path}.{key}", value.get(key)):
            if key == "statuses" and isinstance(item, dict) and status_subject(item):
                yield _other_status(place, waba_id, phone_number_id, item, metadata)
            elif isinstance(item, dict):
                contact = contact_of(item, id_keys, contacts) or (
                    None if _ids(item, id_keys) else lone
                )
                yield make(place, waba_id, phone_number_id, item, contact, metadata)
            else:
                yield Broken(place, waba_id, phone_number_id, "not an object", item)


def _other_status(
    path: str, waba_id: str | None, phone_number_id: str | None, status: Json, metadata: Json
) -> OtherChange:
    field = STATUS_FIELDS.get(status_subject(status) or "", OTHER_STATUSES)
    value: Json = {"metadata": metadata, "statuses": [status]}
    return OtherChange(path, waba_id, phone_number_id, field, value)


OTHER_STATUSES = "statuses"
STATUS_FIELDS = {"call": "calls"}
"""The field under which a status is told that is no message's; of other subjects OTHER_STATUSES."""

_LISTS: tuple[tuple[str, type[MessageItem | StatusItem], tuple[str, ...]], ...] = (
    ("messages", MessageItem, ("from", "from_user_id", "from_parent_user_id")),
    (
        "statuses",
        StatusItem,
        (
            *("recipient_id", "recipient_user_id", "recipient_participant_id"),
            *("recipient_participant_user_id", "recipient_parent_user_id"),
            "parent_recipient_user_id",
        ),
    ),
)
"""Where items are, what they become, and the members that name their contact (never its index)."""


def contacts_by_id(contacts: Any) -> dict[str, Json]:
    """The contacts of a value by each of their ids."""
    by_id: dict[str, Json] = {}
    for contact in objects(contacts):
        for one in _ids(contact, ("wa_id", "user_id", "parent_user_id")):
            by_id.setdefault(one, contact)
    return by_id


def contact_of(item: Json, keys: Iterable[str], contacts: Mapping[str, Json]) -> Json | None:
    """The contact whose id is one of those that the item has under `keys`.

    A number may be written in two ways in one body: with a plus or with blanks, and as its country
    had it before (contracts/meta.md b.0).
    """
    ids = _ids(item, keys)
    also = (other for one in ids for other in spellings(one))
    return next((contacts[one] for one in (*ids, *also) if one in contacts), None)


def _lone_contact(value: Json, contacts: list[Json]) -> Json | None:
    """The one contact of the one item: whose it is when the item itself names nobody."""
    items = objects(value.get("messages"))
    alone = len(contacts) == len(items) == 1 and not value.get("statuses")
    return contacts[0] if alone else None


def _ids(item: Json, keys: Iterable[str]) -> list[str]:
    return [canonical_id(found) for key in keys if (found := text(item.get(key)))]


def _phone_number_id(value: Json) -> str | None:
    return text(obj(value.get("metadata")).get("phone_number_id"))


def elements(path: str, value: Any, *, required: bool = False) -> Iterator[tuple[str, Any]]:
    """Elements of a list with their paths; anything else counts as a list of that one thing."""
    if isinstance(value, list):
        yield from ((f"{path}[{index}]", element) for index, element in enumerate(value))
    elif value is not None or required:
        yield path, value
