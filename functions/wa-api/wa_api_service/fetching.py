"""Brings a customer's file from Meta into S3: by the link at hand first, then by fresh ones.

A link lives five minutes and wants the tenant's token, which goes to Meta's hosts and no other
(contracts/meta.md d).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from shared.media.errors import (
    Damaged,
    Denied,
    Gone,
    LinkDead,
    MediaError,
    NotAFile,
    NotAllowed,
    ProviderAway,
    Redirected,
    TooLarge,
)
from shared.media.fetch import Fetcher
from shared.media.hosts import Allowed
from shared.media.store import Kept, MediaStore, Wanted
from shared.messaging.attempts import Bearer
from shared.messaging.moves import Told
from shared.messaging.outcomes import SendError
from shared.services.delivery import MediaFetch
from shared.whatsapp.client import WhatsAppClient
from shared.whatsapp.files import Found

META_HOSTS: Final = frozenset({"lookaside.fbsbx.com", "*.fbsbx.com", "*.whatsapp.net"})
LOOKUPS: Final = 2  # a link may end just as it is used; more than that costs Meta's patience

DAMAGED: Final = 2  # times that a wrong SHA-256 is believed

# What a link that has ended looks like; a page may come with 200 too.
_STALE = (Denied, Gone, NotAFile)


@dataclass(frozen=True)
class _Link:
    """An address of the file; `found` is what Meta told with it, None for the webhook's own."""

    url: str
    found: Found | None = None


@dataclass(frozen=True)
class Fetching:
    """Meta's side of a file's way in."""

    client: WhatsAppClient
    fetcher: Fetcher
    store: MediaStore
    allowed: Allowed

    async def fetch(self, request: MediaFetch, bearer: Bearer) -> Kept:
        """The file in S3. Raises MediaError, Told, S3Away, Unavailable."""
        damaged = 0
        last: MediaError = LinkDead("there was no link")
        async for link in self._links(request, bearer):
            try:
                return await self._keep(link, request, bearer)
            except _STALE as error:
                last = error
            except Damaged as error:
                last, damaged = error, damaged + 1
                if damaged == DAMAGED:
                    raise
            except (NotAllowed, ProviderAway) as error:
                if link.found is not None:  # Meta itself named this host
                    raise
                last = error
        raise last if isinstance(last, NotAFile | Damaged) else LinkDead("fresh links were refused")

    async def _links(self, request: MediaFetch, bearer: Bearer) -> AsyncIterator[_Link]:
        """The webhook's own link, where it has one, and then fresh ones."""
        if request.url is not None:
            yield _Link(request.url)
        for _ in range(LOOKUPS):
            found = await self._look_up(request, bearer)
            if found.size is not None and found.size > request.max_bytes:
                raise TooLarge(f"{found.size} bytes, the limit is {request.max_bytes}")
            yield _Link(found.url, found)

    async def _look_up(self, request: MediaFetch, bearer: Bearer) -> Found:
        token = await bearer.token()
        told = await self.client.find_media(request.media_id, request.phone_number_id, token)
        if isinstance(told, SendError) and told.token_rejected:
            fresh = await bearer.renew(token)
            if fresh is not None:
                ids = request.media_id, request.phone_number_id
                told = await self.client.find_media(*ids, fresh)
        if told is None:
            raise Gone("Meta has no such file for this token")
        if isinstance(told, SendError):
            raise Told(told)
        return told

    async def _keep(self, link: _Link, request: MediaFetch, bearer: Bearer) -> Kept:
        wanted = Wanted(
            tenant_id=request.tenant_id,
            message=request.message_id,
            bucket="media-inbound",
            max_bytes=request.max_bytes,
            mime=request.mime or (link.found.mime if link.found else None),
            filename=request.filename,
            sha256=(request.sha256, link.found.sha256 if link.found else None),
        )
        url = self.allowed.check(link.url)
        try:
            async with self.fetcher.get(url, await bearer.token()) as download:
                return await self.store.keep(download, wanted)
        except Redirected:  # the token goes nowhere else
            raise Gone("the link leads elsewhere") from None
