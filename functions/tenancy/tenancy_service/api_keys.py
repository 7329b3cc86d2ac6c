"""API keys: made, listed, revoked, found by their hash. Every change is audited."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from shared.runtime.errors import Conflict, NotFound
from shared.services.access import FoundKey, FoundTenant, key_hash
from shared.services.key_marks import KeyMarks, prefix
from shared.services.keys import KeyList, KeyMade, KeyRequest
from shared.storage.database import Database, Session
from shared.tenancy.scope import TenantScope
from tenancy_service.repository import Repository

_VIEW = "id, name, prefix, role, scopes, created_at, expires_at, last_used_at, revoked_at"
# A scope of None is the platform: its keys belong to no tenant.
_OURS = "tenant_id is not distinct from :tenant_id ::uuid"

_MAKE = f"""
insert into api_keys (tenant_id, name, prefix, key_hash, role, scopes, expires_at)
values (:tenant_id, :name, :prefix, :key_hash, :role, :scopes ::text[],
        now() + :days * interval '1 day')
returning {_VIEW}
"""  # noqa: S608  # names from this module
# Used is noted once in ten minutes, not at every call.
_FIND = """
with used as (
  update api_keys set last_used_at = now()
   where key_hash = :key_hash and revoked_at is null
     and coalesce(last_used_at, '-infinity') < now() - interval '10 minutes'
)
select id, tenant_id, role, scopes, expires_at, revoked_at from api_keys
 where key_hash = :key_hash
"""


class ApiKeys:
    """The keys of tenants and of the platform."""

    def __init__(self, database: Database, marks: KeyMarks) -> None:
        self._database = database
        self._marks = marks

    async def make(self, scope: TenantScope | None, request: KeyRequest, actor: str) -> KeyMade:
        """Make a key; its text is in this answer alone. Raises Conflict, NotFound."""
        tenant_id, key = _id(scope), self._marks.make()

        def work(session: Session) -> dict[str, Any]:
            _lock(session, scope)
            if _live(session, scope, request.name):
                raise Conflict(f"there is a key {request.name!r} already: revoke it, or name yours")
            [row] = session.rows(
                _MAKE,
                {
                    "tenant_id": tenant_id,
                    "name": request.name,
                    "prefix": prefix(key),
                    "key_hash": bytes.fromhex(key_hash(key)),
                    "role": request.role,
                    "scopes": tuple(request.scopes),
                    "days": request.expires_in_days,
                },
            )
            fields: list[str] = [request.role, *request.scopes]
            Repository(session).audit(tenant_id, actor, "key.created", request.name, fields)
            return row

        return KeyMade(key=SecretStr(key), **await self._database.transaction(work))

    async def list(self, scope: TenantScope | None) -> KeyList:
        """The keys, revoked and expired ones too."""
        rows = await self._database.rows(
            f"select {_VIEW} from api_keys where {_OURS} order by created_at desc limit 1000",  # noqa: S608  # names from this module
            idempotent=True,
            tenant_id=_id(scope),
        )
        return KeyList.model_validate({"keys": rows})

    async def revoke(self, scope: TenantScope | None, key_id: str, actor: str) -> None:
        """Take a key back for good; twice is as good as once. Raises NotFound."""
        tenant_id = _id(scope)

        def work(session: Session) -> None:
            found = session.rows(
                f"select name, revoked_at from api_keys where id = :id and {_OURS} for update",  # noqa: S608  # names from this module
                {"id": key_id, "tenant_id": tenant_id},
            )
            if not found:
                raise NotFound("there is no such key")
            if found[0]["revoked_at"] is None:
                session.rows(
                    f"update api_keys set revoked_at = now() where id = :id and {_OURS}",  # noqa: S608  # names from this module
                    {"id": key_id, "tenant_id": tenant_id},
                )
                name = found[0]["name"]
                Repository(session).audit(tenant_id, actor, "key.revoked", name, [])

        await self._database.transaction(work, idempotent=True)

    async def find_across_tenants(self, hashed: str) -> FoundKey:
        """Whose a key is."""
        rows = await self._database.rows(_FIND, idempotent=True, key_hash=bytes.fromhex(hashed))
        found = rows[0] if rows else None
        gone = found is not None and found["revoked_at"] is not None
        return FoundKey.model_validate({"revoked" if gone else "key": found})

    async def tenant_across_tenants(self, ref: str) -> FoundTenant:
        """A tenant by id or slug; the id goes first."""
        rows = await self._database.rows(
            "select id, slug, status, coalesce(options->'cors_origins', '[]') as cors_origins"
            " from tenants where slug = :ref or id ::text = :ref"
            " order by id ::text = :ref desc limit 1",
            idempotent=True,
            ref=ref,
        )
        return FoundTenant.model_validate({"tenant": rows[0] if rows else None})

    async def origin_across_tenants(self, origin: str) -> bool:
        """Whether an active tenant allows the web origin."""
        rows = await self._database.rows(
            "select exists (select from tenants where status = 'active'"
            " and jsonb_exists(options->'cors_origins', :origin)) as allowed",
            idempotent=True,
            origin=origin,
        )
        return bool(rows[0]["allowed"])


def _id(scope: TenantScope | None) -> str | None:
    return None if scope is None else scope.tenant_id


def _lock(session: Session, scope: TenantScope | None) -> None:
    """Make keys one after the other. Raises NotFound when there is no such tenant."""
    Repository(session).lock()
    if scope is not None and not session.rows(
        "select 1 as one from tenants where id = :tenant_id", {"tenant_id": scope.tenant_id}
    ):
        raise NotFound("there is no such tenant")


def _live(session: Session, scope: TenantScope | None, name: str) -> bool:
    return bool(
        session.rows(
            f"select 1 as one from api_keys where {_OURS} and name = :name"  # noqa: S608  # names from this module
            " and revoked_at is null and (expires_at is null or expires_at > now())",
            {"tenant_id": _id(scope), "name": name},
        )
    )
