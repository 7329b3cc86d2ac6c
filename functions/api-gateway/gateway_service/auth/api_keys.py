"""API keys: known by their hash, asked of tenancy, remembered for less than a second.

So a revoked key is out within a second, on every replica, and without any message between them.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway_service.principal import Principal
from gateway_service.strangers import Strangers
from gateway_service.tenants import Tenants
from shared.runtime.clock import utcnow
from shared.runtime.errors import Unauthorised
from shared.services.access import KEY, AccessClient, KeyCard, key_hash
from shared.tenancy.memory import Memory, MemoryLimits
from shared.tenancy.roles import narrowed

CARDS = MemoryLimits(fresh=0.8, unknown=0.8, stale=15.0, retry=1.0)


class ApiKeys:
    """Turns a key into who calls."""

    def __init__(self, client: AccessClient, tenants: Tenants, clock: Callable[[], float]) -> None:
        self._client = client
        self._tenants = tenants
        self._strangers = Strangers(clock)
        self._cards: Memory[KeyCard] = Memory("api_key", CARDS, clock)

    async def principal(self, key: str) -> Principal:
        """Whose the key is. Raises Unauthorised, Forbidden for a suspended tenant, Unavailable."""
        if not KEY.fullmatch(key):
            raise Unauthorised
        hashed = key_hash(key)
        card = await self._cards.get(hashed, lambda: self._ask(hashed))
        if card is None or (card.expires_at is not None and card.expires_at <= utcnow()):
            raise Unauthorised
        tenant = None if card.tenant_id is None else await self._tenants.active(card.tenant_id)
        scopes = narrowed(card.role, card.scopes)
        return Principal(f"key:{card.id}", tenant, (card.role,), scopes)

    async def _ask(self, hashed: str) -> KeyCard | None:
        return await self._strangers.ask(hashed, lambda: self._client.key(hashed))
