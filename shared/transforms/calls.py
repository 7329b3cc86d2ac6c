"""Calls: nobody takes them here, but a customer's opens Meta's window as a message does.

contracts/meta.md (g); what else happens to a call, or one that the business made, is a note alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from shared.transforms.account_notes import NOTES
from shared.transforms.echoes import HistoryMessage
from shared.transforms.notes import Note, first_of, unreadable
from shared.whatsapp.items import message_key, sender
from shared.whatsapp.payloads import contact_of, contacts_by_id
from shared.wire.body import Json
from shared.wire.customer import canonical_id, same_number
from shared.wire.fields import moment, obj, objects, text
from shared.wire.sizes import most_of

KIND = "call"
WORDS = "[the customer called]"


def read_calls(value: Json) -> Iterator[HistoryMessage | Note]:
    """A line of history for each call that a customer began, by its own id; a note for them all."""
    contacts = contacts_by_id(value.get("contacts"))
    ours = canonical_id(text(obj(value.get("metadata")).get("display_phone_number")) or "")
    calls, more = first_of(objects(value.get("calls")), most_of(value))
    for call in calls:
        customer = sender(call, contact_of(call, _FROM, contacts))
        if customer.id is not None and _begun_by_customer(call, ours):
            yield HistoryMessage(
                id=message_key(call),
                customer=customer,
                kind=KIND,
                text=WORDS,
                occurred_at=moment(call.get("timestamp")),
                message=call,
                direction="inbound",
            )
    yield NOTES["calls"].note("calls", value)
    if more:
        yield unreadable("calls", more)


_FROM = ("from", "from_user_id")


def _begun_by_customer(call: Json, ours: str) -> bool:
    """Said outright, else told from the numbers."""
    if (text(call.get("event")) or "").strip().lower() != "connect":
        return False
    said = (text(call.get("direction")) or "").strip().upper()
    if said:
        return said == "USER_INITIATED"
    return bool(ours) and not same_number(text(call.get("from")) or "", ours)
