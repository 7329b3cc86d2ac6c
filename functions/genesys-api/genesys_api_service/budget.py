"""Which OAuth client makes a call, so that none goes over its minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from shared.limits.client_math import Kind
from shared.limits.clients import Clients
from shared.limits.settings import ClientSettings
from shared.limits.values import Held
from shared.messaging.outcomes import SendError, SendOutcome, held_back
from shared.messaging.transport import NOT_SENT
from shared.storage.cache import Cache

# As Genesys says it: contracts/genesys.md (b6).
TOO_MANY: Final = frozenset({"too.many.requests", "http_429"})
HOLD_S: Final = 15.0


@dataclass(frozen=True)
class Budgets:
    """The minutes of all clients."""

    clients: Clients

    @classmethod
    def of(cls, settings: ClientSettings, cache: Cache) -> Self | None:
        """As the settings have it; None when the limits are off."""
        if settings.rate_limits == "off":
            return None
        wait = settings.rate_longest_wait_seconds
        share = settings.rate_local_share
        return cls(Clients(cache, settings.budget(), share, longest_wait=wait))

    async def choose(self, tenant_id: str, names: Sequence[str], kind: Kind) -> Turn | SendError:
        """A call that is counted already; or why there is none now."""
        name = await self.clients.take(tenant_id, names, kind)
        if isinstance(name, Held):
            return held_back(name.limit, name.retry_after)
        return Turn(self.clients, tenant_id, name, kind)


@dataclass
class Turn:
    """One call of one client, and the repeats of it."""

    clients: Clients
    tenant_id: str
    client: str
    kind: Kind
    tries: int = field(default=0, init=False)

    async def enter(self) -> SendError | None:
        """The first try is counted already; each other one is a call of its own."""
        self.tries += 1
        if self.tries == 1:
            return None
        taken = await self.clients.take(self.tenant_id, [self.client], self.kind)
        return held_back(taken.limit, taken.retry_after) if isinstance(taken, Held) else None

    def hear(self, headers: Mapping[str, str]) -> None:
        """What an answer told of the client's minute."""
        self.clients.hear(self.tenant_id, self.client, headers)

    async def learn(self, outcome: SendOutcome) -> SendOutcome:
        """Leave the client alone where Genesys says so; count a call less that never left."""
        error = outcome.error
        if error is None or outcome.outcome != "refused":
            return outcome
        if error.provider_code in NOT_SENT:
            await self.give_back()
        if error.provider_code not in TOO_MANY:
            return outcome
        wait = error.retry_after or HOLD_S
        await self.clients.hold(self.tenant_id, self.client, wait)
        paced = error.model_copy(update={"hold_line": True, "retry_after": wait})
        return SendOutcome.refused(paced)

    async def give_back(self) -> None:
        """It was not made."""
        await self.clients.give_back(self.tenant_id, self.client)

    async def rest(self, error: SendError) -> None:
        """Its credential is at fault: let the others do the work for a while."""
        await self.clients.hold(self.tenant_id, self.client, error.retry_after or HOLD_S)
