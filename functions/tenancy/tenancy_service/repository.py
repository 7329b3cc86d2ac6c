"""SQL of the tenancy tables, inside a transaction that somebody else opened.

What belongs to one tenant is reached by its scope; the look-ups across tenants say so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from shared.runtime.errors import NotFound
from shared.services.tenancy import Health
from shared.storage.database import Session
from shared.tenancy.files import ChannelFile
from shared.tenancy.scope import TenantScope
from tenancy_service.rows import (
    AppRow,
    ChannelRow,
    CredentialRow,
    Holder,
    Row,
    StaleKey,
    Stored,
    TenantRow,
)

# One change of configuration at a time: what is planned is still true when it is written.
LOCK = 0x74656E616E6379  # "tenancy"

TABLES: dict[type[Row], str] = {
    TenantRow: "tenants",
    AppRow: "meta_apps",
    CredentialRow: "tenant_credentials",
    ChannelRow: "channels",
}


class Repository:
    """Reads and writes of one transaction. Its thread's own."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock(self) -> None:
        """Wait for our turn to change configuration."""
        self._session.rows("select pg_advisory_xact_lock(:lock)", {"lock": LOCK})

    def stored(self, slug: str) -> Stored:
        """Everything of the tenant with that slug; empty when there is none."""
        tenants = self._session.rows(_select(TenantRow, "where slug = :slug"), {"slug": slug})
        if not tenants:
            return Stored()
        tenant = TenantRow(**tenants[0])
        scope = TenantScope(tenant.id)
        return Stored(
            tenant=tenant,
            apps=self._of(scope, AppRow, "name"),
            credentials=self._of(scope, CredentialRow, "kind, name"),
            channels=self._of(scope, ChannelRow, "name"),
        )

    def apps_across_tenants(self, names: list[str]) -> list[AppRow]:
        """The Meta apps of those names, whoever's they are: names are unique over all."""
        rows = self._session.rows(
            _select(AppRow, "where name = any(:names ::text[])"), {"names": tuple(names)}
        )
        return [AppRow(**row) for row in rows]

    def holders_across_tenants(self, channels: list[ChannelFile]) -> list[Holder]:
        """Channels of any tenant that hold a number, integration or WABA of these."""
        rows = self._session.rows(
            "select tenant_id, name as channel, phone_number_id, integration_id, waba_id"
            " from channels where phone_number_id = any(:phones ::text[])"
            " or integration_id = any(:integrations ::text[]) or waba_id = any(:wabas ::text[])",
            {
                "phones": tuple(channel.phone_number_id for channel in channels),
                "integrations": tuple(channel.integration_id for channel in channels),
                "wabas": tuple(channel.waba_id for channel in channels),
            },
        )
        return [Holder(**row) for row in rows]

    def put(self, row: Row) -> None:
        """Insert the row, or update the one of its id."""
        names = [field.name for field in dataclasses.fields(row)]
        given = ", ".join(f":{name}" for name in names)
        changed = ", ".join(f"{name} = excluded.{name}" for name in names if name != "id")
        if isinstance(row, CredentialRow) and row.health == "unknown":
            changed += ", health_detail = null, health_at = null, expires_at = null"
        statement = (
            f"insert into {TABLES[type(row)]} ({', '.join(names)}) values ({given})"  # noqa: S608  # names from our classes
            f" on conflict (id) do update set {changed}, updated_at = now()"
        )
        self._session.rows(statement, {name: getattr(row, name) for name in names})

    def health_of(self, scope: TenantScope, kind: str, name: str) -> dict[str, Any]:
        """A credential's `id`, `sealed`, `health` and `health_at`, locked. Raises NotFound."""
        found = self._session.rows(
            "select id, sealed, health, health_at from tenant_credentials"
            " where tenant_id = :tenant_id and kind = :kind and name = :name for update",
            {"tenant_id": scope.tenant_id, "kind": kind, "name": name},
        )
        if not found:
            raise NotFound("the tenant has no such credential")
        return found[0]

    def set_health(self, scope: TenantScope, credential_id: str, told: Health) -> None:
        """Write down what a provider told; a credential that is good again is renewed."""
        self._session.rows(
            "update tenant_credentials set health = :health, health_at = now(),"
            " health_detail = :detail, expires_at = coalesce(:expires_at, expires_at),"
            " renewed_at = case when :health <> 'bad' and health in ('bad', 'unknown')"
            "   then clock_timestamp() else renewed_at end"
            " where tenant_id = :tenant_id and id = :id",
            {
                **told.model_dump(exclude={"secret"}),
                "tenant_id": scope.tenant_id,
                "id": credential_id,
            },
        )

    def renew_credentials(self, tenant_id: str) -> None:
        """Say that the tenant's credentials are worth another try: it was applied."""
        self._session.rows(
            "update tenant_credentials set renewed_at = clock_timestamp()"
            " where tenant_id = :tenant_id",
            {"tenant_id": tenant_id},
        )

    def audit(
        self,
        tenant_id: str | None,
        actor: str,
        action: str,
        subject: str,
        fields: list[str],
        values: Mapping[str, list[Any]] | None = None,
    ) -> None:
        """Write down who changed what. `fields` are names; `values` of what is no secret."""
        self._session.rows(
            "insert into audit_log (tenant_id, actor, action, subject, detail)"
            " values (:tenant_id, :actor, :action, :subject, :detail)",
            {
                "tenant_id": tenant_id,
                "actor": actor,
                "action": action,
                "subject": subject,
                "detail": {"fields": fields, **({"values": dict(values)} if values else {})},
            },
        )

    def make_stale(self, tenant_id: str | None, keys: Iterable[StaleKey], late_s: float) -> None:
        """Write down what Redis must forget, with the change that makes it so."""
        for stale in keys:
            self._session.rows(
                "insert into stale_keys (key, tenant_id, lookup, until)"
                " values (:key, :tenant_id, :lookup, clock_timestamp() + make_interval(secs => :s))"
                " on conflict (key) do update set until = excluded.until, told = false",
                {"key": stale.key, "tenant_id": tenant_id, "lookup": stale.lookup, "s": late_s},
            )

    def _of(self, scope: TenantScope, row: type[Any], order: str) -> list[Any]:
        found = self._session.rows(
            _select(row, f"where tenant_id = :tenant_id order by {order}"),
            {"tenant_id": scope.tenant_id},
        )
        return [row(**one) for one in found]


def _select(row: type[Row], tail: str) -> str:
    columns = ", ".join(field.name for field in dataclasses.fields(row))
    return f"select {columns} from {TABLES[row]} {tail}"  # noqa: S608  # names from our classes
