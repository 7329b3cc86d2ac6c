"""Credentials looked after without traffic: each asked of its provider some times a day.

Silence says nothing of a credential: what is written down is what a provider told, and when. One
replica asks, by a lock in Redis; all of them show the numbers.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from auth_service.issuer import Issuer
from auth_service.providers import Denied, Providers, Refused
from auth_service.verdicts import ends_at, token_health
from shared.runtime.clock import utcnow
from shared.runtime.ending import ended
from shared.runtime.errors import ParleyError
from shared.runtime.logging import logger
from shared.runtime.metrics import gauge
from shared.runtime.periodic import every
from shared.services.auth import CredentialBad, TokenRequest
from shared.services.checks import CredentialHealth, Standing
from shared.services.tenancy import Health, TenancyClient
from shared.storage.cache import Cache

log = logger()

CREDENTIALS = gauge(
    "credentials", "Credentials of active tenants by how they stand", ("provider", "health")
)
SOONEST = gauge(
    "credential_soonest_end_seconds",
    "Until the first credential ends; -1: none does",
    ("provider",),
)

LOOK_AGAIN = timedelta(hours=6)
BAD_AGAIN = timedelta(minutes=5)  # of one that was refused: it may have been mended there
SHOW_S = 15.0  # how soon the numbers say what is written down
LOCK = "patrol:credentials"
LOCK_S = 240.0
HEALTHS: tuple[CredentialHealth, ...] = ("unknown", "good", "expiring", "bad")


class Patrol:
    """Goes its rounds for one process: `start` it in the loop, `close` it at the end."""

    def __init__(
        self,
        issuer: Issuer,
        tenancy: TenancyClient,
        providers: Providers,
        cache: Cache,
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self._issuer = issuer
        self._tenancy = tenancy
        self._providers = providers
        self._cache = cache
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, seconds: float) -> None:
        """Begin: a round every so many seconds."""
        self._tasks = [
            _often(seconds, self.round, "credentials"),
            _often(min(seconds, SHOW_S), self.show, "health of credentials"),
        ]

    async def close(self) -> None:
        """Stop."""
        for task in self._tasks:
            await ended(task)

    async def show(self) -> None:
        """Show how all stand. Raises ParleyError: another time."""
        self._show(await self._tenancy.standings())

    async def round(self) -> None:
        """Show how all stand; ask of those that are due. Raises ParleyError: another time."""
        standings = await self._tenancy.standings()
        async with self._cache.lock(LOCK, LOCK_S) as mine:
            due = [one for one in standings if mine and self._due(one)]
            for one in due:
                await self._look(one)
        self._show(await self._tenancy.standings() if due else standings)

    def _due(self, one: Standing) -> bool:
        rest = BAD_AGAIN if one.health == "bad" else LOOK_AGAIN
        return one.health_at is None or self._clock() - one.health_at >= rest

    async def _look(self, one: Standing) -> None:
        request = TokenRequest(tenant_id=one.tenant_id, provider=one.kind, credential=one.name)
        if one.health == "bad":
            self._issuer.try_again(request)
        try:
            health = await self._asked(request)
        except Denied:  # it may be good and yet not be told of itself
            return
        except CredentialBad as error:  # written down when it was refused
            _warn(one, "bad", error.detail)
            return
        except ParleyError:  # nobody answered: that says nothing of the credential
            return
        if health.health != "good":
            _warn(one, health.health, health.detail)
        with suppress(ParleyError):
            await self._tenancy.set_health(one.tenant_id, one.kind, one.name, health)

    async def _asked(self, request: TokenRequest) -> Health:
        """What its provider says now, and of which secret. Raises Denied, CredentialBad."""
        token = await self._issuer.token(request)
        if request.provider == "genesys":
            return Health(health="good", detail="Genesys gives it tokens", secret=token.secret)
        try:
            facts = await self._providers.token(token.access_token)
        except Refused as error:
            return Health(health="bad", detail=error.detail, secret=token.secret)
        health, words = token_health(facts, self._clock())
        told = "bad" if health == "bad" else "expiring" if health == "expiring" else "good"
        ends = ends_at(facts)
        return Health(health=told, detail=words, expires_at=ends, secret=token.secret)

    def _show(self, standings: list[Standing]) -> None:
        counts = Counter((one.kind, one.health) for one in standings)
        for provider in ("whatsapp", "genesys"):
            for health in HEALTHS:
                CREDENTIALS.labels(provider, health).set(counts[provider, health])
            ends = [one.expires_at for one in standings if one.kind == provider and one.expires_at]
            left = min(ends) - self._clock() if ends else None
            SOONEST.labels(provider).set(-1 if left is None else left.total_seconds())


def _often(seconds: float, work: Callable[[], Awaitable[None]], name: str) -> asyncio.Task[None]:
    """Work about every so many seconds: replicas that start together do not ask together."""
    jittered = partial(random.uniform, seconds * 0.5, seconds * 1.5)
    return asyncio.create_task(every(jittered, work, name))


def _warn(one: Standing, health: str, words: str) -> None:
    extra = {"tenant_id": one.tenant_id, "provider": one.kind, "credential": one.name}
    log.warning(
        "credential_expiring" if health == "expiring" else "credential_bad",
        extra=extra | {"detail": words},
    )
