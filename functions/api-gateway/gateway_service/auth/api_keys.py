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
from shared.services.access import AccessClient, KeyCard, RevokedKey, key_hash
from shared.services.key_marks import KEY, KeyMarks
from shared.tenancy.memory import Memory, MemoryLimits
from shared.tenancy.roles import narrowed

CARDS = MemoryLimits(fresh=0.8, unknown=0.8, stale=15.0, retry=1.0)


class ApiKeys:
    """Turns a key into who calls."""

    def __init__(
        self,
        client: AccessClient,
        tenants: Tenants,
        marks: KeyMarks,
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._marks = marks
        self._tenants = tenants
        self._strangers = Strangers(clock)
        self._cards: Memory[KeyCard | RevokedKey] = Memory("api_key", CARDS, clock)

    async def principal(self, key: str, source: str) -> Principal:
        """Whose the key is; `source`: where it comes from.

        Raises Unauthorised, Forbidden for a suspended tenant, Unavailable.
        """
        if not KEY.fullmatch(key):
            raise Unauthorised(reason="not_a_key")
        hashed = key_hash(key)
        card = await self._cards.get(hashed, lambda: self._ask(key, hashed, source))
        if card is None:
            prefix = key.split("_")[1]  # as `parley keys list` has it: no part of the secret
            raise Unauthorised(reason="unknown_key", whose={"claimed_key_prefix": prefix})
        client = f"key:{card.id}"
        whose = {"client": client, "tenant_id": card.tenant_id}
        if isinstance(card, RevokedKey):
            raise Unauthorised(reason="revoked_key", whose=whose)
        if card.expires_at is not None and card.expires_at <= utcnow():
            raise Unauthorised(reason="expired", whose=whose)
        tenant = None
        if card.tenant_id is not None:
            tenant = await self._tenants.active(card.tenant_id, client=client)
        scopes = narrowed(card.role, card.scopes)
        return Principal(client, tenant, (card.role,), scopes)

    async def _ask(self, key: str, hashed: str, source: str) -> KeyCard | RevokedKey | None:
        if self._marks.made(key):  # nobody can make up many of these
            return await self._client.key(hashed)
        return await self._strangers.ask(hashed, source, lambda: self._client.key(hashed))
