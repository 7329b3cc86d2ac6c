"""Genesys to WhatsApp: one webhook body becomes Graph bodies, a refusal in words, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType

from shared.genesys.payloads import OutboundMessage
from shared.transforms.outbound_blocks import Lost, Option, Refusal
from shared.transforms.outbound_content import blocks, pictures
from shared.transforms.outbound_files import Attachment, Linked, WaFile, attachments
from shared.transforms.outbound_render import Content, Offer, render, shown_file
from shared.transforms.outbound_size import TOO_MANY_PARTS, too_large
from shared.transforms.outbound_text import joined, pieces, within
from shared.transforms.parts import Part, ShownFile, part_id
from shared.whatsapp import limits
from shared.whatsapp.build import address
from shared.whatsapp.build import message as message_body
from shared.whatsapp.template import clean, component, template_content, text_parameter
from shared.wire.body import Json, PayloadError
from shared.wire.sizes import PARTS

__all__ = [
    "Attachment",
    "Callback",
    "Fallback",
    "Ignored",
    "Linked",
    "Option",
    "Outbound",
    "Refusal",
    "Typing",
    "WaFile",
    "attachments",
    "fallback",
    "pictures",
    "quoted_message",
    "to_whatsapp",
]


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
    """Nothing is to be sent, and nobody need be told: presence, receipts, echoes."""

    why: str


@dataclass(frozen=True, slots=True)
class Typing(Ignored):
    """The agent is typing: nothing to send, but the customer may be shown it."""

    why: str = "typing"


Callback = Callable[[int, ShownFile | None], str]
"""Gives a part's biz_opaque_callback_data by its number, and the file that it shows."""

NO_TRACKING = "00000000-0000-0000-0000-000000000000"
"""Stands in the ids of options when a message is translated for its words alone."""


def to_whatsapp(  # noqa: PLR0913  each names one fact of the claim
    message: OutboundMessage,
    customer: str | None,
    *,
    source_id: str | None = None,
    tracking_id: str | None = None,
    callback: Callback | None = None,
    reply_to: str | None = None,
    files: Mapping[int, WaFile | Linked | Refusal] = MappingProxyType({}),
    unfit: frozenset[str] = frozenset(),
) -> Outbound | Refusal | Ignored:
    """Translate a webhook body for the canonical customer id (None: not known).

    `callback` gives each part's biz_opaque_callback_data; `reply_to` is a wamid that the first part
    quotes; `source_id` names the parts where it is not Genesys' own id. `tracking_id` names the
    message in the ids of its options. `files` says what became of each of `attachments(message)`
    by its number; one that is not there is shown by its name and address.
    `unfit`: links of `pictures(message)` that Meta would not show.
    """
    ignored = _ignored(message) or too_large(message)
    if ignored is not None:
        return ignored
    refusal = _unaddressed(customer)
    if customer is None or refusal is not None:
        return refusal or NO_ADDRESS
    found, skipped = blocks(message, files, unfit)
    offer = Offer(tracking_id or NO_TRACKING)
    made = (
        (content, shown_file(block, content)) for block in found for content in render(block, offer)
    )
    contents = [*islice(made, PARTS + 1)]
    lost = tuple(block.refusal for block in found if isinstance(block, Lost))
    if len(contents) > PARTS:
        return TOO_MANY_PARTS
    if not contents:
        return next(iter(lost), None) or _empty(message, skipped)
    text = joined(block.words for block in found)
    call = _Call(customer, source_id or message.message_id or "", callback, reply_to)
    parts = tuple(call.part(n, *one) for n, one in enumerate(contents, start=1))
    return Outbound(message.type, text, parts, skipped, tuple(offer.options), lost)


@dataclass(frozen=True, slots=True)
class _Call:
    """What the parts of one message have in common."""

    customer: str
    source_id: str
    callback: Callback | None = None
    reply_to: str | None = None

    def part(self, number: int, content: Content, shown: ShownFile | None = None) -> Part:
        """The body of a part around its content; only the first one quotes."""
        kind, inner = content
        body = message_body(
            self.customer,
            kind,
            inner,
            reply_to=self.reply_to if number == 1 else None,
            callback=self.callback(number, shown) if self.callback else None,
        )
        return Part(number, part_id(self.source_id, number), body)


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
    "It is not certain whom the message is for. Write a plus, the country code and the number.",
)


def _unaddressed(customer: str | None) -> Refusal | None:
    if customer is None:
        return NO_ADDRESS
    try:
        address(customer)
    except PayloadError:
        return NO_ADDRESS
    return None


def _empty(message: OutboundMessage, skipped: tuple[str, ...]) -> Refusal:
    if skipped or message.type == "unknown":
        kinds = ", ".join(skipped) or message.raw_type or "unknown"
        return Refusal(
            "UnsupportedMessage",
            f"WhatsApp cannot show this kind of message ({kinds[:100]}). Send a text or a file.",
        )
    return Refusal(
        "InvalidMessageStructure", "The message is empty. Write a text, or attach a file."
    )


def quoted_message(message: OutboundMessage) -> str | None:
    """Genesys' id of the message that the agent replies to, when the body says."""
    return next(iter(message.related_ids), None)


@dataclass(frozen=True, slots=True)
class Fallback:
    """A tenant's template for a closed window; `{text}` in a parameter is the agent's text.

    `parameters` fill the template's body in order; none for a template without variables.
    """

    name: str
    language: str
    parameters: tuple[str, ...] = ("{text}",)


FALLBACK_TEXT = 600
"""UTF-16 units of the agent's text in a template: the filled body has 1024, its own words too."""

FALLBACKS = 5
"""Templates in which one text may go, each of which is charged; the agent is told of the rest."""

TEXT_LEFT_OUT = Refusal(
    "MessageExpired",
    "The customer has not written for 24 hours: a template was sent in place of your text. "
    "Send the text again once the customer has answered.",
)


def fallback(
    customer: str,
    template: Fallback,
    text: str,
    *,
    source_id: str,
    callback: Callback | None = None,
    first: int = 1,
) -> Outbound:
    """The templates that stand for a text which cannot go out freely: the text on one line.

    A text that is too long for one goes in several, from part `first` on; what does not go at all
    is told in `lost`. Raises PayloadError for a template name or language that Meta cannot have,
    or a customer that cannot be addressed.
    """
    found, lost = [""], TEXT_LEFT_OUT
    if any("{text}" in one for one in template.parameters):
        found = pieces(clean(text), FALLBACK_TEXT)
        lost = _left_out(sum(map(len, found[FALLBACKS:])))
    call = _Call(customer, source_id, callback)
    parts = tuple(
        call.part(number, ("template", _filled(template, words)))
        for number, words in enumerate(found[:FALLBACKS], start=first)
    )
    left = lost is TEXT_LEFT_OUT or len(found) > FALLBACKS
    return Outbound("Template", text, parts, lost=(lost,) if left else ())


def _left_out(count: int) -> Refusal:
    return Refusal(
        "MessageExpired",
        "The customer has not written for 24 hours, so your text was sent in templates, without "
        f"its last {count} characters. Send these again once the customer has answered.",
    )


def _filled(template: Fallback, words: str) -> Json:
    values = [clean(one.replace("{text}", words)) for one in template.parameters]
    fitting = [text_parameter(within(value, limits.TEMPLATE_BODY)) for value in values]
    components = [component("body", fitting)] if fitting else []
    return template_content(template.name, template.language, components)
