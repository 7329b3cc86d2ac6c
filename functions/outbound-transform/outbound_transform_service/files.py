"""An agent's files on their way to the customer: from Genesys to S3, from there to Meta.

What may still succeed is tried again, so that the order is kept; what never will is refused, and
the rest of its message goes on without it.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from shared.genesys.payloads import OutboundMessage
from shared.messaging.outcomes import SendError
from shared.runtime.errors import Unavailable
from shared.runtime.logging import logger
from shared.runtime.metrics import counter
from shared.services.delivery import (
    GenesysApiClient,
    GenesysMediaFetch,
    MediaUpload,
    StoredFile,
    WaApiClient,
)
from shared.services.once import Holder
from shared.services.route import Route
from shared.services.state import Claim
from shared.transforms.outbound import Attachment, Refusal, WaFile, attachments
from shared.whatsapp.media import GENESYS_MAX_BYTES, MediaKind, Unfit, kind_of, whatsapp_mime

log = logger()
FILES = counter("outbound_files", "Files of agents by what became of them", ("fate",))

TRANSFER_S = 20.0  # each of two transfers; a claim holds for 60 seconds
MAX_WORDS = 1024  # characters: shared.services.delivery
NO_ADDRESS = Refusal("InvalidMessageStructure", "The file has no address that can be opened.")

Ready = dict[int, WaFile | Refusal]


@dataclass(frozen=True)
class Files:
    """Brings the files of messages."""

    genesys: GenesysApiClient
    whatsapp: WaApiClient

    async def ready(
        self,
        holder: Holder,
        route: Route,
        message: OutboundMessage,
        *,
        last_try: bool,
        fresh: bool = False,
    ) -> Ready:
        """What stands for each file at WhatsApp, or why none does. Raises Unavailable (try again).

        `fresh`: uploads that are remembered are made anew.
        """
        found: Ready = {}
        for attachment in attachments(message):
            got = await self._one(route, attachment, holder.claim, fresh=fresh)
            if isinstance(got, SendError):
                got = _refusal(got, holder.claim.attempts, last_try=last_try)
            fate = "refused" if isinstance(got, Refusal) else "ready"
            FILES.labels(fate).inc()
            log.info("file", extra={"fate": fate, "number": attachment.number})
            found[attachment.number] = got
            await holder.keep()
        return found

    async def _one(
        self, route: Route, attachment: Attachment, claim: Claim, *, fresh: bool
    ) -> WaFile | Refusal | SendError:
        request = _fetch(route, attachment, claim)
        if request is None:
            return NO_ADDRESS
        outcome = await self.genesys.fetch_media(request)
        if outcome.file is None:
            return outcome.error or NO_ADDRESS
        kind = kind_of(outcome.file.mime, outcome.file.size, sticker=attachment.sticker)
        if isinstance(kind, Unfit):
            return Refusal(kind.reason, kind.words)
        return await self._given(route, outcome.file, kind, fresh=fresh)

    async def _given(
        self, route: Route, file: StoredFile, kind: MediaKind, *, fresh: bool
    ) -> WaFile | SendError:
        """The file as Meta can have it: a link, or the id of an upload."""
        mime = whatsapp_mime(file.mime)
        if route.options.media_mode == "link":
            return WaFile(kind, mime, link=file.url, filename=file.filename)
        uploaded = await self.whatsapp.upload_media(
            MediaUpload(
                tenant_id=route.tenant_id,
                channel_id=route.channel_id,
                phone_number_id=route.phone_number_id,
                credential=route.whatsapp_credential,
                bucket=file.bucket,
                key=file.key,
                mime=mime,
                size=file.size,
                sha256=file.sha256,
                filename=file.filename,
                fresh=fresh,
                seconds=TRANSFER_S,
            )
        )
        if uploaded.error is not None:
            return uploaded.error
        return WaFile(kind, mime, id=uploaded.id, filename=file.filename)


def _refusal(error: SendError, attempts: int, *, last_try: bool) -> Refusal:
    """Why there is none; a code that is worth so many tries has had them by that many claims."""
    exhausted = error.max_attempts is not None and attempts >= error.max_attempts
    if error.retryable and not exhausted and not last_try:
        raise Unavailable(f"a file is not there yet: {error.title}", retry_after=error.retry_after)
    return Refusal(error.reason, error.agent_words)


def _fetch(route: Route, attachment: Attachment, claim: Claim) -> GenesysMediaFetch | None:
    """The request for a file; None for an address that is none."""
    try:
        return GenesysMediaFetch(
            tenant_id=route.tenant_id,
            channel_id=route.channel_id,
            region=route.region,
            credential=route.genesys_credential,
            message_id=claim.tracking_id,
            url=attachment.url,
            mime=(attachment.mime or "")[:MAX_WORDS] or None,
            filename=(attachment.filename or "")[:MAX_WORDS] or None,
            sha256=(attachment.sha256 or "")[:MAX_WORDS] or None,
            max_bytes=GENESYS_MAX_BYTES,
            seconds=TRANSFER_S,
        )
    except ValidationError:
        return None
