"""Genesys to WhatsApp: one webhook body becomes Graph bodies, a refusal in words, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.genesys.build import Reason
from shared.genesys.payloads import OutboundMessage
from shared.transforms.outbound_types import content_type, shown
from shared.transforms.parts import Part, part_id
from shared.transforms.text import split
from shared.whatsapp.build import TEXT_LIMIT, address, text_message
from shared.wire.body import Json, PayloadError


@dataclass(frozen=True, slots=True)
class Outbound:
    """What the customer will see. `skipped` names content kinds that held nothing to show."""

    kind: str
    text: str
    parts: tuple[Part, ...]
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing can be sent: the code and the words of the Failed receipt for the agent."""

    reason: Reason
    words: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing is to be sent, and nobody need be told: typing, presence, receipts, echoes."""

    why: str


def to_whatsapp(
    message: OutboundMessage,
    customer: str | None,
    *,
    source_id: str | None = None,
    callback: Callable[[int], str] | None = None,
    reply_to: str | None = None,
) -> Outbound | Refusal | Ignored:
    """Translate a webhook body for the canonical customer id (None: not known).

    `callback` gives each part's biz_opaque_callback_data by its number; `reply_to` is a wamid that
    the first part quotes; `source_id` names the parts where it is not Genesys' own id.
    """
    ignored = _ignored(message)
    if ignored is not None:
        return ignored
    refusal = _unaddressed(customer)
    if customer is None or refusal is not None:
        return refusal or NO_ADDRESS
    text, skipped = _text(message)
    if text is None:
        return _empty(message, skipped)
    parts = [
        Part(
            number,
            part_id(source_id or message.message_id or "", number),
            text_message(
                customer,
                piece,
                reply_to=reply_to if number == 1 else None,
                callback=callback(number) if callback else None,
            ),
        )
        for number, piece in enumerate(split(text, TEXT_LIMIT), start=1)
    ]
    return Outbound(message.type, text, tuple(parts), skipped)


def _ignored(message: OutboundMessage) -> Ignored | None:
    if message.type in ("Event", "Receipt"):
        return Ignored(message.type.lower())
    if message.direction == "Inbound":
        return Ignored("an echo of the customer's own message")
    return None


NO_ADDRESS = Refusal(
    "InvalidDestination",
    "The message names no customer: give a WhatsApp number with its country code.",
)


def _unaddressed(customer: str | None) -> Refusal | None:
    if customer is None:
        return NO_ADDRESS
    try:
        address(customer)
    except PayloadError as error:
        return Refusal("InvalidDestination", f"Not sent: {error}.")
    return None


def _text(message: OutboundMessage) -> tuple[str | None, tuple[str, ...]]:
    """The whole text, and the kinds of content that gave none."""
    own = message.text if message.text and message.text.strip() else None
    lines, skipped = [own] if own else [], []
    for content in _content(message):
        if own and content_type(content) == "Notification":
            continue  # the text already is the rendered template
        line = shown(content)
        lines.append(line) if line else skipped.append(content_type(content))
    return "\n".join(lines) or None, tuple(skipped)


def _content(message: OutboundMessage) -> list[Json]:
    picker = message.date_picker
    return [*message.content, *([{"datePicker": picker}] if picker else [])]


def _empty(message: OutboundMessage, skipped: tuple[str, ...]) -> Refusal:
    if skipped or message.type == "unknown":
        kinds = ", ".join(skipped) or message.raw_type or "unknown"
        return Refusal(
            "UnsupportedMessage", f"WhatsApp cannot show this kind of message: {kinds[:100]}."
        )
    return Refusal("InvalidMessageStructure", "The message is empty: nothing was sent.")
