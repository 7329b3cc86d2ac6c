"""WhatsApp to Genesys: one message item becomes one or more Open Messaging bodies, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.genesys.build import TEXT_LIMIT, open_message, person
from shared.transforms.inbound_context import ALONE, Context, File, Missing, Quote, Tap
from shared.transforms.inbound_types import shown
from shared.transforms.parts import Part, part_id
from shared.transforms.text import split
from shared.whatsapp.items import Customer, message_key, message_time, message_type
from shared.wire.body import Json, PayloadError

__all__ = [
    "Context",
    "File",
    "Inbound",
    "Missing",
    "Quote",
    "Tap",
    "late_file",
    "to_genesys",
]


@dataclass(frozen=True, slots=True)
class Inbound:
    """What the agent will see: `text` whole, `parts` as they are sent; never without a part.

    `opens_window` says whether Meta lets the business answer freely for 24 hours after it.
    """

    kind: str
    text: str
    parts: tuple[Part, ...]
    opens_window: bool = True


def to_genesys(
    message: Json,
    customer: Customer,
    *,
    received_at: datetime,
    attributes: Mapping[str, str] | None = None,
    context: Context = ALONE,
    file: File | Missing | None = None,
) -> Inbound:
    """Translate one element of `messages[]`; any type, known or not, becomes something readable.

    `received_at` stands in for a missing timestamp. The wamid is each body's `messageId` (with
    `#2`... for later parts), so that a repeated send carries the same one. Raises PayloadError
    when Meta named no customer at all.
    """
    if customer.id is None:
        raise PayloadError("the message names no sender: neither a number nor a user id")
    source_id, time = message_key(message), message_time(message, received_at)
    sender, text = person(customer.id, customer.name or customer.username), shown(message)
    parts = [
        Part(
            number,
            part_id(source_id, number),
            open_message(
                sender,
                message_id=part_id(source_id, number),
                time=time,
                text=piece,
                attributes=attributes,
            ),
        )
        for number, piece in enumerate(split(text, TEXT_LIMIT), start=1)
    ]
    return Inbound(message_type(message), text, tuple(parts))


def late_file(message: Json, customer: Customer, *, received_at: datetime, file: File) -> Inbound:
    """Translate the file that comes after its message was shown without it."""
    made = to_genesys(
        {**message, "id": f"{message_key(message)}#file"},
        customer,
        received_at=received_at,
        file=file,
    )
    return Inbound(made.kind, made.text, made.parts, opens_window=False)
