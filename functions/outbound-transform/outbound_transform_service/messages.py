"""An agent's message goes to the customer: address, claim, translate, send, write down.

Whatever ends a message without its being delivered is told to the agent by a Failed receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shared.genesys.payloads import OutboundMessage, read
from shared.messaging.envelope import Event
from shared.messaging.outcomes import SendError, SendOutcome
from shared.runtime.clock import utcnow
from shared.runtime.errors import NotFound
from shared.runtime.logging import logger
from shared.runtime.metrics import counter
from shared.services.callback import callback_data
from shared.services.delivery import WaApiClient
from shared.services.events import item_of
from shared.services.once import Delivery, Plan, deliver
from shared.services.patience import insist
from shared.services.receipts import Receipts
from shared.services.route import Route
from shared.services.state import Claim, ClaimRequest, StateClient
from shared.transforms.outbound import Ignored, Outbound, Refusal, to_whatsapp
from shared.transforms.parts import Part

log = logger()
MESSAGES = counter("outbound_messages", "Messages to customers by what became of them", ("fate",))

NOBODY = "nobody"  # stands for the customer of a message that names none
MAX_ID = 255  # characters of an id or a typed address that are kept

SUSPENDED = Refusal("MessageNotAllowed", "This channel is switched off: ask your administrator.")


@dataclass(frozen=True)
class Messages:
    """Takes message events. `give_up_after`: then a failure is final and the agent is told."""

    state: StateClient
    whatsapp: WaApiClient
    receipts: Receipts
    give_up_after: timedelta

    async def take(self, event: Event) -> str:
        """Deliver one message. Raises BadInput (never), Unavailable and Busy (try again)."""
        route, message = Route.of(event), read(item_of(event, "message"))
        customer = message.customer or await self._by_conversation(message, route)
        shown = _translate(event, message, customer)
        if isinstance(shown, Ignored):
            log.info("outbound_ignored", extra={"why": shown.why})
            return "ignored"
        delivery = await self._deliver(event, route, message, customer, shown)
        MESSAGES.labels(delivery.fate).inc()
        log.info(
            "outbound_message",
            extra={
                "fate": delivery.fate,
                "kind": message.type,
                "parts": delivery.parts,
                "code": None if delivery.error is None else delivery.error.provider_code,
            },
        )
        await self.receipts.settle(delivery.receipt, route)
        return delivery.fate

    async def _by_conversation(self, message: OutboundMessage, route: Route) -> str | None:
        """The customer of a message that only names its conversation, as the seeds have it."""
        named = _conversation(message)
        if named is None:
            return None
        ids = {"tenant_id": route.tenant_id, "channel_id": route.channel_id}
        try:
            known = await insist(lambda: self.state.conversation(named, **ids))
        except NotFound:
            return None
        return known.customer

    async def _deliver(
        self,
        event: Event,
        route: Route,
        message: OutboundMessage,
        customer: str | None,
        shown: Outbound | Refusal,
    ) -> Delivery:
        def build(claim: Claim) -> Plan:
            if isinstance(shown, Refusal):
                return _refused_here(shown)
            return _parts(event, message, claim)

        async def send(part: Part) -> SendOutcome:
            return await self.whatsapp.send(route.to_whatsapp(part.body))

        last_try = utcnow() - event.time > self.give_up_after
        request = _claim(event, route, message, customer, shown)
        return await deliver(self.state, request, build, send, last_try=last_try)


def _translate(
    event: Event, message: OutboundMessage, customer: str | None
) -> Outbound | Refusal | Ignored:
    if event.data.get("suspended"):
        shown = to_whatsapp(message, customer)
        return shown if isinstance(shown, Ignored) else SUSPENDED
    return to_whatsapp(message, customer, source_id=event.subject)


def _parts(event: Event, message: OutboundMessage, claim: Claim) -> Plan:
    """The bodies, each with the id by which its statuses find it."""
    made = to_whatsapp(
        message,
        claim.customer,
        source_id=event.subject,
        callback=lambda part: callback_data(claim.tracking_id, part),
    )
    return made.parts if isinstance(made, Outbound) else _refused_here(made)


def _refused_here(refusal: Refusal | Ignored) -> SendError:
    """Our own refusal, in the shape of a provider's."""
    reason = refusal.reason if isinstance(refusal, Refusal) else "GeneralError"
    words = refusal.words if isinstance(refusal, Refusal) else refusal.why
    return SendError(
        provider_code="not_sendable",
        title="Nothing that WhatsApp can be sent",
        detail=words,
        action="never",
        retryable=False,
        reason=reason,
        agent_words=words,
        operator_words="The message was refused before it was sent; the words say why.",
    )


def _conversation(message: OutboundMessage) -> str | None:
    """The conversation's id, unless it is nothing that state could keep or look for."""
    named = message.conversation_id
    return named if named and len(named) <= MAX_ID and named.isprintable() else None


def _claim(
    event: Event,
    route: Route,
    message: OutboundMessage,
    customer: str | None,
    shown: Outbound | Refusal,
) -> ClaimRequest:
    known = customer or (message.to_id or message.conversation_id or NOBODY)[:MAX_ID]
    return ClaimRequest(
        tenant_id=route.tenant_id,
        channel_id=route.channel_id,
        direction="outbound",
        source_id=event.subject or event.id,
        customer=known,
        wa_id=customer if customer is not None and customer.isdecimal() else None,
        bsuid=customer if customer is not None and not customer.isdecimal() else None,
        conversation_id=_conversation(message),
        kind=message.type,
        content={"text": shown.text if isinstance(shown, Outbound) else message.text or ""},
        occurred_at=event.time,
        event_id=event.id,
        raw_ref=route.raw_ref,
    )
