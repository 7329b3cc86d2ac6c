"""Genesys to WhatsApp: one webhook body becomes Graph bodies, a refusal in words, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from shared.genesys.build import Reason
from shared.genesys.payloads import OutboundMessage
from shared.transforms.outbound_files import Attachment, WaFile, attachments
from shared.transforms.outbound_types import content_type, shown
from shared.transforms.parts import Part, part_id
from shared.transforms.text import split
from shared.whatsapp.build import TEXT_LIMIT, address, text_message
from shared.whatsapp.build import message as message_body
from shared.wire.body import Json, PayloadError

__all__ = [
    "Attachment",
    "Fallback",
    "Ignored",
    "Option",
    "Outbound",
    "Refusal",
    "Typing",
    "WaFile",
    "attachments",
    "fallback",
    "quoted_message",
    "to_whatsapp",
]


@dataclass(frozen=True, slots=True)
class Refusal:
    """What cannot be sent: the code and the words of the Failed receipt for the agent."""

    reason: Reason
    words: str


@dataclass(frozen=True, slots=True)
class Option:
    """What the customer can choose, and what Genesys is told when they do."""

    text: str
    payload: str
    type: Literal["Button", "QuickReply", "DatePicker"]


@dataclass(frozen=True, slots=True)
class Outbound:
    """What the customer will see; never without a part.

    `skipped` names content kinds that held nothing to show, `options` are what can be tapped or
    answered by number, in order (the first is number 1 of `option_id`), and `lost` is what could
    not be sent although the rest can.
    """

    kind: str
    text: str
    parts: tuple[Part, ...]
    skipped: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    lost: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing is to be sent, and nobody need be told: typing, presence, receipts, echoes."""

    why: str


@dataclass(frozen=True, slots=True)
class Typing(Ignored):
    """The agent is typing: nothing to send, but the customer may be shown it."""

    why: str = "typing"


def to_whatsapp(  # noqa: PLR0913  each names one fact of the claim
    message: OutboundMessage,
    customer: str | None,
    *,
    source_id: str | None = None,
    tracking_id: str | None = None,  # noqa: ARG001
    callback: Callable[[int], str] | None = None,
    reply_to: str | None = None,
    files: Mapping[int, WaFile | Refusal] = MappingProxyType({}),  # noqa: ARG001
) -> Outbound | Refusal | Ignored:
    """Translate a webhook body for the canonical customer id (None: not known).

    `callback` gives each part's biz_opaque_callback_data by its number; `reply_to` is a wamid that
    the first part quotes; `source_id` names the parts where it is not Genesys' own id.
    `tracking_id` names the message in the ids of its options. `files` says what became of each of
    `attachments(message)` by its number; one that is not there is shown by its name.
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


def quoted_message(message: OutboundMessage) -> str | None:
    """Genesys' id of the message that the agent replies to, when the body says."""
    return next(iter(message.related_ids), None)


@dataclass(frozen=True, slots=True)
class Fallback:
    """A tenant's template for a closed window; `{text}` in a parameter is the agent's text."""

    name: str
    language: str
    parameters: tuple[str, ...] = ("{text}",)


def fallback(
    customer: str,
    template: Fallback,
    text: str,
    *,
    source_id: str,
    callback: Callable[[int], str] | None = None,
) -> Outbound:
    """The template that stands for a text which cannot go out freely.

    Raises PayloadError when the template's name or the customer cannot be sent.
    """
    words = " ".join(text.split())[:600]
    parameters = [one.replace("{text}", words) or "-" for one in template.parameters]
    content: Json = {
        "name": template.name,
        "language": {"code": template.language},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": one} for one in parameters]}
        ],
    }
    body = message_body(customer, "template", content, callback=callback(1) if callback else None)
    return Outbound("Template", text, (Part(1, part_id(source_id, 1), body),))


def _ignored(message: OutboundMessage) -> Ignored | None:
    if message.type == "Event" and message.is_typing and message.direction != "Inbound":
        return Typing()
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
