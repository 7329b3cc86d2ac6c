"""What Genesys posts beside messages: the agent's typing, and receipts of what we sent in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from shared.genesys.payloads import STATUSES, OutboundMessage, Receipt, receipt_of
from shared.messaging.answers import safe_detail
from shared.messaging.envelope import Event
from shared.runtime.clock import utcnow
from shared.runtime.errors import ParleyError
from shared.runtime.logging import logger, one_of
from shared.runtime.metrics import counter
from shared.services.delivery import WaApiClient
from shared.services.fields import MAX_ID
from shared.services.patience import insist
from shared.services.route import Route
from shared.services.state import StateClient, Undelivered
from shared.whatsapp.build import read_mark
from shared.wire.body import Json

log = logger()
TYPING = counter("typing", "Signs that an agent types, by what became of them", ("fate",))
UNDELIVERED = counter("undelivered", "Customers' messages that Genesys failed later", ("fate",))

FRESH = timedelta(seconds=25)  # so long Meta shows it: contracts/meta.md (c.4)
LIMIT_S = 3.0  # the customer's messages wait behind it
MAX_CODE = 64  # characters


@dataclass(frozen=True)
class Signs:
    """Takes what is no message."""

    state: StateClient
    whatsapp: WaApiClient

    async def typing(self, event: Event, route: Route, message: OutboundMessage) -> str:
        """Show the customer that the agent types. Best effort: nothing is tried twice or raised."""
        fate = await self._typed(event, route, message)
        TYPING.labels(fate).inc()
        log.info("typing", extra={"fate": fate})
        return "typing" if fate == "shown" else "ignored"

    async def _typed(self, event: Event, route: Route, message: OutboundMessage) -> str:
        if not route.options.typing or event.data.get("suspended"):
            return "off"
        if message.customer is None or utcnow() - event.time > FRESH:
            return "late" if message.customer else "nobody"
        ids = {"tenant_id": route.tenant_id, "channel_id": route.channel_id}
        try:
            async with asyncio.timeout(LIMIT_S):
                known = await self.state.customer(message.customer, **ids)
                if known.last_customer_message_id is None:
                    return "nothing_to_mark"
                mark = read_mark(known.last_customer_message_id, typing=True)
                outcome = await self.whatsapp.send(route.to_whatsapp(mark))
        except (ParleyError, TimeoutError):
            return "failed"
        return "shown" if outcome.error is None else "failed"

    async def receipt(self, route: Route, message: OutboundMessage) -> str:
        """Write down that the agent will never see a message. Raises Unavailable (try again)."""
        receipt = receipt_of(message)
        ids = [one for one in receipt.message_ids if len(one) <= MAX_ID]
        if not receipt.failed or not ids:
            log.info("receipt_ignored", extra={"status": one_of(STATUSES, receipt.status)})
            return "ignored"
        error, fate = _error(receipt), "waiting"
        for target_id in ids:
            marked = await self._marked(route, target_id, error)
            if marked is not None:
                fate = marked
                break
        UNDELIVERED.labels(fate).inc()
        log.warning("undelivered", extra={"fate": fate, "code": error["provider_code"]})
        return fate

    async def _marked(self, route: Route, target_id: str, error: Json) -> str | None:
        told = Undelivered(
            tenant_id=route.tenant_id,
            channel_id=route.channel_id,
            target_id=target_id,
            error=error,
        )
        marked = await insist(lambda: self.state.undelivered(told))
        if not marked.known:
            return None
        return "marked" if marked.changed else "known"


def _error(receipt: Receipt) -> Json:
    """The first reason, in the members that other errors of a message have."""
    code = next((one.code for one in receipt.reasons if one.code), None) or "none"
    words = next((one.words for one in receipt.reasons if one.words), None)
    return {
        "provider_code": code[:MAX_CODE],
        "title": "Genesys could not deliver it to the agent",
        "detail": safe_detail(words),
    }
