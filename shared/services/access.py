"""What the gateway asks tenancy of those who call it: tenants by name, API keys by their hash.

Stored of a key is its SHA-256: of 256 random bits that tells nothing, so neither salt nor slow
hashing would add anything.
"""

from __future__ import annotations

import hashlib

from pydantic import BaseModel, Field

from shared.runtime.faults import in_words
from shared.runtime.peer import Peer, segment
from shared.services.fields import Moment
from shared.tenancy.models import Status
from shared.tenancy.roles import Role

TIMEOUT = 2.0  # seconds


def key_hash(key: str) -> str:
    """How a key is stored and asked for: 64 hex digits."""
    return hashlib.sha256(key.encode()).hexdigest()


class TenantCard(BaseModel):
    """What the gateway needs to know of a tenant."""

    id: str
    slug: str
    status: Status
    cors_origins: list[str]


class FoundTenant(BaseModel):
    """Answer of /tenancy/card; None: there is no such tenant."""

    tenant: TenantCard | None


class FoundOrigin(BaseModel):
    """Answer of /tenancy/origin: whether any active tenant allows that web origin."""

    allowed: bool


class KeyCard(BaseModel):
    """A key that is good but for its date: whose, and what it may do. Tenant None: the platform."""

    id: str
    tenant_id: str | None
    role: Role
    scopes: list[str]
    expires_at: Moment | None


class RevokedKey(BaseModel):
    """A key that was taken back: whose it was, for the log."""

    id: str
    tenant_id: str | None


class KeyQuestion(BaseModel):
    """A key by its hash."""

    key_hash: str = Field(pattern=in_words(r"^[0-9a-f]{64}$", "is no SHA-256 in hexadecimal"))


class FoundKey(BaseModel):
    """Answer of /tenancy/key; neither: unknown. A gateway that knows no `revoked` sees no key."""

    key: KeyCard | None = None
    revoked: RevokedKey | None = None


class AccessClient:
    """The gateway's questions. Raises Unavailable or Unknown."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def tenant(self, ref: str) -> TenantCard | None:
        """A tenant by id or slug."""
        path = f"/tenancy/card/{segment(ref)}"
        found = await self._peer.call("GET", path, answer=FoundTenant, timeout=TIMEOUT)
        return found.tenant

    async def key(self, hashed: str) -> KeyCard | RevokedKey | None:
        """An API key by its hash."""
        question = KeyQuestion(key_hash=hashed)
        found = await self._peer.call(
            "POST", "/tenancy/key", body=question, answer=FoundKey, timeout=TIMEOUT
        )
        return found.key or found.revoked

    async def origin(self, origin: str) -> bool:
        """Whether a browser's page of this origin may ask at all."""
        found = await self._peer.call(
            "GET", "/tenancy/origin", params={"origin": origin}, answer=FoundOrigin, timeout=TIMEOUT
        )
        return found.allowed
