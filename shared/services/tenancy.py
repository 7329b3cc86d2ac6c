"""Calls of the tenancy function.

"Not known" is an answer (200 with null), not a 404: a 404 is a function that is not deployed, and
must never make a good message look like a stranger's.
"""

from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field

from shared.runtime.errors import NotFound, Unavailable
from shared.runtime.peer import Peer, segment
from shared.services.checks import Standing, Standings
from shared.services.fields import Moment
from shared.tenancy.models import (
    GenesysCredential,
    IdentifierKind,
    Provider,
    Resolution,
    Signer,
    SigningSecrets,
    Status,
    WhatsAppCredential,
)

__all__ = [
    "GenesysCredential",
    "Resolution",
    "SigningSecrets",
    "TenancyClient",
    "WhatsAppCredential",
]

TIMEOUT = 2.0  # seconds; the doors must answer Meta and Genesys long before theirs run out

SecretState = Literal["set", "missing"]
T = TypeVar("T", bound=BaseModel)


class Resolved(BaseModel):
    """Answer of /tenancy/resolve; None when nobody has that identifier."""

    resolution: Resolution | None


class Signing(BaseModel):
    """Answer of /tenancy/signing; None when there is no such app or integration."""

    secrets: SigningSecrets | None


class Opened(BaseModel):
    """Answer of /tenancy/credentials: that provider's field is filled, if the credential exists.

    `renewed_at`: when it was last applied, or last taken by its provider after it was not.
    """

    whatsapp: WhatsAppCredential | None = None
    genesys: GenesysCredential | None = None
    renewed_at: Moment | None = None


class Change(BaseModel):
    """One thing that an apply changed.

    `fields` (of a change) are names; `values`: from what to what, of those that are no secret.
    """

    what: Literal["tenant", "credential", "app", "channel"]
    name: str
    action: Literal["created", "changed"]
    fields: list[str]
    values: dict[str, list[Any]] = Field(default_factory=dict)


class Applied(BaseModel):
    """What an apply did; no changes: it was so already. `kept`: stored but not in the file.

    Unless `caches_cleared`, Redis was away and the doors may use the old values meanwhile.
    """

    name: str
    dry_run: bool
    changes: list[Change]
    kept: list[str]
    caches_cleared: bool


class Health(BaseModel):
    """What a provider told of a credential: when it was used, or when it was asked.

    `secret`: `secret_digest` of the credential that was used. What is told of another one than is
    stored is not written down.
    """

    health: Literal["good", "expiring", "bad"]
    detail: str = Field("", max_length=500)
    expires_at: Moment | None = None
    secret: str | None = None


class CredentialView(BaseModel):
    """A stored credential, without it."""

    kind: Provider
    name: str
    secret: SecretState
    previous: SecretState
    health: str
    health_detail: str | None = None
    health_at: Moment | None = None
    expires_at: Moment | None = None


class AppView(BaseModel):
    """A stored Meta app, without its secrets."""

    app: str
    app_secret: SecretState
    app_secret_previous: SecretState
    verify_token: SecretState


class ChannelView(BaseModel):
    """A stored channel, without its secrets."""

    id: str
    name: str
    status: Status
    phone_number_id: str
    waba_id: str
    display_phone_number: str
    integration_id: str
    region: str
    meta_app: str
    whatsapp_credential: str
    genesys_credential: str
    webhook_secret: SecretState
    webhook_secret_previous: SecretState


class TenantView(BaseModel):
    """A stored tenant, without any secret."""

    id: str
    tenant: str
    name: str
    status: Status
    credentials: list[CredentialView]
    apps: list[AppView]
    channels: list[ChannelView]


class TenantLine(BaseModel):
    """A tenant in the list."""

    id: str
    tenant: str
    name: str
    status: Status
    channels: int


class TenantList(BaseModel):
    """All tenants, by slug."""

    tenants: list[TenantLine]


class TenancyClient:
    """The reads that other functions make. Raises Unavailable or Unknown, never NotFound."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def resolve(self, kind: IdentifierKind, value: str) -> Resolution | None:
        """Whose the identifier is, or None."""
        return (await self._get(f"/tenancy/resolve/{kind}/{segment(value)}", Resolved)).resolution

    async def signing(self, signer: Signer, key: str) -> SigningSecrets | None:
        """Secrets of a Meta app (by name) or of a Genesys integration (by id), or None."""
        return (await self._get(f"/tenancy/signing/{signer}/{segment(key)}", Signing)).secrets

    async def credential(self, tenant_id: str, kind: Provider, name: str) -> Opened:
        """A credential, opened; the provider's field is None when there is no such one."""
        path = f"/tenancy/credentials/{segment(tenant_id)}/{kind}/{segment(name)}"
        return await self._get(path, Opened)

    async def set_health(self, tenant_id: str, kind: Provider, name: str, health: Health) -> None:
        """Note what a provider told of a credential. Raises NotFound when there is no such one."""
        path = f"/tenancy/credentials/{segment(tenant_id)}/{kind}/{segment(name)}/health"
        await self._peer.call("PUT", path, body=health, answer=Health, timeout=TIMEOUT)

    async def standings(self) -> list[Standing]:
        """How the credentials of all active tenants stand."""
        return (await self._get("/tenancy/standings", Standings)).credentials

    async def tenant(self, slug: str) -> TenantView:
        """A tenant. Raises NotFound."""
        path = f"/tenancy/tenants/{segment(slug)}"
        return await self._peer.call("GET", path, answer=TenantView, timeout=TIMEOUT)

    async def _get(self, path: str, answer: type[T]) -> T:
        try:
            return await self._peer.call("GET", path, answer=answer, timeout=TIMEOUT)
        except NotFound as error:
            raise Unavailable(
                "the tenancy function is not where TENANCY_URL says: it answered 404"
            ) from error
