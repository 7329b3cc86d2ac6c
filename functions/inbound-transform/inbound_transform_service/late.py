"""A file that was not there when its message was shown: asked for until it comes, or never will.

The agent sees it, or why not, once, and never before its message.
"""

from __future__ import annotations

from datetime import timedelta

from inbound_transform_service.claims import claim_of, known_as
from inbound_transform_service.files import apart, fetched, file_of, lost
from shared.messaging.envelope import Event
from shared.messaging.outcomes import SendError, SendOutcome
from shared.runtime.clock import utcnow
from shared.runtime.errors import BadInput, Busy, NotFound, Unavailable
from shared.runtime.logging import logger
from shared.runtime.metrics import counter
from shared.services.delivery import GenesysApiClient, WaApiClient
from shared.services.events import item_of
from shared.services.once import Holder, Plan, deliver
from shared.services.patience import insist
from shared.services.route import Route
from shared.services.state import StateClient
from shared.transforms.inbound import LATE, File, Missing, late_file, to_genesys
from shared.transforms.parts import Part
from shared.whatsapp.items import Media, media_of, message_key, sender
from shared.wire.body import PayloadError
from shared.wire.fields import obj

log = logger()
LATE_FILES = counter("late_files", "Files that came after their message, by their end", ("fate",))

FETCH_S = 70.0  # within the 90 seconds of the connector's patience
# Each wait is as long as all before it: for the file, and for its message to be shown.
FILE_PAUSES_S = (15.0, 900.0)
MESSAGE_PAUSES_S = (3.0, 60.0)


class LateFiles:
    """Takes file events. `give_up_after`: then a file that still fails has failed for good."""

    def __init__(
        self,
        state: StateClient,
        whatsapp: WaApiClient,
        genesys: GenesysApiClient,
        give_up_after: timedelta,
    ) -> None:
        """All three are other functions."""
        self._state = state
        self._whatsapp = whatsapp
        self._genesys = genesys
        self._give_up_after = give_up_after

    async def take(self, event: Event) -> str:
        """Show one file. Raises BadInput (never), Unavailable and Busy (try again)."""
        route, message = Route.of(event), item_of(event, "message")
        media = media_of(message)
        if media is None:
            raise BadInput("the message of the event has no file")
        customer = sender(message, obj(event.data.get("contact")))
        try:
            shown = to_genesys(message, customer, received_at=route.received_at)
        except PayloadError as error:
            raise BadInput(str(error)) from None
        wamid = message_key(message)
        if await self._done(wamid, route):
            return "duplicate"
        file = await self._bring(route, media, wamid)
        late = late_file(message, customer, received_at=route.received_at, file=file)
        request = apart(claim_of(event, route, message, customer, shown), late.text)

        async def build(holder: Holder) -> Plan:
            known = known_as(customer, holder.claim)
            made = late_file(message, known, received_at=route.received_at, file=file)
            return Plan(made.parts)

        async def send(part: Part) -> SendOutcome:
            return await self._genesys.message(route.to_genesys(part.body))

        delivery = await deliver(self._state, request, build, send)
        fate = delivery.fate if isinstance(file, File) else "lost"
        LATE_FILES.labels(fate).inc()
        log.info("late_file", extra={"fate": fate, "kind": media.kind})
        if delivery.error is not None:
            raise BadInput(f"Genesys refused it: {delivery.error.provider_code}")
        return fate

    async def _done(self, wamid: str, route: Route) -> bool:
        """Whether nothing is left to do. Raises Busy while its message is still under way."""
        if await self._state_of(f"{wamid}{LATE}", route) == "done":
            return True
        if await self._state_of(wamid, route) not in ("done", "refused"):
            raise Busy("its message is not shown yet", retry_after=_pause(route, MESSAGE_PAUSES_S))
        return False

    async def _state_of(self, source_id: str, route: Route) -> str | None:
        try:
            found = await insist(lambda: self._state.message(source_id, tenant_id=route.tenant_id))
        except NotFound:
            return None
        return found.state

    async def _bring(self, route: Route, media: Media, wamid: str) -> File | Missing:
        """The file, or why it will never come. Raises Unavailable: it may come yet."""
        found = await fetched(self._whatsapp, route, media, FETCH_S, wamid)
        if found is None:
            return lost(None)
        if not isinstance(found, SendError):
            return file_of(found, media)
        if not found.retryable or utcnow() - route.received_at > self._give_up_after:
            log.warning("file_lost", extra={"kind": media.kind, "code": found.provider_code})
            return lost(found)
        wait = max(_pause(route, FILE_PAUSES_S), found.retry_after or 0)
        raise Unavailable(f"the file is not there yet: {found.title}", retry_after=wait)


def _pause(route: Route, bounds: tuple[float, float]) -> float:
    """Seconds until the next try: as many as have passed, within the bounds."""
    shortest, longest = bounds
    return min(max((utcnow() - route.received_at).total_seconds(), shortest), longest)
