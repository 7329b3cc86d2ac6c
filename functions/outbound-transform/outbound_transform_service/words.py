"""What of an agent's message is written down and told: claims, our own refusals, their reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from shared.genesys.build import open_address
from shared.genesys.payloads import OutboundMessage
from shared.messaging.envelope import Event
from shared.messaging.outcomes import SendError
from shared.services.fields import MAX_ID as LONGEST_ID
from shared.services.route import Route
from shared.services.state import ClaimRequest
from shared.transforms.outbound import Ignored, Option, Outbound, Refusal, quoted_message
from shared.transforms.receipts import receipt_to
from shared.wire.body import Json
from shared.wire.sizes import TEXT

NOBODY = "nobody"  # stands for the customer of a message that names none
MAX_ID = 255  # characters of an id or a typed address that are kept

SUSPENDED = Refusal("MessageNotAllowed", "This channel is switched off. Ask your administrator.")
NO_LONGER_THEIRS = Refusal(
    "InvalidDestination",
    "The customer's number belongs to somebody else now, and no other address of theirs is known: "
    "nothing was sent. Wait until the customer writes.",
)
EXPIRED = Refusal(
    "MessageExpired",
    "The customer has not written for 24 hours, so WhatsApp takes only templates. Send a template, "
    "or wait until the customer writes.",
)
NOTHING_TO_SEND = "There is nothing in the message to send. Write a text, or attach a file."
NO_TEMPLATE = Refusal(
    "InvalidMessageStructure",
    "The template for customers who have not written for 24 hours can not be sent. "
    "Tell your administrator.",
)
FILE_EXPIRED = Refusal(
    "MessageExpired",
    "The customer has not written for 24 hours: a template was sent in place of your text, "
    "without its files. Send the files once the customer has answered.",
)


def claim_of(
    event: Event,
    route: Route,
    message: OutboundMessage,
    customer: str | None,
    shown: Outbound | Refusal,
) -> ClaimRequest:
    """The claim of a message that is shown as `shown`; its options are kept for the taps."""
    known = customer or (message.to_id or message.conversation_id or NOBODY)[:MAX_ID]
    about = quoted_message(message)
    content: dict[str, Any] = {"text": (message.text or "")[:TEXT]}
    if isinstance(shown, Outbound):
        options = [_option(option) for option in shown.options]
        content = {"text": shown.text, **({"options": options} if options else {})}
    return ClaimRequest(
        tenant_id=route.tenant_id,
        channel_id=route.channel_id,
        direction="outbound",
        source_id=event.subject or event.id,
        customer=known,
        wa_id=customer if customer is not None and customer.isdecimal() else None,
        bsuid=customer if customer is not None and not customer.isdecimal() else None,
        conversation_id=conversation_of(message),
        kind=message.type,
        content=content,
        occurred_at=event.time,
        event_id=event.id,
        raw_ref=route.raw_ref,
        reply_to=about if about and len(about) <= LONGEST_ID else None,
        receipt_to=_receipt_to(message, customer, known),
    )


def _option(option: Option) -> Json:
    """An option as it is kept; most were not shown by number."""
    return {name: value for name, value in asdict(option).items() if value is not False}


def _receipt_to(message: OutboundMessage, customer: str | None, known: str) -> Json | None:
    """The address as Genesys wrote it; None for nearly all: it is the one that we gave."""
    to = receipt_to(message.to_id, message.channel.to.id_type, customer)
    if to is None or len(to["id"]) > LONGEST_ID or to == open_address(known):
        return None
    return to


def conversation_of(message: OutboundMessage) -> str | None:
    """The conversation's id, unless it is nothing that state could keep or look for."""
    named = message.conversation_id
    return named if named and len(named) <= MAX_ID and named.isprintable() else None


def refused_here(*refusals: Refusal | Ignored) -> SendError:
    """Our own refusals in the shape of a provider's: one reason, all the words."""
    first = refusals[0]
    reason = first.reason if isinstance(first, Refusal) else "GeneralError"
    said = [one.words if isinstance(one, Refusal) else NOTHING_TO_SEND for one in refusals]
    words = " ".join(dict.fromkeys(said))
    return SendError(
        provider_code="not_sendable",
        title="Not something that WhatsApp can be sent",
        detail=words,
        action="never",
        retryable=False,
        reason=reason,
        agent_words=words,
        operator_words="It was refused before it was sent; the words say why.",
    )


def lost(refusals: Sequence[Refusal]) -> SendError | None:
    """What the agent is told of the pieces that could not be sent beside the others."""
    return refused_here(*refusals) if refusals else None
