"""API keys: made, listed, revoked, found by their hash. Every change is audited."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr

from shared.runtime.errors import Conflict, Forbidden, NotFound
from shared.runtime.service_auth import Caller
from shared.services.access import FoundKey, FoundTenant, key_hash
from shared.services.key_marks import KeyMarks, prefix
from shared.services.keys import LIVE_KEYS, PAGE, KeyList, KeyMade, KeyRequest
from shared.storage.database import Database, Session
from shared.tenancy.scope import TenantScope
from tenancy_service.repository import Repository

_VIEW = "id, name, prefix, role, scopes, created_at, expires_at, last_used_at, revoked_at, made_by"
KEY_SUBJECT = "key:"  # how api-gateway names a program that calls
# A scope of None is the platform: its keys belong to no tenant.
_OURS = "tenant_id is not distinct from :tenant_id ::uuid"

_MAKE = f"""
insert into api_keys (tenant_id, name, prefix, key_hash, role, scopes, made_by, expires_at)
values (:tenant_id, :name, :prefix, :key_hash, :role, :scopes ::text[], :made_by ::uuid,
        least(now() + :days * interval '1 day',
              (select expires_at from api_keys where id = :made_by ::uuid)))
returning {_VIEW}
"""  # noqa: S608  # names from this module
_LIVE = "revoked_at is null and (expires_at is null or expires_at > now())"
_LIST = f"""
select {_VIEW} from api_keys where {_OURS}
 order by ({_LIVE}) desc, created_at desc, id limit {PAGE} + 1 offset :offset
"""  # noqa: S608  # names from this module
# A key, and all that were made by it and by those.
_REVOKE = f"""
with recursive gone as (
  select id from api_keys where id = :id and {_OURS}
  union select made.id from api_keys made join gone on made.made_by = gone.id
)
update api_keys set revoked_at = now()
 where id in (select id from gone) and revoked_at is null returning name
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

    async def make(self, scope: TenantScope | None, request: KeyRequest, maker: Caller) -> KeyMade:
        """Make a key that ends no later than the key that makes it; its text is shown this once.

        Raises Conflict (its name is taken, too many are live), Forbidden, NotFound.
        """
        tenant_id, key = _id(scope), self._marks.make()

        def work(session: Session) -> dict[str, Any]:
            _lock(session, scope)
            _check_room(_live(session, scope), request.name)
            made_by = _maker(session, maker)
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
                    "made_by": made_by,
                },
            )
            fields: list[str] = [request.role, *request.scopes]
            Repository(session).audit(tenant_id, maker.actor, "key.created", request.name, fields)
            return row

        return KeyMade(key=SecretStr(key), **await self._database.transaction(work))

    async def list(self, scope: TenantScope | None, offset: int = 0) -> KeyList:
        """A page of the keys, revoked and expired ones too; those that are good come first."""
        rows = await self._database.rows(
            _LIST, idempotent=True, tenant_id=_id(scope), offset=offset
        )
        more = offset + PAGE if len(rows) > PAGE else None
        return KeyList.model_validate({"keys": rows[:PAGE], "next_offset": more})

    async def revoke(self, scope: TenantScope | None, key_id: str, actor: str) -> None:
        """Take a key back for good, and those that it made; twice is as good as once.

        Raises NotFound.
        """
        tenant_id = _id(scope)

        def work(session: Session) -> None:
            Repository(session).lock()  # none is made by it meanwhile
            ours = {"id": key_id, "tenant_id": tenant_id}
            if not session.rows(f"select 1 as one from api_keys where id = :id and {_OURS}", ours):  # noqa: S608  # names from this module
                raise NotFound("there is no such key")
            for row in session.rows(_REVOKE, ours):
                Repository(session).audit(tenant_id, actor, "key.revoked", row["name"], [])

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


def _live(session: Session, scope: TenantScope | None) -> list[str]:
    """The names of the keys that are good."""
    rows = session.rows(
        f"select name from api_keys where {_OURS} and {_LIVE}",  # noqa: S608  # names from this module
        {"tenant_id": _id(scope)},
    )
    return [row["name"] for row in rows]


def _check_room(live: list[str], name: str) -> None:
    """Raise Conflict where no key of this name can be made."""
    if name in live:
        raise Conflict(f"there is a key {name!r} already: revoke it, or name yours")
    if len(live) >= LIVE_KEYS:
        raise Conflict(f"there are {LIVE_KEYS} live keys already: revoke those that nobody uses")


def _maker(session: Session, maker: Caller) -> str | None:
    """The id of the key that asks; None for people and operators. Raises Forbidden."""
    whom = maker.on_behalf
    if whom is None or not whom.subject.startswith(KEY_SUBJECT):
        return None
    key_id = whom.subject.removeprefix(KEY_SUBJECT)
    if not session.rows(
        f"select 1 as one from api_keys where id ::text = :id and {_LIVE}",  # noqa: S608  # names from this module
        {"id": key_id},
    ):
        raise Forbidden("the key that asks is good no more", reason="revoked_key")
    return key_id
