"""One token request however many callers and replicas want it; the old one serves until then.

Redis' lock keeps the replicas apart. Without Redis each replica asks for itself: a few requests
more, never a caller that waits for ever.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

from auth_service.credentials import Credentials
from shared.runtime.clock import utcnow
from shared.runtime.errors import Unavailable
from shared.runtime.logging import logger
from shared.services.auth import Accepted, CredentialBad, Invalidation, Token, TokenRequest
from shared.storage.cache import Cache
from shared.storage.single_flight import SingleFlight
from shared.tokens.lifetime import lifetime
from shared.tokens.store import TokenStore, token_key

log = logger()

LOCK_S = 12.0  # longer than a call of the tenancy function and one of a provider
WAIT_S = 8.0  # for another replica; then we ask ourselves
POLL_S = 0.05
REFUSED_FOR = timedelta(seconds=60)  # a refused WhatsApp token is handed out again after that
NOT_AGAIN_FOR = timedelta(seconds=5)  # a token refused right after its issue: not one a message
MAX_KEPT = 10_000


@dataclass(slots=True)
class _Memory:
    """What this process knows of one key."""

    token: Token | None = None
    issued_at: datetime | None = None
    refused: str | None = None  # digest of the token that the provider refused last
    refused_at: datetime | None = None


class Issuer:
    """Issues tokens. One a process."""

    def __init__(
        self,
        cache: Cache,
        store: TokenStore,
        credentials: Credentials,
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._cache = cache
        self._store = store
        self._credentials = credentials
        self._clock = clock
        self._memory: dict[str, _Memory] = {}
        self._flight: SingleFlight[str, Token] = SingleFlight()

    async def token(self, request: TokenRequest) -> Token:
        """Return a usable token. Raises CredentialBad or Unavailable."""
        key = token_key(request)
        return await self._flight.join(key, lambda: self._token(key, request))

    async def invalidate(self, invalidation: Invalidation) -> bool:
        """Forget the token that was refused, not a newer one; whether it was still here."""
        key, digest = token_key(invalidation), invalidation.access_token_hash
        memory = self._of(key)
        found = [one for one in (memory.token, await self._store.load(key)) if one is not None]
        matching = [one for one in found if digest in (None, one.digest)]
        if not matching:
            return False
        memory.refused, memory.refused_at = matching[0].digest, self._clock()
        memory.token = None
        await self._store.delete(key)
        log.info("token_invalidated", extra={"provider": invalidation.provider})
        if invalidation.provider == "whatsapp":  # its token is the credential
            refused = matching[0].digest
            await self._credentials.note_health(
                invalidation, "bad", refused, "Meta refused the token"
            )
        return True

    async def accepted(self, accepted: Accepted) -> None:
        """A provider took this token: the credential is good, if it is still that one."""
        memory = self._of(token_key(accepted))
        if memory.refused == accepted.access_token_hash:
            memory.refused = memory.refused_at = None
        if accepted.provider == "whatsapp":
            told = accepted.access_token_hash
            await self._credentials.note_health(accepted, "good", told)

    def try_again(self, request: TokenRequest) -> None:
        """Ask at the next request, however lately the credential was refused."""
        memory = self._of(token_key(request))
        memory.refused = memory.refused_at = None
        self._credentials.try_again(request)

    async def _token(self, key: str, request: TokenRequest) -> Token:
        cached = await self._store.load(key)
        if cached is not None and self._fresh(key, cached):
            return cached
        usable = cached if cached is not None and self._usable(key, cached) else None
        deadline = asyncio.get_running_loop().time() + WAIT_S
        while True:
            async with AsyncExitStack() as stack:
                try:
                    mine = await stack.enter_async_context(self._cache.lock(f"{key}:lock", LOCK_S))
                except Unavailable:
                    return await self._alone(key, request)
                if mine:
                    return await self._renew(key, request, usable)
            if usable is not None:  # another replica is renewing it
                return usable
            if asyncio.get_running_loop().time() > deadline:
                return await self._renew(key, request, None)
            await asyncio.sleep(POLL_S * (1 + random.random()))  # noqa: S311  # no secret
            found = await self._store.load(key)
            if found is not None and self._fresh(key, found):
                return found

    async def _alone(self, key: str, request: TokenRequest) -> Token:
        """Without Redis: what this process issued itself, or a token for this process alone."""
        token = self._of(key).token
        if token is not None and self._fresh(key, token):
            return token
        return await self._issue_or_keep(key, request, token)

    async def _renew(self, key: str, request: TokenRequest, usable: Token | None) -> Token:
        """With the lock in hand: another replica may have been here just before us."""
        found = await self._store.load(key)
        if found is not None and self._fresh(key, found):
            return found
        return await self._issue_or_keep(key, request, usable or self._of(key).token)

    async def _issue_or_keep(self, key: str, request: TokenRequest, old: Token | None) -> Token:
        try:
            return await self._issue(key, request)
        except (CredentialBad, Unavailable) as error:
            if old is None or not self._usable(key, old):
                raise
            log.warning("token_kept", extra={"provider": request.provider, "code": error.code})
            return old

    async def _issue(self, key: str, request: TokenRequest) -> Token:
        memory = self._of(key)
        self._not_at_once(request, memory)
        grant = await self._credentials.grant(request)
        now = self._clock()
        life = lifetime(request.provider, now, grant.expires_in)
        token = Token(
            access_token=grant.access_token,
            expires_at=life.expires_at,
            refresh_at=life.refresh_at,
            secret=grant.secret,
        )
        if grant.renewed_at and memory.refused_at and grant.renewed_at > memory.refused_at:
            memory.refused = memory.refused_at = None
        if request.provider == "whatsapp" and self._refused(key, token):
            raise CredentialBad("Meta refused the access token: apply the tenant with a new one")
        await self._store.save(key, token, life.cached)
        memory.token, memory.issued_at = token, now
        log.info("token_issued", extra={"provider": request.provider})
        return token

    def _not_at_once(self, request: TokenRequest, memory: _Memory) -> None:
        """A provider that refuses what it has just given would cost a token a message."""
        if memory.refused_at is None or memory.issued_at is None or request.provider != "genesys":
            return
        at_once = timedelta(0) <= memory.refused_at - memory.issued_at < NOT_AGAIN_FOR
        rest = memory.refused_at + NOT_AGAIN_FOR - self._clock()
        if at_once and rest > timedelta(0):
            raise Unavailable(
                "Genesys refused a token right after giving it", retry_after=rest.total_seconds()
            )

    def _of(self, key: str) -> _Memory:
        if key not in self._memory and len(self._memory) >= MAX_KEPT:
            del self._memory[next(iter(self._memory))]
        return self._memory.setdefault(key, _Memory())

    def _refused(self, key: str, token: Token) -> bool:
        memory = self._of(key)
        return (
            memory.refused == token.digest
            and memory.refused_at is not None
            and self._clock() - memory.refused_at < REFUSED_FOR
        )

    def _usable(self, key: str, token: Token) -> bool:
        return self._clock() < token.expires_at and not self._refused(key, token)

    def _fresh(self, key: str, token: Token) -> bool:
        return self._clock() < token.refresh_at and self._usable(key, token)
