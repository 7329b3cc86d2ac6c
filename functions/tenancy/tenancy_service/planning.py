"""From what a file declares and what is stored to the rows to write. No I/O.

The same file planned twice writes nothing the second time.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from uuid import uuid4

from pydantic import SecretStr

from shared.services.tenancy import Change
from shared.tenancy.files import AppFile, ChannelFile, TenantFile
from shared.tenancy.models import Provider
from shared.tenancy.vault import Vault
from tenancy_service.rows import AppRow, ChannelRow, CredentialRow, Row, Stored, TenantRow
from tenancy_service.sealing import SecretColumn

R = TypeVar("R", bound=Row)
PREVIOUS = "_previous"
SPOKEN = {"sealed": "secret", "sealed_previous": "previous secret"}


@dataclass
class Plan:
    """Rows to write, in an order that foreign keys allow, and what they change.

    `kept`: what is stored but not in the file; leaving it out does not delete it.
    """

    tenant_id: str | None
    rows: list[Row] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def put(
        self,
        what: Literal["tenant", "credential", "app", "channel"],
        name: str,
        row: R,
        stored: R | None,
    ) -> None:
        """Plan to write the row if it differs from the stored one."""
        fields = _differing(row, stored)
        if fields:
            action: Literal["created", "changed"] = "created" if stored is None else "changed"
            self.rows.append(row)
            told = [] if stored is None else [SPOKEN.get(one, one) for one in fields]
            values = {} if stored is None else _values(row, stored, fields)
            change = Change(what=what, name=name, action=action, fields=told, values=values)
            self.changes.append(change)


class Planner:
    """Plans under one vault. `forget` drops the previous secrets, which then sign no more."""

    def __init__(self, vault: Vault, *, forget: bool = False) -> None:
        self._vault = vault
        self._forget = forget

    def tenant(self, file: TenantFile, stored: Stored) -> Plan:
        """Plan all of one tenant; the file is known to be without faults."""
        tenant = TenantRow(
            id=stored.tenant.id if stored.tenant else _new_id(),
            slug=file.tenant,
            name=file.name or file.tenant,
            status=file.status,
            options=file.options.model_dump(mode="json"),
        )
        plan = Plan(tenant.id)
        plan.put("tenant", file.tenant, tenant, stored.tenant)
        for app in file.apps:
            old = next((one for one in stored.apps if one.name == app.app), None)
            self._app(plan, app, old)
        for name, whatsapp in file.credentials.whatsapp.items():
            self._credential(plan, "whatsapp", name, whatsapp.model_dump_json(), stored)
        for name, genesys in file.credentials.genesys.items():
            self._credential(plan, "genesys", name, genesys.model_dump_json(), stored)
        app_ids = {
            row.name: row.id for row in [*stored.apps, *plan.rows] if isinstance(row, AppRow)
        }
        for channel in file.channels:
            self._channel(plan, channel, app_ids.get(channel.meta_app), stored)
        plan.kept = _kept(file, stored)
        return plan

    def platform_app(self, file: AppFile, stored: AppRow | None) -> Plan:
        """Plan the platform's own Meta app."""
        plan = Plan(None)
        self._app(plan, file, stored)
        return plan

    def _app(self, plan: Plan, file: AppFile, stored: AppRow | None) -> None:
        row_id = stored.id if stored else _new_id()
        secret = app_secret(self._vault, row_id).replace(
            file.app_secret,
            stored.app_secret if stored else None,
            stored.app_secret_previous if stored else None,
            forget=self._forget,
        )
        token = verify_token(self._vault, row_id).replace(
            file.verify_token, stored.verify_token if stored else None
        )
        row = AppRow(
            id=row_id,
            tenant_id=plan.tenant_id,
            name=file.app,
            app_secret=secret.current or b"",
            app_secret_previous=secret.previous,
            verify_token=token.current,
        )
        plan.put("app", file.app, row, stored)

    def _credential(
        self, plan: Plan, kind: Provider, name: str, content: str, all_stored: Stored
    ) -> None:
        stored = all_stored.credential(kind, name)
        row_id = stored.id if stored else _new_id()
        wanted = SecretStr(_canonical(content))
        sealed = credential_column(self._vault, row_id).replace(
            wanted,
            stored.sealed if stored else None,
            stored.sealed_previous if stored else None,
            forget=self._forget,
        )
        same = stored is not None and sealed.current == stored.sealed
        row = CredentialRow(
            id=row_id,
            tenant_id=str(plan.tenant_id),
            kind=kind,
            name=name,
            sealed=sealed.current or b"",
            sealed_previous=sealed.previous,
            health=stored.health if stored is not None and same else "unknown",
        )
        plan.put("credential", f"{kind}/{name}", row, stored)

    def _channel(
        self, plan: Plan, file: ChannelFile, app_id: str | None, all_stored: Stored
    ) -> None:
        stored = all_stored.channel(file.name)
        row_id = stored.id if stored else _new_id()
        secret = webhook_secret(self._vault, row_id).replace(
            file.webhook_secret,
            stored.webhook_secret if stored else None,
            stored.webhook_secret_previous if stored else None,
            forget=self._forget,
        )
        plain = file.model_dump(exclude={"webhook_secret", "meta_app"})
        row = ChannelRow(
            id=row_id,
            tenant_id=str(plan.tenant_id),
            meta_app_id=app_id,
            webhook_secret=secret.current,
            webhook_secret_previous=secret.previous,
            **plain,
        )
        plan.put("channel", file.name, row, stored)


