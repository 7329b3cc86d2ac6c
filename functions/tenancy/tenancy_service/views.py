"""What may be shown of stored rows: everything but the secrets."""

from __future__ import annotations

from shared.services.checks import Standing
from shared.services.tenancy import AppView, ChannelView, CredentialView, SecretState, TenantView
from shared.tenancy.models import PLATFORM_APP
from tenancy_service.rows import AppRow, ChannelRow, CredentialRow, Stored, TenantRow


def tenant_view(tenant: TenantRow, stored: Stored, standings: list[Standing]) -> TenantView:
    """One tenant, with each secret as set or missing."""
    app_names = {row.id: row.name for row in stored.apps}
    standing = {(one.kind, one.name): one for one in standings}
    return TenantView(
        id=tenant.id,
        tenant=tenant.slug,
        name=tenant.name,
        status=tenant.status,
        credentials=[
            _credential(row, standing.get((row.kind, row.name))) for row in stored.credentials
        ],
        apps=[_app(row) for row in stored.apps],
        channels=[_channel(row, app_names) for row in stored.channels],
    )


def _credential(row: CredentialRow, standing: Standing | None) -> CredentialView:
    return CredentialView(
        kind=row.kind,
        name=row.name,
        secret=_state(row.sealed),
        previous=_state(row.sealed_previous),
        health=row.health,
        health_detail=standing.health_detail if standing else None,
        health_at=standing.health_at if standing else None,
        expires_at=standing.expires_at if standing else None,
    )


def _app(row: AppRow) -> AppView:
    return AppView(
        app=row.name,
        app_secret=_state(row.app_secret),
        app_secret_previous=_state(row.app_secret_previous),
        verify_token=_state(row.verify_token),
    )


def _channel(row: ChannelRow, app_names: dict[str, str]) -> ChannelView:
    return ChannelView(
        id=row.id,
        name=row.name,
        status=row.status,
        phone_number_id=row.phone_number_id,
        waba_id=row.waba_id,
        display_phone_number=row.display_phone_number,
        integration_id=row.integration_id,
        region=row.region,
        meta_app=app_names.get(row.meta_app_id or "", PLATFORM_APP),
        whatsapp_credential=row.whatsapp_credential,
        genesys_credential=row.genesys_credential,
        webhook_secret=_state(row.webhook_secret),
        webhook_secret_previous=_state(row.webhook_secret_previous),
    )


def _state(sealed: bytes | None) -> SecretState:
    return "set" if sealed else "missing"
