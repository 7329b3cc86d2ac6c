"""WhatsApp to Genesys: one message item becomes one or more Open Messaging bodies, in order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.genesys.build import (
    TEXT_LIMIT,
    Attachment,
    ButtonResponse,
    open_message,
    person,
    structured_response,
)
from shared.transforms.inbound_attributes import attributes_of
from shared.transforms.inbound_context import ALONE, Context, File, Missing, Quote, Reading, Tap
from shared.transforms.inbound_files import late_words
from shared.transforms.inbound_types import opens_window, own_words, sent_words, words_beside
from shared.transforms.parts import Part, part_id
from shared.transforms.text import cut, each_piece
from shared.whatsapp.items import Customer, message_key, message_time, message_type
from shared.wire.body import Json, PayloadError
from shared.wire.words import visible

__all__ = ["Context", "File", "Inbound", "Missing", "Quote", "Tap", "late_file", "to_genesys"]


@dataclass(frozen=True, slots=True)
class Inbound:
    """What the agent will see: `parts` as they are sent, never none.

    `text` is what the message itself says, for the history. `opens_window` says whether Meta
    lets the business answer freely for 24 hours after it.
    """

    kind: str
    text: str
    parts: tuple[Part, ...]
    opens_window: bool


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
    reading, source_id = Reading.of(message, context, file), message_key(message)
    envelope = _envelope(message, customer, received_at, attributes or {})
    attached = file if isinstance(file, File) and file.fits else None
    parts: tuple[Part, ...]
    if context.tap is not None:
        parts = (_answer(envelope, source_id, context.tap, sent_words(reading)),)
    elif attached is not None:
        parts = _parts(envelope, source_id, words_beside(reading), attached)
    else:
        parts = _parts(envelope, source_id, sent_words(reading))
    return Inbound(message_type(message), own_words(reading), parts, opens_window(message))


def late_file(
    message: Json, customer: Customer, *, received_at: datetime, file: File | Missing
) -> Inbound:
    """Translate the file that comes after its message was shown without it, or why it never will.

    Raises PayloadError as `to_genesys` does.
    """
    envelope = _envelope(message, customer, received_at, {})
    attached = file if isinstance(file, File) and file.fits else None
    words = late_words(message, file)
    parts = _parts(envelope, f"{message_key(message)}{LATE}", words, attached)
    return Inbound(message_type(message), words, parts, opens_window=False)


LATE = "#file"
"""What the id of a late file has after its message's own."""


@dataclass(frozen=True, slots=True)
class _Envelope:
    """What every body of one message has in common."""

    sender: Json
    time: datetime
    attributes: dict[str, str]

    def message(self, id_: str, text: str | None, file: File | None = None) -> Json:
        return open_message(
            self.sender,
            message_id=id_,
            time=self.time,
            text=text,
            attachment=_attachment(file) if file else None,
            attributes=self.attributes,
        )

    def answer(self, id_: str, tap: Tap, text: str) -> Json:
        return structured_response(
            self.sender,
            message_id=id_,
            time=self.time,
            originating_id=tap.originating_id,
            button=ButtonResponse(type=tap.type, text=text, payload=tap.payload or text),
            attributes=self.attributes,
        )


def _envelope(
    message: Json, customer: Customer, received_at: datetime, attributes: Mapping[str, str]
) -> _Envelope:
    if customer.id is None:
        raise PayloadError("the message names no sender: neither a number nor a user id")
    return _Envelope(
        sender=person(customer.id, customer.name or customer.username),
        time=message_time(message, received_at),
        attributes=attributes_of(message, customer, attributes),
    )


def _parts(
    envelope: _Envelope, source_id: str, words: str, file: File | None = None
) -> tuple[Part, ...]:
    """The pieces of the words; the file goes with the first."""
    pieces: list[str | None] = [*each_piece(words, TEXT_LIMIT)]
    return tuple(
        Part(number, id_, envelope.message(id_, piece, file if number == 1 else None))
        for number, piece in enumerate(pieces or [None], start=1)
        if (id_ := part_id(source_id, number))
    )


def _attachment(file: File) -> Attachment:
    return Attachment(file.url, file.mime, file.media_type, file.filename, file.sha256)


def _answer(envelope: _Envelope, source_id: str, tap: Tap, words: str) -> Part:
    """The tap as an answer to what the bot offered, and as plain text in case it is refused."""
    text = tap.text if visible(tap.text) else words
    return Part(
        1,
        source_id,
        envelope.answer(source_id, tap, text),
        endpoint="structured",
        instead=envelope.message(source_id, cut(words, TEXT_LIMIT)),
    )
