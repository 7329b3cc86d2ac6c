"""An agent's files on their way to the customer: from Genesys to S3, from there to Meta.

What may still succeed is tried again, so that the order is kept; what never will is refused, and
the rest of its message goes on without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
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
from shared.services.links import LinkLook, LinkLooked
from shared.services.once import Holder
from shared.services.route import Route
from shared.services.state import Claim
from shared.transforms.outbound import Attachment, Linked, Refusal, WaFile, attachments
from shared.transforms.outbound_blocks import NO_FILE_ADDRESS
from shared.whatsapp.interactive import Picture
from shared.whatsapp.media import (
    GENESYS_MAX_BYTES,
    UPLOADS,
    MediaKind,
    Unfit,
    kind_of,
    upload_mime,
    whatsapp_mime,
)
from shared.wire.file_types import OGG_OPUS, plain

log = logger()
FILES = counter("outbound_files", "Files of agents by what became of them", ("fate",))

TRANSFER_S = 20.0  # each of two transfers; a claim holds for 60 seconds
MAX_WORDS = 1024  # characters: shared.services.delivery

# Codes by which Meta refuses a file for what it is (contracts/meta.md c.6, d).
NOT_TAKEN = frozenset({"100", "131053"})

Ready = dict[int, WaFile | Linked | Refusal]


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
        again: bool = False,
    ) -> Ready:
        """What stands for each file at WhatsApp, or why none does. Raises Unavailable (try again).

        `fresh`: uploads that are remembered are made anew. `again`: Meta could not use the files in
        the form that they have for it at first, so each gets the next one.
        """
        found: Ready = {}
        for attachment in attachments(message):
            got = await self._one(route, attachment, holder.claim, fresh=fresh, again=again)
            if isinstance(got, SendError):
                got = _refusal(got, holder.claim.attempts, last_try=last_try)
            fate = _fate(got)
            FILES.labels(fate).inc()
            log.info("file", extra={"fate": fate, "number": attachment.number})
            found[attachment.number] = got
            await holder.keep()
        return found

    async def unfit(self, route: Route, shown: Iterable[Picture]) -> frozenset[str]:
        """Links of pictures that Meta would not show, as far as that can be seen."""

        async def look(picture: Picture) -> str | None:
            request = _look(route, picture)
            looked = await self.whatsapp.look(request) if request else LinkLooked(fits=False)
            return picture.link if looked.fits is False else None

        found = await asyncio.gather(*(look(one) for one in shown))
        links = frozenset(link for link in found if link is not None)
        if links:
            log.info("pictures_unfit", extra={"pictures": len(links)})
        return links

    async def _one(
        self, route: Route, attachment: Attachment, claim: Claim, *, fresh: bool, again: bool
    ) -> WaFile | Linked | Refusal | SendError:
        request = _fetch(route, attachment, claim)
        if request is None:
            return NO_FILE_ADDRESS
        outcome = await self.genesys.fetch_media(request)
        if outcome.file is None:
            return outcome.error or NO_FILE_ADDRESS
        file = outcome.file
        kind = kind_of(file.mime, file.size, file.form, sticker=attachment.sticker)
        if isinstance(kind, Unfit):
            return Refusal(kind.reason, kind.words)
        given = await self._given(route, file, kind, fresh=fresh, again=again)
        if isinstance(given, SendError) and _as_link(given, file, claim.attempts):
            return Linked(file.url, file.filename)
        return given

    async def _given(
        self, route: Route, file: StoredFile, kind: MediaKind, *, fresh: bool, again: bool
    ) -> WaFile | Linked | SendError:
        """The file as Meta can have it: by a link, else by an upload.

        `again`: as a document, whatever it is; what was uploaded as one as a link to open.
        """
        by_link = route.options.media_mode == "link" and plain(file.mime) in UPLOADS
        if by_link and not again:
            mime = whatsapp_mime(file.mime)
            return WaFile(kind, mime, link=file.url, filename=file.filename)
        if again and kind == "document" and not by_link:
            return Linked(file.url, file.filename)
        mime = upload_mime(file.mime, file.form, text=file.text)
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
                fresh=fresh or again,
                seconds=TRANSFER_S,
            )
        )
        if uploaded.error is not None:
            return uploaded.error
        return WaFile("document" if again else kind, mime, id=uploaded.id, filename=file.filename)


def _fate(got: WaFile | Linked | Refusal) -> str:
    return {WaFile: "ready", Linked: "linked", Refusal: "refused"}[type(got)]


def _as_link(error: SendError, file: StoredFile, attempts: int) -> bool:
    """Whether the customer gets a link in place of a file that Meta does not take.

    Of a type that it is known to take, a refusal may pass: it is tried as often as its code says.
    """
    known = upload_mime(file.mime, file.form, text=file.text) in UPLOADS | {OGG_OPUS}
    again = error.retryable and attempts < (error.max_attempts or attempts + 1)
    return error.provider_code in NOT_TAKEN and not (known and again)


def _refusal(error: SendError, attempts: int, *, last_try: bool) -> Refusal:
    """Why there is none; a code that is worth so many tries has had them by that many claims."""
    exhausted = error.max_attempts is not None and attempts >= error.max_attempts
    if error.retryable and not exhausted and not last_try:
        raise Unavailable(f"a file is not there yet: {error.title}", retry_after=error.retry_after)
    return Refusal(error.reason, error.agent_words)


def _look(route: Route, picture: Picture) -> LinkLook | None:
    """The request for a look at a link; None for one that is too long to be asked for."""
    ids = {"tenant_id": route.tenant_id, "channel_id": route.channel_id}
    try:
        return LinkLook(**ids, url=picture.link, kind=picture.kind)
    except ValidationError:
        return None


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
