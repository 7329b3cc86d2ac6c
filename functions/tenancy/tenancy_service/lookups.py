"""Reads of the doors and of auth: one round trip each, over all tenants, by an identifier."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from shared.runtime.errors import BadInput
from shared.services.tenancy import Opened
from shared.storage.database import Database
from shared.tenancy.models import (
    PLATFORM_APP,
    GenesysCredential,
    IdentifierKind,
    Provider,
    Resolution,
    SigningSecrets,
    WhatsAppCredential,
)
from shared.tenancy.scope import TenantScope
from shared.tenancy.vault import Vault
from tenancy_service.planning import app_secret, credential_column, verify_token, webhook_secret

_COLUMN: dict[IdentifierKind, str] = {
    "phone": "c.phone_number_id",
    "integration": "c.integration_id",
    "waba": "c.waba_id",
    "channel": "c.id",
    "slug": "t.slug",
    "tenant": "t.id",
}
_UUIDS: tuple[IdentifierKind, ...] = ("channel", "tenant")
_RESOLVE = """
select t.id as tenant_id, t.slug as tenant_slug, t.status as tenant_status,
       t.options as tenant_options, c.options as channel_options,
       c.id as channel_id, c.name as channel_name, c.status as channel_status,
       c.phone_number_id, c.waba_id, c.integration_id, c.region,
       coalesce(a.name, '{platform}') as meta_app, c.whatsapp_credential, c.genesys_credential,
       c.limits
from channels c join tenants t on t.id = c.tenant_id left join meta_apps a on a.id = c.meta_app_id
where {column} = :value order by c.created_at limit 1
"""
_OF_TENANT = """
select id as tenant_id, slug as tenant_slug, status as tenant_status, options from tenants t
where {column} = :value
"""
# What the number says, not the account it belongs to.
_OF_THE_CHANNEL = (
    "channel_id",
    "channel_name",
    "channel_status",
    "phone_number_id",
    "integration_id",
    "region",
)


class Lookups:
    """Answers whose an identifier is, and opens secrets for those who may ask."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def resolve_across_tenants(self, kind: IdentifierKind, value: str) -> Resolution | None:
        """Whose the identifier is; None when nobody's."""
        if kind in _UUIDS and not _is_uuid(value):
            return None
        if kind in ("slug", "tenant"):
            row = await self._one(_OF_TENANT.format(column=_COLUMN[kind]), value=value)
            return None if row is None else Resolution(**row)
        statement = _RESOLVE.format(column=_COLUMN[kind], platform=PLATFORM_APP)
        rows = await self._database.rows(statement, idempotent=True, value=value)
        if not rows:
            return None
        row = rows[0]
        options = {**row.pop("tenant_options"), **row.pop("channel_options")}
        if kind == "waba":
            row.update(dict.fromkeys(_OF_THE_CHANNEL))
        return Resolution(options=options, **row)

    async def meta_secrets_across_tenants(self, app: str) -> SigningSecrets | None:
        """Secrets of a Meta app; None when there is none of that name."""
        row = await self._one(
            "select id, app_secret, app_secret_previous, verify_token, updated_at::text as version"
            " from meta_apps"
            " where name = :name",
            name=app,
        )
        if row is None:
            return None
        column = app_secret(self._vault, row["id"])
        current = column.open(row["app_secret"])
        if current is None:
            return None
        return SigningSecrets(
            version=row["version"],
            current=current,
            previous=column.open_previous(row["app_secret_previous"]),
            verify_token=verify_token(self._vault, row["id"]).open(row["verify_token"]),
        )

    async def genesys_secrets_across_tenants(self, integration_id: str) -> SigningSecrets | None:
        """Secrets of an integration's webhook; None when there is no such integration."""
        row = await self._one(
            "select id, webhook_secret, webhook_secret_previous, updated_at::text as version"
            " from channels"
            " where integration_id = :integration_id",
            integration_id=integration_id,
        )
        if row is None:
            return None
        column = webhook_secret(self._vault, row["id"])
        current = column.open(row["webhook_secret"])
        previous = column.open_previous(row["webhook_secret_previous"])
        if current is None:
            return None
        return SigningSecrets(version=row["version"], current=current, previous=previous)

    async def credential(self, scope: TenantScope, kind: Provider, name: str) -> Opened:
        """The credential, opened; empty when there is no such one."""
        row = await self._one(
            "select id, sealed, renewed_at from tenant_credentials"
            " where tenant_id = :tenant_id and kind = :kind and name = :name",
            tenant_id=scope.tenant_id,
            kind=kind,
            name=name,
        )
        if row is None:
            return Opened()
        opened = credential_column(self._vault, row["id"]).open(row["sealed"])
        if opened is None:
            raise BadInput(f"the {kind} credential {name!r} is empty; apply the tenant again")
        return opened_of(kind, opened, row["renewed_at"])

    async def _one(self, statement: str, **arguments: Any) -> dict[str, Any] | None:
        rows = await self._database.rows(statement, idempotent=True, **arguments)
        return rows[0] if rows else None


def opened_of(kind: Provider, content: SecretStr, renewed_at: datetime | None = None) -> Opened:
    """A stored credential as it is handed out."""
    told = content.get_secret_value()
    if kind == "whatsapp":
        whatsapp = WhatsAppCredential.model_validate_json(told)
        return Opened(whatsapp=whatsapp, renewed_at=renewed_at)
    return Opened(genesys=GenesysCredential.model_validate_json(told), renewed_at=renewed_at)


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
