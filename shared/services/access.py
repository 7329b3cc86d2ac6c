"""What the gateway asks tenancy of those who call it: tenants by name, API keys by their hash.

The key itself is shown once, in the answer that made it. Stored is its SHA-256: of 256 random bits
that tells nothing, so neither salt nor slow hashing would add anything.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated
from urllib.parse import quote

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer

from shared.runtime.clock import rfc3339
from shared.runtime.peer import Peer
from shared.services.tenancy import TIMEOUT
from shared.tenancy.files import Name
from shared.tenancy.models import Status, WireSecret
from shared.tenancy.roles import Role, Scope

KEY = re.compile(r"parley_[0-9a-f]{8}_[A-Za-z0-9_-]{43}")
LONGEST_DAYS = 730

Moment = Annotated[AwareDatetime, PlainSerializer(rfc3339, when_used="json")]


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


class KeyQuestion(BaseModel):
    """A key by its hash."""

    key_hash: str = Field(pattern=r"^[0-9a-f]{64}$")


class FoundKey(BaseModel):
    """Answer of /tenancy/key; None: unknown or revoked."""

    key: KeyCard | None


class KeyRequest(BaseModel):
    """A key to be made. `scopes` empty: all that the role has."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Name
    role: Role = "viewer"
    scopes: list[Scope] = Field(default_factory=list)
    expires_in_days: int = Field(90, ge=1, le=LONGEST_DAYS, strict=True)


class KeyView(BaseModel):
    """A key without itself; `prefix` is its first letters, to be known by."""

    id: str
    name: str
    prefix: str
    role: Role
    scopes: list[str]
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None
    revoked_at: Moment | None


class KeyMade(KeyView):
    """A key, this once."""

    key: WireSecret


class KeyList(BaseModel):
    """The keys of a tenant, or of the platform; the newest first, at most 1000."""

    keys: list[KeyView]


class AccessClient:
    """The gateway's questions. Raises Unavailable or Unknown."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def tenant(self, ref: str) -> TenantCard | None:
        """A tenant by id or slug."""
        path = f"/tenancy/card/{quote(ref, safe='')}"
        found = await self._peer.call("GET", path, answer=FoundTenant, timeout=TIMEOUT)
        return found.tenant

    async def key(self, hashed: str) -> KeyCard | None:
        """An API key by its hash."""
        question = KeyQuestion(key_hash=hashed)
        found = await self._peer.call(
            "POST", "/tenancy/key", body=question, answer=FoundKey, timeout=TIMEOUT
        )
        return found.key

    async def origin(self, origin: str) -> bool:
        """Whether a browser's page of this origin may ask at all."""
        found = await self._peer.call(
            "GET", "/tenancy/origin", params={"origin": origin}, answer=FoundOrigin, timeout=TIMEOUT
        )
        return found.allowed
