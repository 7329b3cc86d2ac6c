"""Whose data a call touches. Repositories and cache keys take it first, so none can forget it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from shared.runtime.errors import BadInput


@dataclass(frozen=True)
class TenantScope:
    """One tenant, and one of its channels where that matters. Ids are UUID text."""

    tenant_id: str
    channel_id: str | None = None

    def __post_init__(self) -> None:
        for name in ("tenant_id", "channel_id"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, _uuid(name, value))

    def cache_key(self, *parts: str) -> str:
        """Name of this tenant's own Redis key: `tenant:{tenantId}:...`."""
        return ":".join(("tenant", self.tenant_id, *parts))

    def partition_key(self, customer: str) -> str:
        """What keeps one customer's messages on one channel in order."""
        if self.channel_id is None:
            raise BadInput("a partition key needs a channel")
        return f"{self.tenant_id}:{self.channel_id}:{customer}"


def _uuid(name: str, value: str) -> str:
    # Also what makes it safe as an RLS setting and in a key: nothing but hex and dashes passes.
    try:
        return str(UUID(value))
    except (ValueError, AttributeError, TypeError):
        raise BadInput(f"{name} is not a UUID") from None