def app_secret(vault: Vault, row_id: str) -> SecretColumn:
    """`meta_apps.app_secret` and the one before."""
    return SecretColumn(vault, "meta_apps", "app_secret", row_id, "app_secret_previous")


def verify_token(vault: Vault, row_id: str) -> SecretColumn:
    """`meta_apps.verify_token`; only the newest is asked for."""
    return SecretColumn(vault, "meta_apps", "verify_token", row_id)


def webhook_secret(vault: Vault, row_id: str) -> SecretColumn:
    """`channels.webhook_secret` and the one before."""
    return SecretColumn(vault, "channels", "webhook_secret", row_id, "webhook_secret_previous")


def credential_column(vault: Vault, row_id: str) -> SecretColumn:
    """`tenant_credentials.sealed` and the one before."""
    return SecretColumn(vault, "tenant_credentials", "sealed", row_id, "sealed_previous")


def _differing(row: Row, stored: Row | None) -> list[str]:
    """Names of the fields that differ; of a changed secret only itself, not its previous."""
    names = [one.name for one in dataclasses.fields(row)]
    if stored is None:
        return names
    differing = [n for n in names if getattr(row, n) != getattr(stored, n)]
    return [
        n
        for n in differing
        if n.removesuffix(PREVIOUS) == n or n[: -len(PREVIOUS)] not in differing
    ]


def _values(row: Row, stored: Row, fields: list[str]) -> dict[str, list[Any]]:
    """From what to what. Secrets are bytes in our rows, and all else is none."""
    pairs = {name: [getattr(stored, name), getattr(row, name)] for name in fields}
    return {
        name: pair
        for name, pair in pairs.items()
        if not any(isinstance(value, bytes) for value in pair)
    }


def _kept(file: TenantFile, stored: Stored) -> list[str]:
    channels = {channel.name for channel in file.channels}
    apps = {app.app for app in file.apps}
    declared = {("whatsapp", name) for name in file.credentials.whatsapp}
    declared |= {("genesys", name) for name in file.credentials.genesys}
    return [
        *(f"channel {row.name}" for row in stored.channels if row.name not in channels),
        *(f"app {row.name}" for row in stored.apps if row.name not in apps),
        *(
            f"credential {row.kind}/{row.name}"
            for row in stored.credentials
            if (row.kind, row.name) not in declared
        ),
    ]


def _canonical(content: str) -> str:
    return json.dumps(json.loads(content), sort_keys=True)


def _new_id() -> str:
    return str(uuid4())
