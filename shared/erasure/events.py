"""One person's part of an event, of any kind that waits in a queue, a row or the spool."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any

import orjson

from shared.erasure.cut import cut, cut_value, theirs
from shared.erasure.marks import Marks
from shared.genesys.payloads import customer_address, read
from shared.messaging.envelope import Event, EventType
from shared.wire.fields import moment, obj, text

NOBODY_ELSE: frozenset[str] = frozenset()


def without(event: Event, marks: Marks, others: frozenset[str] = NOBODY_ELSE) -> Event | None:
    """The event without the person: itself, a smaller one, or None when nothing is left of it.

    `others`: ids of messages that are somebody else's whatever number they came from.
    """
    match event.type:
        case EventType.GENESYS_MESSAGE | EventType.GENESYS_BURIED:
            return None if from_genesys(event.data.get("message"), marks, others) else event
        case EventType.WHATSAPP_CHANGE:
            part = cut_value(event.data.get("value"), marks, others)
            if not part.removed:
                return event
            return None if part.left is None else _with(event, value=part.left)
        case EventType.RAW:
            return _raw(event, marks, others)
        case _:
            item = event.data.get("message", event.data.get("status"))
            return None if isinstance(item, dict) and _one(event, item, marks, others) else event


def _one(event: Event, item: dict[str, Any], marks: Marks, others: frozenset[str]) -> bool:
    whose = theirs(item, marks, others)
    if whose is not None:
        return whose
    contact = obj(event.data.get("contact"))  # of a message that names nobody itself
    return text(item.get("id")) not in others and bool(theirs(contact, marks, others))


def received_at(event: Event) -> datetime:
    """When it reached us; of an event that does not say, the provider's time."""
    return moment(event.data.get("received_at")) or event.time


def from_genesys(body: Any, marks: Marks, others: frozenset[str] = NOBODY_ELSE) -> bool:
    """Whether a body that Genesys posted is about the person."""
    message = read(body)
    ids = [one for one in (message.id, message.channel.message_id) if one]
    if any(marks.has("message", one) for one in ids):
        return True
    for end in (message.to_id, message.channel.sender.id):
        named = customer_address(end) or end
        if marks.has("name", named):
            return True
        if marks.has("address", named):
            return not others.intersection(ids)
    return message.to_id is None and marks.has("conversation", message.conversation_id)


def _raw(event: Event, marks: Marks, others: frozenset[str]) -> Event | None:
    try:
        body = orjson.loads(base64.b64decode(str(event.data.get("body_base64")), validate=True))
    except (binascii.Error, ValueError):
        return event
    if not isinstance(body, dict) or "entry" not in body:
        return None if from_genesys(body, marks, others) else event
    part = cut(body, marks, others)
    if not part.removed:
        return event
    if part.left is None:
        return None
    return _with(event, body_base64=base64.b64encode(orjson.dumps(part.left)).decode())


def _with(event: Event, **data: Any) -> Event:
    return event.model_copy(update={"data": {**event.data, **data}})
