"""One guarded GET: a checked address, a checked and pinned IP address, no redirect followed.

The resolver checks what the connection is then made to, so a second answer of DNS can not differ.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from pydantic import SecretStr
from yarl import URL

from shared.media.errors import (
    Denied,
    Gone,
    MediaError,
    NotAFile,
    NotAllowed,
    ProviderAway,
    Redirected,
)
from shared.media.hosts import Trusted, is_public

PIECE = 64 * 1024  # bytes that are read at once
POOL = 64
_USER_AGENT = "Parley"
LONGEST_WAIT_S = 3600.0
_OK = 200
_REDIRECTS = (301, 302, 303, 307, 308)


class Guard(AbstractResolver):
    """DNS whose answers are public addresses, but for the hosts that the operator named."""

    def __init__(self, inner: AbstractResolver, trusted: Trusted) -> None:
        self._inner = inner
        self._trusted = trusted

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses to connect to. Raises OSError when one of them is not public."""
        found = await self._inner.resolve(host, port, family)
        private = any(not is_public(each["host"]) for each in found)
        if private and (host.lower(), port) not in self._trusted:
            raise PrivateAddressError("the host's address is not a public one")
        return found

    async def close(self) -> None:
        """Close the resolver behind it."""
        await self._inner.close()


class PrivateAddressError(OSError):
    """A host of the list whose address lies within some private network."""


class Download:
    """A file on its way in."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.content_type = response.headers.get("Content-Type", "").lower()
        self.length = response.content_length  # bytes, where they are told

    async def chunks(self) -> AsyncIterator[bytes]:
        """The file, once. Raises ProviderAway when it does not come whole."""
        try:
            async for chunk in self._response.content.iter_chunked(PIECE):
                yield chunk
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise away(error) from error


class Fetcher:
    """GETs of one process. Make one with `Fetcher.open(...)`."""

    def __init__(self, session: aiohttp.ClientSession, trusted: Trusted) -> None:
        """`session` belongs to `open`."""
        self._session = session
        self._trusted = trusted

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        trusted: Trusted,
        *,
        connect: float,
        stall: float,
        resolver: AbstractResolver | None = None,
    ) -> AsyncIterator[Fetcher]:
        """`connect` and `stall` (without a byte) are seconds; the whole is the caller's to limit.

        `resolver` stands in for the system's DNS.
        """
        guard = Guard(resolver or aiohttp.ThreadedResolver(), trusted)
        connector = aiohttp.TCPConnector(limit=POOL, resolver=guard, use_dns_cache=False)
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "identity"},
            auto_decompress=False,  # a small file could become a very large one
            timeout=aiohttp.ClientTimeout(sock_connect=connect, connect=connect, sock_read=stall),
        ) as session:
            yield cls(session, trusted)

    @asynccontextmanager
    async def get(self, url: URL, token: SecretStr | None = None) -> AsyncIterator[Download]:
        """The file at an address that was checked (`Allowed.check`), its headers read.

        Raises MediaError, or Redirected.
        """
        self._check_literal(url)
        headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        try:
            response = await self._session.get(url, headers=headers, allow_redirects=False)
        except PrivateAddressError as error:
            raise NotAllowed(str(error)) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if isinstance(getattr(error, "os_error", None), PrivateAddressError):
                raise NotAllowed("the host's address is not a public one") from None
            raise away(error) from error
        async with response:
            _raise_for(response)
            yield Download(response)

    def _check_literal(self, url: URL) -> None:
        """An address in numbers never comes before the resolver."""
        host = url.host or ""
        if not _is_literal(host) or (host, url.port) in self._trusted:
            return
        if not is_public(host):
            raise NotAllowed("the host's address is not a public one")


def _is_literal(host: str) -> bool:
    """As aiohttp sees it, which then asks no resolver: 2130706433 is an address too."""
    return ":" in host or host.replace(".", "").isdigit()


def away(error: Exception) -> ProviderAway:
    """The network's exceptions by their class alone: their words hold addresses."""
    return ProviderAway(f"the other side does not answer ({type(error).__name__})")


def _asked(response: aiohttp.ClientResponse) -> float | None:
    """Seconds that it wants to be left alone; anything but a number is as good as nothing."""
    seconds = response.headers.get("Retry-After", "")
    known = seconds.isascii() and seconds.isdigit()
    return min(float(seconds), LONGEST_WAIT_S) if known else None


def _raise_for(response: aiohttp.ClientResponse) -> None:
    status = response.status
    error: MediaError
    if status == _OK:
        if response.headers.get("Content-Encoding", "identity").lower() == "identity":
            return
        error = NotAFile("the file came compressed, which was not asked for")
    elif status in _REDIRECTS and "Location" in response.headers:
        raise Redirected(response.headers["Location"])
    elif status in (401, 403):
        forbidden = status == 403  # noqa: PLR2004  # RFC 9110
        error = Denied(f"the other side answered {status}", forbidden=forbidden)
    elif status in (404, 410):
        error = Gone(f"the other side answered {status}")
    elif status in (408, 425, 429) or status >= 500:  # noqa: PLR2004  # RFC 9110: may pass
        error = ProviderAway(f"the other side answered {status}", retry_after=_asked(response))
    else:
        error = NotAFile(f"the other side answered {status}")
    raise error
