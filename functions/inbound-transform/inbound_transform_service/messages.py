"""A customer's message goes to the agent: who it is, claim, file, translate, send, write down."""

from __future__ import annotations

from dataclasses import replace

from inbound_transform_service.claims import claim_of, context_of, known_as
from inbound_transform_service.files import Files
from shared.messaging.envelope import Event
from shared.messaging.outcomes import SendOutcome
from shared.runtime.errors import BadInput
from shared.runtime.logging import logger, one_of
from shared.runtime.metrics import counter
from shared.services.delivery import GenesysApiClient
from shared.services.events import item_of
from shared.services.identities import link_of
from shared.services.once import Holder, Plan, deliver
from shared.services.patience import insist
from shared.services.route import Route
from shared.services.state import StateClient
from shared.transforms.changes import id_change
from shared.transforms.inbound import Inbound, to_genesys
from shared.transforms.inbound_types import TYPES
from shared.transforms.parts import Part
from shared.whatsapp.items import Customer, media_of, sender
from shared.wire.body import Json, PayloadError
from shared.wire.fields import obj

log = logger()
MESSAGES = counter("inbound_messages", "Messages to agents by what became of them", ("fate",))


class Messages:
    """Takes message events."""

    def __init__(self, state: StateClient, genesys: GenesysApiClient, files: Files) -> None:
        """Both are other functions; `files` brings what a message holds."""
        self._state = state
        self._genesys = genesys
        self._files = files

    async def take(self, event: Event) -> str:
        """Deliver one message. Raises BadInput (never), Unavailable and Busy (try again)."""
        route, message = Route.of(event), item_of(event, "message")
        customer = await self._who(message, obj(event.data.get("contact")), route)
        shown = _translate(message, customer, route)
        request, media = claim_of(event, route, message, customer, shown), media_of(message)

        async def build(holder: Holder) -> Plan:
            claim, file = holder.claim, None
            if media is not None:
                file = await self._files.bring(event, route, media, request, claim)
            known, context = known_as(customer, claim), context_of(message, claim)
            made = to_genesys(
                message, known, received_at=route.received_at, context=context, file=file
            )
            return Plan(made.parts)

        async def send(part: Part) -> SendOutcome:
            return await self._send(part, route)

        delivery = await deliver(self._state, request, build, send)
        MESSAGES.labels(delivery.fate).inc()
        log.info(
            "inbound_message",
            extra={
                "fate": delivery.fate,
                "kind": one_of(TYPES, shown.kind),
                "parts": delivery.parts,
            },
        )
        if delivery.error is not None:
            raise BadInput(f"Genesys refused it: {delivery.error.provider_code}")
        return delivery.fate

    async def _who(self, message: Json, contact: Json, route: Route) -> Customer:
        """The sender. One who says that their number or user id changed has the new one already."""
        customer, change = sender(message, contact), id_change(message)
        if change is None:
            return customer
        link = link_of(change, route.tenant_id, route.received_at)
        await insist(lambda: self._state.link(link))
        return replace(
            customer,
            wa_id=change.current.wa_id or customer.wa_id,
            bsuid=change.current.bsuid or customer.bsuid,
        )

    async def _send(self, part: Part, route: Route) -> SendOutcome:
        """One part; a tap that Genesys refuses for good is told as a plain message."""
        request = route.to_genesys(part.body)
        if part.endpoint == "message":
            return await self._genesys.message(request)
        outcome = await self._genesys.structured(request)
        error = outcome.error
        if part.instead is None or outcome.outcome != "refused" or error is None or error.retryable:
            return outcome
        log.info("tap_told_as_text", extra={"code": error.provider_code})
        return await self._genesys.message(route.to_genesys(part.instead))


def _translate(message: Json, customer: Customer, route: Route) -> Inbound:
    try:
        return to_genesys(message, customer, received_at=route.received_at)
    except PayloadError as error:
        raise BadInput(str(error)) from None
