"""What state is asked for a customer's message: the claim, who they are, what it is about."""

from __future__ import annotations

from dataclasses import dataclass

from shared.messaging.envelope import Event
from shared.services.fields import MAX_ID
from shared.services.route import Route
from shared.services.state import Claim, ClaimRequest, Quoted
from shared.transforms.inbound import Context, Inbound, Quote, Tap
from shared.transforms.outbound_again import original_id
from shared.whatsapp.items import (
    Customer,
    message_key,
    message_time,
    message_type,
    refers_to,
    tapped,
)
from shared.whatsapp.options import MAX_DIGITS
from shared.wire.body import Json
from shared.wire.fields import obj, text


def claim_of(
    event: Event, route: Route, message: Json, customer: Customer, shown: Inbound
) -> ClaimRequest:
    """The claim of a message that is shown as `shown`."""
    about, option = refers_to(message), tapped(message)
    return ClaimRequest(
        tenant_id=route.tenant_id,
        channel_id=route.channel_id,
        direction="inbound",
        source_id=message_key(message),
        customer=customer.id or "",
        wa_id=customer.wa_id,
        bsuid=customer.bsuid,
        profile_name=customer.name,
        kind=shown.kind,
        content={"text": shown.text},
        occurred_at=message_time(message, route.received_at),
        event_id=event.id,
        raw_ref=route.raw_ref,
        reply_to=about if about and len(about) <= MAX_ID else None,
        tapped=option[0] if option else None,
        opens_window=shown.opens_window,
        resend_unknown_after=0,  # same messageId and time: contracts/genesys.md (b9)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known(Customer):
    """A customer under the name that never changes, with the addresses of now."""

    canonical: str

    @property
    def id(self) -> str:
        """The name, which may be a number that this person has no more."""
        return self.canonical


def known_as(customer: Customer, claim: Claim) -> Known:
    """The customer as state knows them, with the names that this message tells."""
    return Known(
        wa_id=claim.wa_id,
        bsuid=claim.bsuid,
        name=customer.name,
        username=customer.username,
        canonical=claim.customer,
    )


def context_of(message: Json, claim: Claim) -> Context:
    """What state knows of the message that this one answers, quotes or taps."""
    quoted = claim.quoted
    if quoted is None:
        return Context()
    quote = Quote(quoted.text or "", by_customer=quoted.direction == "inbound")
    return Context(quote=quote, tap=_tap(message, quoted))


def _typed(message: Json, quoted: Quoted) -> int:
    """The number that a reply holds alone, when it stood before an option; else 0.

    It is taken only where it can mean nothing else: no other option is that number itself.
    """
    words = (text(obj(message.get("text")).get("body")) or "").strip().removesuffix(".")
    number = int(words) if words.isdecimal() and len(words) <= MAX_DIGITS else 0
    if message_type(message) != "text" or not 0 < number <= len(quoted.options):
        return 0
    others = [one for place, one in enumerate(quoted.options, 1) if place != number]
    means_another = words in [(text(one.get("text")) or "").strip() for one in others]
    return number if quoted.options[number - 1].get("numbered") and not means_another else 0


def _tap(message: Json, quoted: Quoted) -> Tap | None:
    """The option as it was offered; None when it is not one of the quoted message."""
    tracking_id, number = tapped(message) or (quoted.tracking_id, _typed(message, quoted))
    if tracking_id != quoted.tracking_id or not 0 < number <= len(quoted.options):
        return None
    option = quoted.options[number - 1]
    words, payload = text(option.get("text")) or "", text(option.get("payload")) or ""
    match option.get("type"):
        case "Button" | "QuickReply" | "DatePicker" as kind:
            return Tap(original_id(quoted.source_id), kind, words, payload)
        case _:
            return None
