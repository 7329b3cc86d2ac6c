"""A message that the connector has given up: never sent from here on, and its agent is told.

The same claim decides as for a sending, so that a message is sent or buried, whichever came first.
Nothing of the message is translated: that may be what broke.
"""

from __future__ import annotations

from dataclasses import dataclass

from outbound_transform_service.words import claim_of, refused_here
from shared.genesys.payloads import read
from shared.messaging.envelope import Event
from shared.messaging.outcomes import SendOutcome
from shared.runtime.logging import logger
from shared.services.events import item_of
from shared.services.once import Holder, Plan, deliver
from shared.services.receipts import Receipts
from shared.services.route import Route
from shared.services.state import StateClient
from shared.transforms.outbound import Refusal
from shared.transforms.parts import Part

log = logger()

SIGNS = frozenset({"Event", "Receipt"})  # types that are no message: nobody waits for them
SUFFIX = ":buried"
TOO_LATE = Refusal(
    "ServerError",
    "It could not be sent for too long and was given up. Send it again if it is still needed.",
)
BROKEN = Refusal(
    "ServerError",
    "It could not be sent and was given up, by a fault of the system. Tell your administrator.",
)


@dataclass(frozen=True)
class Buried:
    """Takes events of what was given up."""

    state: StateClient
    receipts: Receipts

    async def take(self, event: Event) -> str:
        """Refuse a message for good. Raises BadInput, Unavailable, Busy (an earlier try counts)."""
        route, message = Route.of(event), read(item_of(event, "message"))
        if message.type in SIGNS:
            return "ignored"
        refusal = TOO_LATE if _code(event) == "too_old" else BROKEN

        async def build(_: Holder) -> Plan:
            return Plan(lost=refused_here(refusal))

        async def send(_: Part) -> SendOutcome:
            raise AssertionError("a buried message has no parts")

        original = event.model_copy(update={"id": event.id.removesuffix(SUFFIX)})
        request = claim_of(original, route, message, message.customer, refusal)
        delivery = await deliver(self.state, request, build, send, last_try=True)
        log.warning("outbound_buried", extra={"fate": delivery.fate, "code": _code(event)})
        await self.receipts.settle(delivery.receipt, route)
        return "buried" if delivery.fate == "refused" else delivery.fate


def _code(event: Event) -> str:
    told = event.data.get("buried")
    return str(told.get("code", "")) if isinstance(told, dict) else ""
