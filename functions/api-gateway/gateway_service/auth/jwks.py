"""The identity provider's public keys: by discovery, remembered, asked for anew when they change.

A token with an unknown key makes it ask again, but no more often than once in so many seconds,
however many such tokens come. While the provider is away, the keys that are known serve on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import jwt
import orjson

from shared.runtime.errors import ParleyError, Unavailable
from shared.runtime.logging import logger
from shared.runtime.metrics import counter

log = logger()

Fetch = Callable[[str], Awaitable[bytes]]

FETCHES = counter(
    "oidc_fetches", "Times that the identity provider's keys were asked", ("outcome",)
)
FRESH_S = 300.0  # a key that the provider withdrew is out after it
STALE_S = 86_400.0
RETRY_S = 1.0  # between tries while no key is known at all
KINDS = ("RSA", "EC", "OKP")  # never a shared secret
MOST_KEYS = 100


class Keys:
    """The keys of one issuer."""

    def __init__(
        self,
        issuer: str,
        fetch: Fetch,
        *,
        refetch: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`fetch` gets a body; `refetch`: seconds between fetches that unknown keys ask for."""
        self._issuer = issuer
        self._fetch = fetch
        self._refetch = refetch
        self._clock = clock
        self._keys: dict[str, jwt.PyJWK] = {}
        self._learned = float("-inf")
        self._asked = float("-inf")
        self._lock = asyncio.Lock()

    async def key(self, kid: str) -> jwt.PyJWK | None:
        """The key of that id, or None. Raises Unavailable when no keys can be had."""
        if kid not in self._keys or self._due(kid):
            async with self._lock:  # who comes with a new key waits for those who ask already
                if self._due(kid):
                    await self._renew()
        if self._clock() - self._learned > STALE_S:
            raise Unavailable("the identity provider does not answer", retry_after=1)
        return self._keys.get(kid)

    def _due(self, kid: str) -> bool:
        now = self._clock()
        if not self._keys:
            return now - self._asked >= RETRY_S
        since = now - self._asked
        old = now - self._learned >= FRESH_S
        return since >= self._refetch and (old or kid not in self._keys)

    async def _renew(self) -> None:
        self._asked = self._clock()
        try:
            self._keys = await self._read()
        except (ParleyError, ValueError, KeyError, TypeError, AttributeError) as error:
            FETCHES.labels("failed").inc()
            code = error.code if isinstance(error, ParleyError) else type(error).__name__
            log.warning("identity_provider_away", extra={"code": code})
            return
        self._learned = self._clock()
        FETCHES.labels("done").inc()

    async def _read(self) -> dict[str, jwt.PyJWK]:
        """Discovery (OpenID Connect Discovery 1.0, 4), then the keys. Raises what is wrong."""
        place = self._issuer.rstrip("/") + "/.well-known/openid-configuration"
        about = orjson.loads(await self._fetch(place))
        if about["issuer"] != self._issuer:  # 4.3: else one issuer could speak for another
            raise ValueError
        listed = orjson.loads(await self._fetch(about["jwks_uri"]))["keys"]
        keys = {each["kid"]: made for each in listed[:MOST_KEYS] if (made := _made(each))}
        if not keys:
            raise ValueError
        return keys


def _made(jwk: dict[str, Any]) -> jwt.PyJWK | None:
    """A key that verifies signatures; None for all others, which are none of our concern."""
    if jwk.get("kty") not in KINDS or jwk.get("use", "sig") != "sig" or not jwk.get("kid"):
        return None
    try:
        return jwt.PyJWK.from_dict(jwk)
    except jwt.PyJWTError:
        return None
