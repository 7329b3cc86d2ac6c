"""An agent's message goes to the customer: address, claim, files, translate, send, write down.

Whatever ends a message without its being delivered is told to the agent by a Failed receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from outbound_transform_service.drafts import Draft
from outbound_transform_service.files import Files
from outbound_transform_service.signs import Signs
from outbound_transform_service.words import (
    NO_LONGER_THEIRS,
    SUSPENDED,
    claim_of,
    conversation_of,
    refused_here,
)
from shared.genesys.payloads import OutboundMessage, read
from shared.messaging.envelope import Event
from shared.messaging.outcomes import SendOutcome
from shared.runtime.clock import utcnow
from shared.runtime.errors import NotFound
from shared.runtime.logging import logger
from shared.runtime.metrics import counter
from shared.services.delivery import WaApiClient
from shared.services.events import item_of
from shared.services.once import Delivery, Holder, Plan, deliver
from shared.services.patience import insist
from shared.services.receipts import Receipts
from shared.services.route import Route
from shared.services.state import StateClient
from shared.transforms.outbound import Ignored, Outbound, Refusal, Typing, to_whatsapp
from shared.transforms.parts import Part

log = logger()
MESSAGES = counter("outbound_messages", "Messages to customers by what became of them", ("fate",))


@dataclass(frozen=True)
class Messages:
    """Takes what Genesys posts. `give_up_after`: then a failure is final and the agent is told."""

    state: StateClient
    whatsapp: WaApiClient
    files: Files
    signs: Signs
    receipts: Receipts
    give_up_after: timedelta

    async def take(self, event: Event) -> str:
        """Deliver one message. Raises BadInput (never), Unavailable and Busy (try again)."""
        route, message = Route.of(event), read(item_of(event, "message"))
        if message.type == "Receipt":
            return await self.signs.receipt(route, message)
        if message.type == "Event":
            return await self._sign(event, route, message)
        customer = message.customer or await self._by_conversation(message, route)
        shown = _translate(event, message, customer)
        if isinstance(shown, Ignored):
            return _ignored(shown)
        delivery = await self._deliver(event, route, message, customer, shown)
        MESSAGES.labels(delivery.fate).inc()
        log.info(
            "outbound_message",
            extra={
                "fate": delivery.fate,
                "kind": message.type,
                "parts": delivery.parts,
                "skipped": shown.skipped if isinstance(shown, Outbound) else (),
                "code": None if delivery.error is None else delivery.error.provider_code,
            },
        )
        await self.receipts.settle(delivery.receipt, route)
        return delivery.fate

    async def _sign(self, event: Event, route: Route, message: OutboundMessage) -> str:
        sign = to_whatsapp(message, message.customer)
        if isinstance(sign, Typing):
            return await self.signs.typing(event, route, message)
        return _ignored(sign if isinstance(sign, Ignored) else Ignored("event"))

    async def _by_conversation(self, message: OutboundMessage, route: Route) -> str | None:
        """The customer of a message that only names its conversation, as the seeds have it."""
        named = conversation_of(message)
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
        last_try = utcnow() - event.time > self.give_up_after

        async def build(holder: Holder) -> Plan:
            if isinstance(shown, Refusal):
                return Plan(lost=refused_here(shown))
            # Never the name: it may be a number that is another's by now (docs/adr/0009).
            address = holder.claim.wa_id or holder.claim.bsuid
            if address is None:
                log.info("no_address_left")
                return Plan(lost=refused_here(NO_LONGER_THEIRS))
            source_id = event.subject or event.id
            again = bool(event.data.get("again"))
            draft = Draft(route, message, source_id, holder, address, self.files, last_try, again)
            return await draft.plan()

        async def send(part: Part) -> SendOutcome:
            return await self.whatsapp.send(route.to_whatsapp(part.body))

        request = claim_of(event, route, message, customer, shown)
        return await deliver(self.state, request, build, send, last_try=last_try)


def _translate(
    event: Event, message: OutboundMessage, customer: str | None
) -> Outbound | Refusal | Ignored:
    """The message as it is written down: before its files are there, and its claim."""
    shown = to_whatsapp(message, customer, source_id=event.subject)
    if event.data.get("suspended") and not isinstance(shown, Ignored):
        return SUSPENDED
    return shown


def _ignored(sign: Ignored) -> str:
    log.info("outbound_ignored", extra={"why": sign.why})
    return "ignored"
