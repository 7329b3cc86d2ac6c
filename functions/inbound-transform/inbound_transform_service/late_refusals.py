"""Meta took a message and says later that it can not use the picture or file of a part.

The part goes again without it, once, as a message of its own that Genesys does not know of. Until
that one's fate is known the status is not written down: the agent would be told of a failure.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.doors.genesys_events import line_of
from shared.genesys.payloads import PayloadError, loads, read
from shared.messaging.envelope import Event, EventType
from shared.messaging.publisher import Publisher
from shared.messaging.topology import OUTBOUND_GENESYS_MESSAGES
from shared.runtime.errors import BadInput, NotFound
from shared.runtime.logging import logger
from shared.services.callback import read_callback_data
from shared.services.patience import insist
from shared.services.receipts import Receipts
from shared.services.route import Route
from shared.services.state import (
    StateClient,
    StatusAdvanced,
    StatusFact,
    StatusUpdate,
    TrackedMessage,
)
from shared.storage.objects import Objects
from shared.transforms.outbound_again import again, again_id, again_of
from shared.transforms.parts import ShownFile
from shared.wire.body import Json
from shared.wire.fields import obj

log = logger()

SOURCE = "/inbound-transform"
MEDIA_REFUSED = "131053"  # Meta could not fetch or use a file (contracts/meta.md c.6)
ON_ITS_WAY = ("accepted", "sent")


@dataclass(frozen=True)
class LateRefusals:
    """Takes statuses that refuse a file. `objects`: where the agent's own words lie."""

    state: StateClient
    receipts: Receipts
    publisher: Publisher
    objects: Objects

    async def take(
        self, event: Event, route: Route, wamid: str, update: StatusUpdate
    ) -> StatusAdvanced | None:
        """Where the message stands, if the part goes again; None: the status counts as any.

        Raises Unavailable.
        """
        shown = read_callback_data(update.tracking_id).shown
        if shown is None or not any(map(_refuses, (*update.earlier, update))):
            return None
        # It tells all the same that the send arrived, of which nothing else may be known.
        accepted = _accepted(update)
        advanced = await insist(lambda: self.state.advance(wamid, accepted))
        await self.receipts.settle(advanced.receipt, route)
        goes = advanced.known and await self._goes_again(advanced, event, route, shown)
        return advanced if goes else None

    async def _goes_again(
        self, advanced: StatusAdvanced, event: Event, route: Route, shown: ShownFile
    ) -> bool:
        source_id, part = advanced.source_id or "", advanced.part or 1
        if again_of(source_id) is not None:
            return False  # nothing goes a third time
        id_ = again_id(source_id, part)
        if await self._known(id_, route) is not None:
            return True
        if advanced.status not in ON_ITS_WAY:
            return False
        return await self._send(id_, await self._known(source_id, route), event, shown)

    async def _send(
        self, id_: str, refused: TrackedMessage | None, event: Event, shown: ShownFile
    ) -> bool:
        """Whether it could be put in the queue: not without the agent's own words."""
        raw_ref = None if refused is None else refused.raw_ref
        body = await self._body(raw_ref or "")
        part = None if body is None else again(body, shown)
        if raw_ref is None or part is None:
            log.warning("not_sent_again")
            return False
        await self.publisher.publish(OUTBOUND_GENESYS_MESSAGES, _event(event, id_, part, raw_ref))
        log.info("sent_again")
        return True

    async def _known(self, source_id: str, route: Route) -> TrackedMessage | None:
        try:
            return await insist(lambda: self.state.message(source_id, tenant_id=route.tenant_id))
        except NotFound:
            return None

    async def _body(self, raw_ref: str) -> Json | None:
        """The webhook as Genesys posted it; None once it is deleted."""
        bucket, _, key = raw_ref.partition("/")
        try:
            return obj(loads(await self.objects.get(bucket, key))) if key else None
        except (NotFound, BadInput, PayloadError):
            return None


def _refuses(fact: StatusFact) -> bool:
    return fact.status == "failed" and (fact.error or {}).get("provider_code") == MEDIA_REFUSED


def _accepted(update: StatusUpdate) -> StatusUpdate:
    """The same without the refusals."""
    told = {"status": "accepted", "error": None}
    earlier = [one.model_copy(update=told) if _refuses(one) else one for one in update.earlier]
    own = told if _refuses(update) else {}
    return update.model_copy(update={**own, "earlier": earlier})


def _event(event: Event, id_: str, body: Json, raw_ref: str) -> Event:
    """As if the agent had written just this, now: behind all that they wrote since."""
    bucket, _, key = raw_ref.partition("/")
    whose = {name: value for name, value in event.data.items() if name not in _OF_THE_STATUS}
    line = line_of(read(body))
    return event.model_copy(
        update={
            "id": f"gc:m:{whose['integration_id']}:{id_}",
            "type": EventType.GENESYS_MESSAGE,
            "source": SOURCE,
            "subject": id_,
            "partitionkey": f"{event.tenantid}:{event.channelid}:{line}",
            "data": {
                **whose,
                "message": body,
                "suspended": False,
                "again": True,
                "raw": {"bucket": bucket, "key": key},
            },
        }
    )


_OF_THE_STATUS = ("status", "earlier", "contact")
