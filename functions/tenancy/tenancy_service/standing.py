"""How credentials stand: what a provider told last, when, and when they end."""

from __future__ import annotations

from shared.services.checks import Standing
from shared.storage.database import Database
from shared.tenancy.scope import TenantScope

_READ = """
select c.tenant_id, t.slug as tenant, c.kind, c.name, c.health, c.health_detail, c.health_at,
       c.expires_at
from tenant_credentials c join tenants t on t.id = c.tenant_id
"""


class StandingsOf:
    """Reads them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, scope: TenantScope) -> list[Standing]:
        """A tenant's."""
        rows = await self._database.rows(
            _READ + "where c.tenant_id = :tenant_id order by c.kind, c.name",
            idempotent=True,
            tenant_id=scope.tenant_id,
        )
        return [Standing(**row) for row in rows]

    async def across_tenants(self) -> list[Standing]:
        """Those of all active tenants; what was never asked of a provider first."""
        rows = await self._database.rows(
            _READ + "where t.status = 'active' order by c.health_at nulls first", idempotent=True
        )
        return [Standing(**row) for row in rows]
