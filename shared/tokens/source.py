"""Where delivery functions get tokens: this process, then Redis, then the auth function.

A token in hand is used until it truly ends, whoever is away; its renewal happens behind it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import SecretStr

from shared.runtime.clock import utcnow
from shared.runtime.errors import ParleyError, Unavailable
from shared.runtime.logging import logger
from shared.runtime.peer import Peer
from shared.services.auth import (
    Accepted,
    AuthClient,
    Invalidation,
    Token,
    TokenRequest,
    token_digest,
)
from shared.storage.cache import Cache
from shared.storage.single_flight import SingleFlight
from shared.tenancy.models import DEFAULT_CREDENTIAL, Provider
from shared.tenancy.vault import Vault
from shared.tokens.lifetime import EARLIEST_S
from shared.tokens.store import TokenStore, token_key

log = logger()

LOOK_AGAIN = timedelta(seconds=30)  # how soon a change made by another process is seen
TELL_AGAIN = timedelta(minutes=5)  # how often it is told that a token is still taken
MAX_KEPT = 10_000


@dataclass(slots=True)
class _Held:
    token: Token
    look_at: datetime  # when to look into Redis again
    renew_at: datetime  # with jitter, so that the replicas do not all ask at once


class TokenSource:
    """Tokens for one process. Make one at start; `close` it at the end."""

    def __init__(
        self, cache: Cache, auth: Peer, vault: Vault, clock: Callable[[], datetime] = utcnow
    ) -> None:
        self._store = TokenStore(cache, vault)
        self._auth = AuthClient(auth)
        self._clock = clock
        self._held: dict[str, _Held] = {}
        self._refused: dict[str, str] = {}  # key -> digest of the token last refused
        self._flight: SingleFlight[str, Token] = SingleFlight()
        self._accepted: dict[str, tuple[str, datetime]] = {}  # key -> digest, when to tell again
        self._renewals: set[asyncio.Task[None]] = set()

    async def get(
        self, tenant_id: str, provider: Provider, credential: str = DEFAULT_CREDENTIAL
    ) -> SecretStr:
        """Return a usable access token. Raises CredentialBad or Unavailable."""
        request = TokenRequest(tenant_id=tenant_id, provider=provider, credential=credential)
        key = token_key(request)
        held, now = self._held.get(key), self._clock()
        if held is None or now >= held.look_at or now >= held.token.expires_at:
            token = await self._flight.join(key, lambda: self._obtain(key, request))
            return token.access_token
        if now >= held.renew_at:
            self._renew_behind(key, request, held)
        return held.token.access_token

    async def drop(
        self,
        tenant_id: str,
        provider: Provider,
        credential: str = DEFAULT_CREDENTIAL,
        *,
        token: SecretStr,
    ) -> None:
        """Tell that the provider refused this token. A newer one that is there already stays."""
        digest = token_digest(token)
        invalidation = Invalidation(
            tenant_id=tenant_id,
            provider=provider,
            credential=credential,
            access_token_hash=digest,
        )
        key = token_key(invalidation)
        self._refused[key] = digest
        self._accepted.pop(key, None)
        held = self._held.get(key)
        if held is not None and held.token.digest == digest:
            del self._held[key]
        try:
            await self._auth.invalidate(invalidation)
        except ParleyError as error:
            log.warning("token_invalidation_not_told", extra={"code": error.code})
            cached = await self._store.load(key)
            if cached is not None and cached.digest == digest:
                await self._store.delete(key)

    def accepted(
        self,
        tenant_id: str,
        provider: Provider,
        credential: str = DEFAULT_CREDENTIAL,
        *,
        token: SecretStr,
    ) -> None:
        """The provider took this token. Told to the auth function behind it, now and then."""
        told = Accepted(
            tenant_id=tenant_id,
            provider=provider,
            credential=credential,
            access_token_hash=token_digest(token),
        )
        key, now = token_key(told), self._clock()
        digest, again = self._accepted.get(key, ("", now))
        if digest == told.access_token_hash and now < again:
            return
        if len(self._accepted) >= MAX_KEPT:
            self._accepted.clear()
        self._accepted[key] = (told.access_token_hash, now + TELL_AGAIN)
        self._behind(self._tell_accepted(key, told))

    async def _tell_accepted(self, key: str, told: Accepted) -> None:
        try:
            await self._auth.accepted(told)
        except ParleyError as error:
            self._accepted.pop(key, None)
            log.warning("token_acceptance_not_told", extra={"code": error.code})

    async def close(self) -> None:
        """Stop what runs behind."""
        for task in self._renewals:
            task.cancel()
        await asyncio.gather(*self._renewals, return_exceptions=True)

    async def _obtain(self, key: str, request: TokenRequest) -> Token:
        cached = await self._store.load(key)
        if cached is not None and self._good(key, cached):
            return self._hold(key, cached)
        try:
            return self._hold(key, await self._auth.token(request))
        except Unavailable as error:
            held = self._held.get(key)
            if held is None or not self._good(key, held.token):
                raise
            log.warning("token_kept_auth_away", extra={"code": error.code})
            return self._hold(key, held.token)

    def _good(self, key: str, token: Token) -> bool:
        return token.expires_at > self._clock() and token.digest != self._refused.get(key)

    def _hold(self, key: str, token: Token) -> Token:
        now = self._clock()
        spread = min(token.expires_at - token.refresh_at, timedelta(seconds=EARLIEST_S)) / 2
        jitter = random.random() * spread  # noqa: S311  # no secret
        self._held.pop(key, None)
        if len(self._held) >= MAX_KEPT:
            del self._held[next(iter(self._held))]
        self._held[key] = _Held(token, now + LOOK_AGAIN, token.refresh_at + jitter)
        return token

    def _renew_behind(self, key: str, request: TokenRequest, held: _Held) -> None:
        held.renew_at = self._clock() + LOOK_AGAIN  # the next try, should this one fail
        self._behind(self._renew(key, request))

    def _behind(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._renewals.add(task)
        task.add_done_callback(self._renewals.discard)

    async def _renew(self, key: str, request: TokenRequest) -> None:
        try:
            self._hold(key, await self._auth.token(request))
        except ParleyError as error:
            log.warning("token_not_renewed", extra={"code": error.code})
