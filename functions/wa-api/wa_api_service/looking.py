"""Looks at a picture's link as Meta will: whether it can head a question before that is sent.

Meta fetches a link after it has said yes, and then the whole question fails (contracts/meta.md d).
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Final

from shared.media.described import describe
from shared.media.errors import Denied, Gone, MediaError, NotAFile, Redirected, TooLarge
from shared.media.fetch import Download, Fetcher
from shared.media.form import LOOK
from shared.media.hosts import Trusted, check_open
from shared.media.meter import Meter, behead
from shared.runtime.logging import bind, logger
from shared.services.links import LinkLook, LinkLooked
from shared.storage.cache import Cache
from shared.whatsapp.media import MAX_BYTES, kind_of
from shared.wire.file_types import plain

log = logger()

REMEMBERED_S: Final = 600.0  # as long as Meta keeps what it fetched from a link, about
_REFUSED = (Denied, Gone, NotAFile, TooLarge, Redirected)
_WORDS: Final = {b"yes": True, b"no": False}


@dataclass(frozen=True)
class Looking:
    """Looks at links; `trusted`: hosts that the operator named, which may be private."""

    fetcher: Fetcher
    trusted: Trusted
    cache: Cache

    async def look(self, request: LinkLook) -> LinkLooked:
        """Whether Meta takes what lies there; None where that can not be seen. Raises nothing."""
        bind(tenant_id=request.tenant_id, channel_id=request.channel_id)
        name = hashlib.sha256(f"{request.kind}\0{request.url}".encode()).hexdigest()
        key = f"look:{name}"
        known = _WORDS.get(await self.cache.get(key) or b"")
        if known is not None:
            return LinkLooked(fits=known)
        try:
            async with asyncio.timeout(request.seconds):
                fits = await self._fits(request)
        except _REFUSED:
            fits = False
        except (MediaError, TimeoutError) as error:
            log.info("link_not_seen", extra={"error": type(error).__name__})
            return LinkLooked(fits=None)
        await self.cache.set(key, b"yes" if fits else b"no", REMEMBERED_S)
        log.info("link_seen", extra={"kind": request.kind, "fits": fits})
        return LinkLooked(fits=fits)

    async def _fits(self, request: LinkLook) -> bool:
        url = check_open(request.url, self.trusted)
        async with self.fetcher.get(url) as download:
            begin, size = await _begin_and_size(download, MAX_BYTES[request.kind])
            found = describe(begin, download.content_type, None)
            told = plain(download.content_type) == plain(found.mime)
            return told and kind_of(found.mime, size, found.form) == request.kind


async def _begin_and_size(download: Download, most: int) -> tuple[bytes, int]:
    """The first bytes, and how many there are in all. Raises TooLarge, NotAFile, ProviderAway."""
    if download.length is not None:
        begin, _ = await behead(download.chunks(), LOOK)
        return begin, download.length
    begin, chunks = await behead(download.chunks(), LOOK)
    meter = Meter(chunks, max_bytes=most)
    async for _ in meter:
        pass
    return begin, meter.size
