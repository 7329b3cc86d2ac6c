"""How the identity provider is asked: the house's guarded GET, small bodies, a few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from yarl import URL

from gateway_service.auth.jwks import Fetch
from shared.media.errors import MediaError, Redirected
from shared.media.fetch import Fetcher
from shared.media.hosts import Allowed, Trusted
from shared.runtime.errors import Unavailable

LIMIT_S = 3.0
MOST_BYTES = 256 * 1024


@asynccontextmanager
async def guarded(allowed_hosts: str) -> AsyncIterator[Fetch]:
    """Yield a GET of documents: https at public addresses, but for OIDC_ALLOWED_HOSTS."""
    trusted = Trusted.of(allowed_hosts)
    async with Fetcher.open(trusted, connect=1.0, stall=LIMIT_S) as fetcher:

        async def fetch(address: str) -> bytes:
            # Discovery may name any host for the keys; that it is a public one is the guard's.
            allowed = Allowed.of([(URL(address).host or "").lower()], trusted)
            try:
                async with asyncio.timeout(LIMIT_S):
                    return await _body(fetcher, allowed.check(address))
            except (MediaError, Redirected, TimeoutError) as error:
                code = error.code if isinstance(error, MediaError) else type(error).__name__
                raise Unavailable(f"the identity provider can not be asked ({code})") from error

        yield fetch


async def _body(fetcher: Fetcher, url: URL) -> bytes:
    body = b""
    async with fetcher.get(url) as download:
        async for chunk in download.chunks():
            body += chunk
            if len(body) > MOST_BYTES:
                raise Unavailable("the identity provider answers too much")
    return body
