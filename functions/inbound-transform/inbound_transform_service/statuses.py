"""Statuses of Meta's move a message on, and Genesys hears of it when it is final."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from inbound_transform_service.late_refusals import LateRefusals
from shared.messaging.envelope import Event
from shared.messaging.publisher import Publisher
from shared.runtime.logging import logger, one_of
from shared.runtime.metrics import counter
from shared.services.delivery import GenesysApiClient
from shared.services.events import item_of
from shared.services.once import kept
from shared.services.patience import insist
from shared.services.receipts import Receipts
from shared.services.route import Route
from shared.services.state import MessageStatus, StateClient, StatusUpdate
from shared.storage.objects import Objects
from shared.whatsapp.errors import from_status_errors
from shared.whatsapp.items import Status, read_status, status_subject
from shared.wire.body import Json
from shared.wire.fields import obj, objects

log = logger()
STATUSES = counter("statuses", "Statuses of Meta by what became of them", ("status", "fate"))

KNOWN = frozenset(get_args(MessageStatus)) - {"accepted"}


@dataclass(frozen=True)
class StatusTaken:
    """What became of a status. `event_id`: of the message that it is of, where that is known."""

    fate: str
    event_id: str | None = None


def answer_of(done: str | StatusTaken) -> Json:
    """The body of this function's 200. `settles` names an event that may wait to learn its fate."""
    if isinstance(done, StatusTaken):
        return {"outcome": done.fate, "settles": done.event_id}
    return {"outcome": done}


class Statuses:
    """Takes status events."""

    def __init__(
        self, state: StateClient, genesys: GenesysApiClient, publisher: Publisher, objects: Objects
    ) -> None:
        """Two other functions; and, for what goes again, the broker and the agents' own words."""
        self._state = state
        self._receipts = Receipts(state, genesys)
        self._late = LateRefusals(state, self._receipts, publisher, objects)

    async def take(self, event: Event) -> StatusTaken:
        """Write down a status, and those of the same message that came with it, at once.

        A kind that we do not know is said and left: it is in the raw.
        """
        route = Route.of(event)
        read = _read(event)
        known = [one for one in read if one[1].id is not None and one[1].status in KNOWN]
        if not known:
            return StatusTaken("ignored")
        update, wamid = _update(known, route), known[-1][1].id or ""
        refused = await self._late.take(event, route, wamid, update)
        if refused is not None:
            STATUSES.labels("failed", "sent_again").inc()
            return StatusTaken("sent_again", refused.event_id)
        advanced = await insist(lambda: self._state.advance(wamid, update))
        await self._receipts.settle(advanced.receipt, route)
        fate = "changed" if advanced.changed else "known" if advanced.known else "waiting"
        for fact in (*update.earlier, update):
            STATUSES.labels(fact.status, fate).inc()
        told = {"fate": fate, "status": update.status, "now": advanced.status}
        log.info("status", extra=told | {"together": len(known)})
        return StatusTaken(fate, advanced.event_id)


def _read(event: Event) -> list[tuple[Json, Status]]:
    contact = obj(event.data.get("contact"))
    items = [*objects(event.data.get("earlier")), item_of(event, "status")]
    # An event of before these were told apart may still hold another's.
    ours = [item for item in items if status_subject(item) is None]
    read = [(item, read_status(item, contact)) for item in ours]
    for _, status in read:
        if status.id is None or status.status not in KNOWN:
            log.info("status_ignored", extra={"status": one_of(KNOWN, status.status)})
    return read


def _update(known: list[tuple[Json, Status]], route: Route) -> StatusUpdate:
    *earlier, last = (_fact(item, status, route) for item, status in known)
    status = known[-1][1]
    return StatusUpdate.model_validate(
        {
            **last,
            "tenant_id": route.tenant_id,
            "channel_id": route.channel_id,
            "customer": status.recipient.id,
            "tracking_id": status.callback,
            "earlier": earlier,
        }
    )


def _fact(item: Json, status: Status, route: Route) -> dict[str, Any]:
    return {
        "status": status.status,
        "occurred_at": status.occurred_at or route.received_at,
        "error": _error(item) if status.status == "failed" else None,
    }


def _error(item: dict[str, Any]) -> dict[str, Any]:
    return kept(from_status_errors(item.get("errors")))
