"""A status of Meta's moves a message on, and Genesys hears of it when it is final."""

from __future__ import annotations

from typing import Any, get_args

from shared.messaging.envelope import Event
from shared.runtime.logging import logger
from shared.runtime.metrics import counter
from shared.services.events import item_of
from shared.services.once import kept
from shared.services.patience import insist
from shared.services.receipts import Receipts
from shared.services.route import Route
from shared.services.state import MessageStatus, StateClient, StatusUpdate
from shared.whatsapp.errors import from_status_errors
from shared.whatsapp.items import read_status
from shared.wire.fields import obj

log = logger()
STATUSES = counter("statuses", "Statuses of Meta by what became of them", ("status", "fate"))

KNOWN = frozenset(get_args(MessageStatus)) - {"accepted"}


class Statuses:
    """Takes status events."""

    def __init__(self, state: StateClient, receipts: Receipts) -> None:
        """Both speak to other functions."""
        self._state = state
        self._receipts = receipts

    async def take(self, event: Event) -> str:
        """Write one status down. A kind that we do not know is said and left: it is in the raw."""
        route, item = Route.of(event), item_of(event, "status")
        status = read_status(item, obj(event.data.get("contact")))
        if status.id is None or status.status not in KNOWN:
            log.info("status_ignored", extra={"status": str(status.status)[:40]})
            return "ignored"
        update = StatusUpdate.model_validate(
            {
                "tenant_id": route.tenant_id,
                "channel_id": route.channel_id,
                "status": status.status,
                "occurred_at": status.occurred_at or route.received_at,
                "customer": status.recipient.id,
                "error": _error(item) if status.status == "failed" else None,
                "tracking_id": status.callback,
            }
        )
        wamid = status.id
        advanced = await insist(lambda: self._state.advance(wamid, update))
        await self._receipts.settle(advanced.receipt, route)
        fate = "changed" if advanced.changed else "known" if advanced.known else "waiting"
        STATUSES.labels(status.status, fate).inc()
        log.info("status", extra={"fate": fate, "status": status.status, "now": advanced.status})
        return fate


def _error(item: dict[str, Any]) -> dict[str, Any]:
    return kept(from_status_errors(item.get("errors")))
