"""Reads of the audit log. Nobody changes it: its role may insert and read, nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.runtime.errors import NotFound
from shared.services.upkeep import PAGE, AuditLine, AuditPage
from shared.storage.database import Database
from shared.tenancy.scope import TenantScope

_READ = """
select id, at, actor, action, subject, detail from audit_log
where ({whose}) and id < coalesce(:before ::bigint, 9223372036854775807)
  and at >= coalesce(:since ::timestamptz, '-infinity')
order by id desc limit :most
"""


class Audit:
    """The audit log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_tenant(
        self, slug: str, before: int | None = None, since: datetime | None = None
    ) -> AuditPage:
        """A tenant's changes. Raises NotFound."""
        rows = await self._database.rows(
            "select id from tenants where slug = :slug", idempotent=True, slug=slug
        )
        if not rows:
            raise NotFound(f"there is no tenant {slug!r}")
        return await self._of(TenantScope(rows[0]["id"]), before, since)

    async def across_tenants(
        self, before: int | None = None, since: datetime | None = None
    ) -> AuditPage:
        """All changes, the platform's own among them."""
        return await self._page("true", before, since)

    async def _of(
        self, scope: TenantScope, before: int | None, since: datetime | None
    ) -> AuditPage:
        return await self._page("tenant_id = :tenant_id", before, since, tenant_id=scope.tenant_id)

    async def _page(
        self, whose: str, before: int | None, since: datetime | None, **more: str
    ) -> AuditPage:
        rows = await self._database.rows(
            _READ.format(whose=whose),
            idempotent=True,
            before=before,
            since=since,
            most=PAGE,
            **more,
        )
        lines = [_line(row) for row in rows]
        return AuditPage(lines=lines, before=lines[-1].id if len(lines) == PAGE else None)


def _line(row: dict[str, Any]) -> AuditLine:
    detail = row.pop("detail")
    return AuditLine(**row, fields=detail.get("fields", []), values=detail.get("values", {}))
