"""Rows of the tenancy tables, as they are stored: secrets sealed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shared.tenancy.models import Provider, Status


@dataclass
class TenantRow:
    """`tenants`."""

    id: str
    slug: str
    name: str
    status: Status
    options: dict[str, Any]


@dataclass
class AppRow:
    """`meta_apps`; tenant_id None is the platform's."""

    id: str
    tenant_id: str | None
    name: str
    app_secret: bytes = field(repr=False)
    app_secret_previous: bytes | None = field(default=None, repr=False)
    verify_token: bytes | None = field(default=None, repr=False)


@dataclass
class CredentialRow:
    """`tenant_credentials`; the sealed value is JSON."""

    id: str
    tenant_id: str
    kind: Provider
    name: str
    sealed: bytes = field(repr=False)
    sealed_previous: bytes | None = field(default=None, repr=False)
    health: str = "unknown"


@dataclass
class ChannelRow:
    """`channels`; meta_app_id None is the platform's app."""

    id: str
    tenant_id: str
    name: str
    phone_number_id: str
    waba_id: str
    display_phone_number: str
    meta_app_id: str | None
    integration_id: str
    region: str
    status: Status
    whatsapp_credential: str
    genesys_credential: str
    limits: dict[str, Any]
    options: dict[str, Any]
    webhook_secret: bytes | None = field(default=None, repr=False)
    webhook_secret_previous: bytes | None = field(default=None, repr=False)


Row = TenantRow | AppRow | CredentialRow | ChannelRow


@dataclass
class Stored:
    """All that is stored of one tenant."""

    tenant: TenantRow | None = None
    apps: list[AppRow] = field(default_factory=list)
    credentials: list[CredentialRow] = field(default_factory=list)
    channels: list[ChannelRow] = field(default_factory=list)

    def rows(self) -> list[Row]:
        """All of them, the tenant first."""
        tenant = [] if self.tenant is None else [self.tenant]
        return [*tenant, *self.apps, *self.credentials, *self.channels]

    def credential(self, kind: Provider, name: str) -> CredentialRow | None:
        """The stored credential of that kind and name."""
        return next((one for one in self.credentials if (one.kind, one.name) == (kind, name)), None)

    def channel(self, name: str) -> ChannelRow | None:
        """The stored channel of that name."""
        return next((one for one in self.channels if one.name == name), None)


@dataclass(frozen=True)
class Holder:
    """A channel that holds one of the identifiers asked for."""

    tenant_id: str
    channel: str
    phone_number_id: str
    integration_id: str
    waba_id: str


@dataclass(frozen=True)
class StaleKey:
    """A key of Redis that a change made wrong. `lookup`: of the doors, else a token's."""

    key: str
    lookup: bool
