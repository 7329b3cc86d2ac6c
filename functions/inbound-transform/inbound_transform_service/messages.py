"""A customer's message goes to the agent: claim, translate, send, write down."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from shared.messaging.envelope import Event
from shared.messaging.outcomes import SendOutcome
from shared.runtime.errors import BadInput
from shared.runtime.logging import logger
from shared.runtime.metrics import counter
from shared.services.delivery import GenesysApiClient
from shared.services.events import item_of
from shared.services.once import Plan, deliver
from shared.services.route import Route
from shared.services.state import Claim, ClaimRequest, StateClient
from shared.transforms.inbound import Inbound, to_genesys
from shared.transforms.parts import Part
from shared.whatsapp.items import Customer, message_key, message_time, sender
from shared.wire.body import Json, PayloadError
from shared.wire.fields import obj

log = logger()
MESSAGES = counter("inbound_messages", "Messages to agents by what became of them", ("fate",))


class Messages:
    """Takes message events."""

    def __init__(self, state: StateClient, genesys: GenesysApiClient) -> None:
        """Both are other functions."""
        self._state = state
        self._genesys = genesys

    async def take(self, event: Event) -> str:
        """Deliver one message. Raises BadInput (never), Unavailable and Busy (try again)."""
        route, message = Route.of(event), item_of(event, "message")
        customer = sender(message, obj(event.data.get("contact")))
        shown = _translate(message, customer, route.received_at)

        def build(claim: Claim) -> Plan:
            known = _known_as(customer, claim.customer)
            same = known == customer
            return (shown if same else _translate(message, known, route.received_at)).parts

        async def send(part: Part) -> SendOutcome:
            return await self._genesys.message(route.to_genesys(part.body))

        request = _claim(event, route, message, customer, shown)
        delivery = await deliver(self._state, request, build, send)
        MESSAGES.labels(delivery.fate).inc()
        log.info(
            "inbound_message",
            extra={"fate": delivery.fate, "kind": shown.kind, "parts": delivery.parts},
        )
        if delivery.error is not None:
            raise BadInput(f"Genesys refused it: {delivery.error.provider_code}")
        return delivery.fate


def _translate(message: Json, customer: Customer, received_at: datetime) -> Inbound:
    try:
        return to_genesys(message, customer, received_at=received_at)
    except PayloadError as error:
        raise BadInput(str(error)) from None


def _known_as(customer: Customer, canonical: str) -> Customer:
    """The customer by the id that this person has had from the first message on."""
    if customer.id == canonical:
        return customer
    if canonical.isdecimal():
        return replace(customer, wa_id=canonical)
    return replace(customer, wa_id=None, bsuid=canonical)


def _claim(
    event: Event, route: Route, message: Json, customer: Customer, shown: Inbound
) -> ClaimRequest:
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
        resend_unknown_after=0,  # same messageId and time: contracts/genesys.md (b9)
    )
