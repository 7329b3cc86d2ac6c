"""A customer's file on its way to the agent: with its message, or apart and once, when it comes.

A file that takes long must not hold up its customer's messages: its message is shown at once, and
an event of its own goes on asking. Which of both ways it went is decided once, by the claim of the
id that the file has apart; state keeps it, so a crash changes nothing.
"""

from __future__ import annotations

from pydantic import ValidationError

from shared.messaging.envelope import Event, EventType
from shared.messaging.outcomes import SendError
from shared.messaging.publisher import Publisher
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES
from shared.runtime.errors import Busy, Conflict, NotFound, Unavailable
from shared.runtime.logging import logger
from shared.runtime.metrics import counter
from shared.services.claiming import claimed, giving_back, key_of
from shared.services.delivery import MediaFetch, MediaOutcome, StoredFile, WaApiClient
from shared.services.patience import insist
from shared.services.route import Route
from shared.services.state import Claim, ClaimRequest, CompleteRequest, StateClient
from shared.transforms.inbound import LATE, File, Missing
from shared.whatsapp.items import Media
from shared.whatsapp.media import INBOUND_MAX_BYTES, genesys_media_type

log = logger()
FILES = counter("inbound_files", "Files of customers by what became of them", ("kind", "fate"))

SOURCE = "/inbound-transform"
SOON_S = 15.0  # of the 60 seconds of a claim
PATIENCE_S = 5.0
MAX_WORDS, MAX_URL = 1024, 8192  # characters: shared.services.delivery
ON_ITS_WAY = Missing("it is on its way")
WITH_IT = "[the file is with its message]"
NOT_FETCHED = "it could not be fetched: ask the customer to send it again"
TOO_LARGE = "it is too large to be shown here: ask the customer for a smaller one"


async def fetched(
    whatsapp: WaApiClient, route: Route, media: Media, seconds: float, message_id: str
) -> StoredFile | SendError | None:
    """The file in S3, or why not; None when the webhook's id is none that can be asked for."""
    request = _request(route, media, seconds, message_id)
    if request is None:
        return None
    outcome: MediaOutcome = await whatsapp.fetch_media(request)
    return outcome.file or outcome.error


def lost(why: SendError | None) -> Missing:
    """What the agent reads of a customer's file that never comes; None: it cannot be asked for."""
    large = why is not None and why.reason == "InvalidMediaContentLength"
    return Missing(TOO_LARGE if large else NOT_FETCHED)


class Files:
    """Brings the file of a message that is claimed."""

    def __init__(self, state: StateClient, whatsapp: WaApiClient, publisher: Publisher) -> None:
        """Two other functions, and the broker that takes the events of files."""
        self._state = state
        self._whatsapp = whatsapp
        self._publisher = publisher

    async def bring(
        self, event: Event, route: Route, media: Media, request: ClaimRequest, claim: Claim
    ) -> File | Missing:
        """The file, why it will never be there, or that it comes later. Raises Unavailable, Busy.

        Only a first attempt can be sure that nobody has sent, or will send, the file apart.
        """
        found = await fetched(self._whatsapp, route, media, SOON_S, request.source_id)
        if found is None or (isinstance(found, SendError) and not found.retryable):
            FILES.labels(media.kind, "refused").inc()
            return lost(found)
        if isinstance(found, SendError):
            if claim.attempts > 1:
                await self._refuse_if_ours(request, found)
            return await self._later(event, media, found)
        if claim.attempts > 1 and not await self._is_ours(request):
            return ON_ITS_WAY
        FILES.labels(media.kind, "shown").inc()
        return file_of(found, media)

    async def _later(self, event: Event, media: Media, why: SendError) -> Missing:
        await self._publisher.publish(INBOUND_WHATSAPP_MESSAGES, later(event))
        FILES.labels(media.kind, "later").inc()
        log.warning("file_comes_later", extra={"kind": media.kind, "code": why.provider_code})
        return ON_ITS_WAY

    async def _is_ours(self, request: ClaimRequest) -> bool:
        """Decide that the file goes with its message, unless it already went apart."""
        own = apart(request, WITH_IT)
        claim, _ = await claimed(self._state, own, PATIENCE_S)
        if claim.outcome == "duplicate":
            return not any(part.outcome == "accepted" for part in claim.parts)
        if claim.outcome != "claimed":
            raise Busy("its file is being sent apart", retry_after=claim.retry_after)
        done = CompleteRequest(**key_of(own), parts=[], final=True)
        try:
            await insist(lambda: self._state.complete(done), PATIENCE_S)
        except Conflict:
            raise Busy("its file is being sent apart", retry_after=1) from None
        except Unavailable:  # nobody acts on it: the next attempt decides anew
            self._state.untold.tell(giving_back(self._state, own, "not known to be decided"))
            raise
        return True

    async def _refuse_if_ours(self, request: ClaimRequest, why: SendError) -> None:
        """An earlier attempt decided that the file goes with its message: only so it comes once."""
        own = apart(request, WITH_IT)
        ids = {"tenant_id": own.tenant_id}
        try:
            known = await insist(lambda: self._state.message(own.source_id, **ids), PATIENCE_S)
        except NotFound:
            return
        if known.state == "done" and not any(part.outcome == "accepted" for part in known.parts):
            raise Unavailable(f"its file can not be fetched now: {why.title}", retry_after=SOON_S)


def apart(request: ClaimRequest, text: str) -> ClaimRequest:
    """The claim of a message's file, from that of the message: nothing of it counts for that.

    `text` is what the history says of it.
    """
    fresh = request.model_dump(exclude={"attempt_id", "reply_to", "tapped"})
    own = {
        "source_id": f"{request.source_id}{LATE}",
        "event_id": f"{request.event_id.removesuffix(LATE)}{LATE}",
        "content": {"text": text},
        "opens_window": False,
    }
    return ClaimRequest(**fresh | own)


def later(event: Event) -> Event:
    """The event that asks for a message's file until it comes; nothing waits behind it."""
    return event.model_copy(
        update={
            "id": f"{event.id}{LATE}",
            "type": EventType.WHATSAPP_FILE,
            "source": SOURCE,
            "partitionkey": f"{event.tenantid}:{event.channelid}:file:{event.id}",
        }
    )


def file_of(stored: StoredFile, media: Media) -> File:
    """A stored file, as the transforms take it."""
    return File(
        url=stored.url,
        mime=stored.mime,
        media_type=genesys_media_type(stored.mime),
        filename=stored.filename or media.filename,
        size=stored.size,
        sha256=stored.sha256,
    )


def _request(route: Route, media: Media, seconds: float, message_id: str) -> MediaFetch | None:
    fits = media.url is not None and len(media.url) <= MAX_URL
    try:
        return MediaFetch(
            tenant_id=route.tenant_id,
            channel_id=route.channel_id,
            phone_number_id=route.phone_number_id,
            credential=route.whatsapp_credential,
            message_id=message_id,
            media_id=media.id,
            url=media.url if fits else None,
            mime=(media.mime or "")[:MAX_WORDS] or None,
            sha256=(media.sha256 or "")[:MAX_WORDS] or None,
            filename=(media.filename or "")[:MAX_WORDS] or None,
            max_bytes=INBOUND_MAX_BYTES,
            seconds=seconds,
        )
    except ValidationError:
        return None
