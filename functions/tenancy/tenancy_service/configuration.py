"""What operators do: apply what they declare, look at what is stored. Every change is audited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shared.runtime.clock import utcnow
from shared.runtime.errors import NotFound
from shared.runtime.logging import logger
from shared.services.tenancy import Applied, Health, TenantLine, TenantList, TenantView
from shared.storage.database import Database, Session
from shared.tenancy.files import AppFile, TenantFile
from shared.tenancy.models import Provider, secret_digest
from shared.tenancy.scope import TenantScope
from shared.tenancy.vault import SealBroken, Vault
from tenancy_service.faults import Others, refuse_faults, refuse_platform_faults, region_in
from tenancy_service.invalidation import LATE_READERS_S, Invalidator, stale_keys
from tenancy_service.lookups import opened_of
from tenancy_service.planning import Plan, Planner, credential_column
from tenancy_service.repository import Repository
from tenancy_service.rows import CredentialRow, Stored
from tenancy_service.standing import StandingsOf
from tenancy_service.views import tenant_view

log = logger()

SAME_AGAIN = timedelta(hours=1)


class Configuration:
    """Changes and shows tenants."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        invalidator: Invalidator,
        extra_regions: frozenset[str],
    ) -> None:
        self._database = database
        self._vault = vault
        self._invalidator = invalidator
        self._extra_regions = extra_regions
        self._standings = StandingsOf(database)

    async def apply(
        self, file: TenantFile, actor: str, *, dry_run: bool = False, forget: bool = False
    ) -> Applied:
        """Make the tenant as declared. Raises BadInput or Conflict, with nothing changed."""

        def work(session: Session) -> Plan:
            repository = Repository(session)
            repository.lock()
            stored = repository.stored(file.tenant)
            others = Others(
                repository.holders_across_tenants(file.channels),
                repository.apps_across_tenants([app.app for app in file.apps]),
                self._extra_regions,
            )
            refuse_faults(file, stored, others, self._region_of)
            plan = Planner(self._vault, forget=forget).tenant(file, stored)
            if not dry_run:
                _write(repository, plan, actor, file.tenant)
                # Also when nothing changed: applying again is how an operator mends a cache.
                repository.make_stale(plan.tenant_id, stale_keys(stored, plan), LATE_READERS_S)
                repository.renew_credentials(str(plan.tenant_id))
            return plan

        plan = await self._database.transaction(work, idempotent=True)
        cleared = dry_run or await self._invalidator.tell()
        return _applied(file.tenant, plan, dry_run=dry_run, cleared=cleared)

    async def apply_platform_app(
        self, file: AppFile, actor: str, *, dry_run: bool = False, forget: bool = False
    ) -> Applied:
        """Make the platform's Meta app as declared. Raises BadInput or Conflict."""

        def work(session: Session) -> Plan:
            repository = Repository(session)
            repository.lock()
            stored = next(iter(repository.apps_across_tenants([file.app])), None)
            refuse_platform_faults(file, stored)
            plan = Planner(self._vault, forget=forget).platform_app(file, stored)
            if not dry_run:
                _write(repository, plan, actor, "platform")
                apps = Stored(apps=[stored] if stored else [])
                repository.make_stale(None, stale_keys(apps, plan), LATE_READERS_S)
            return plan

        plan = await self._database.transaction(work, idempotent=True)
        cleared = dry_run or await self._invalidator.tell()
        return _applied(file.app, plan, dry_run=dry_run, cleared=cleared)

    async def show(self, slug: str) -> TenantView:
        """One tenant. Raises NotFound."""
        stored = await self._database.transaction(
            lambda session: Repository(session).stored(slug), idempotent=True
        )
        if stored.tenant is None:
            raise NotFound(f"there is no tenant {slug!r}")
        return tenant_view(
            stored.tenant, stored, await self._standings.of(TenantScope(stored.tenant.id))
        )

    async def list(self) -> TenantList:
        """All tenants, by slug."""
        rows = await self._database.rows(
            "select t.id, t.slug as tenant, t.name, t.status, count(c.id) as channels"
            " from tenants t left join channels c on c.tenant_id = t.id group by t.id"
            " order by t.slug",
            idempotent=True,
        )
        return TenantList(tenants=[TenantLine(**row) for row in rows])

    async def set_health(
        self, scope: TenantScope, kind: Provider, name: str, told: Health, actor: str
    ) -> None:
        """Note what a provider told of a credential. Raises NotFound.

        Nothing is noted of another secret than is stored, nor twice in an hour that all is well.
        """

        def work(session: Session) -> str | None:
            repository = Repository(session)
            stored = repository.health_of(scope, kind, name)
            if told.secret is not None and told.secret != self._digest_of(stored, kind):
                return "outdated"
            if told.health == "good" and _is_known(stored):
                return None
            repository.set_health(scope, stored["id"], told)
            if told.health == stored["health"]:
                return None
            action, subject = f"credential.{told.health}", f"{kind}/{name}"
            repository.audit(scope.tenant_id, actor, action, subject, ["health"])
            return "changed"

        fate = await self._database.transaction(work, idempotent=True)
        extra = {"kind": kind, "credential": name, "to": told.health}
        if fate == "outdated":
            log.info("credential_health_outdated", extra=extra)
        elif fate == "changed":
            log.info("credential_health", extra=extra)

    def _digest_of(self, stored: dict[str, Any], kind: Provider) -> str | None:
        """Of the secret that is stored; None when it can not be opened."""
        try:
            content = credential_column(self._vault, stored["id"]).open(stored["sealed"])
        except SealBroken:
            return None
        if content is None:
            return None
        opened = opened_of(kind, content)
        credential = opened.whatsapp or opened.genesys
        return None if credential is None else secret_digest(credential)

    def _region_of(self, row: CredentialRow) -> str | None:
        try:
            opened = credential_column(self._vault, row.id).open(row.sealed)
        except SealBroken:
            return None
        return None if opened is None else region_in(opened.get_secret_value())


def _is_known(stored: dict[str, Any]) -> bool:
    """Whether it was good lately; of one that ends soon nobody says that it is good for long."""
    lately = stored["health_at"] is not None and utcnow() - stored["health_at"] < SAME_AGAIN
    return stored["health"] == "expiring" or (stored["health"] == "good" and lately)


def _write(repository: Repository, plan: Plan, actor: str, subject: str) -> None:
    for row, change in zip(plan.rows, plan.changes, strict=True):
        repository.put(row)
        action = f"{change.what}.{change.action}"
        name = subject if change.what == "tenant" else f"{subject}/{change.name}"
        repository.audit(plan.tenant_id, actor, action, name, change.fields, change.values)


def _applied(name: str, plan: Plan, *, dry_run: bool, cleared: bool) -> Applied:
    if plan.changes and not dry_run:
        log.info("configuration_changed", extra={"subject": name, "changes": len(plan.changes)})
    return Applied(
        name=name,
        dry_run=dry_run,
        changes=plan.changes,
        kept=plan.kept,
        caches_cleared=cleared,
    )
