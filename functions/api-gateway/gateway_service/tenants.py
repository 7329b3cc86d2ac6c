"""Tenants as the gateway needs them: remembered for a second, so that a suspended one is out."""

from __future__ import annotations

import re
from collections.abc import Callable

from gateway_service.strangers import Strangers
from shared.runtime.errors import Forbidden
from shared.runtime.refusals import claimed
from shared.services.access import AccessClient, TenantCard
from shared.tenancy.memory import Memory, MemoryLimits

CARDS = MemoryLimits(fresh=0.8, unknown=0.8, stale=15.0, retry=1.0)
ORIGINS = MemoryLimits(fresh=5.0, unknown=5.0, stale=60.0, retry=1.0)
_REF = re.compile(r"[A-Za-z0-9-]{1,63}")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?")


class Tenants:
    """Cards and web origins. One a process."""

    def __init__(self, client: AccessClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._strangers = Strangers(clock)
        self._cards: Memory[TenantCard] = Memory("tenant_card", CARDS, clock)
        self._origins: Memory[bool] = Memory("web_origin", ORIGINS, clock)

    async def card(self, ref: str) -> TenantCard | None:
        """The tenant by id or slug; None when there is none."""
        if not _REF.fullmatch(ref):
            return None
        return await self._cards.get(ref, lambda: self._client.tenant(ref))

    async def active(self, ref: str, *, client: str) -> TenantCard:
        """The same. Raises Forbidden when there is none, or it is suspended; `client`: who asks."""
        card = await self.card(ref)
        if card is None:
            whose: dict[str, str | None] = {"client": client, "claimed_tenant": claimed(ref)}
            raise Forbidden("there is no such tenant", reason="unknown_tenant", whose=whose)
        if card.status != "active":
            whose = {"client": client, "tenant_id": card.id}
            raise Forbidden("the tenant is suspended", reason="tenant_suspended", whose=whose)
        return card

    async def knows_origin(self, origin: str, source: str) -> bool:
        """Whether any active tenant lets a browser's page of this origin ask.

        `source`: where the question comes from. Raises Unavailable.
        """
        if not _ORIGIN.fullmatch(origin):
            return False

        async def known() -> bool | None:
            return await self._client.origin(origin) or None

        async def ask() -> bool | None:
            return await self._strangers.ask(origin, source, known)

        return bool(await self._origins.get(origin, ask))
