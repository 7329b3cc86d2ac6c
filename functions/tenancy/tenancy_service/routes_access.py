"""Routes for the gateway: who calls, and what outsiders see and change of their own tenant."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from shared.runtime.errors import Forbidden, NotFound
from shared.runtime.service_auth import Caller, OnBehalf
from shared.services.access import FoundKey, FoundOrigin, FoundTenant, KeyQuestion
from shared.services.fields import Uuid
from shared.services.keys import KeyList, KeyMade, KeyRequest, Revoked
from shared.services.tenancy import TenantView
from shared.tenancy.roles import narrowed
from shared.tenancy.scope import TenantScope
from tenancy_service.api_keys import ApiKeys
from tenancy_service.configuration import Configuration

router = APIRouter(prefix="/tenancy")
PLATFORM = ("/tenancy/tenants", "/tenancy/platform/")


def theirs(request: Request, whom: OnBehalf) -> bool:
    """Outsiders reach what is under their tenant's id; the platform's people, tenants as such."""
    path: str = request.scope["path"]
    if whom.tenant_id is None:
        return path.startswith(PLATFORM)
    mine = f"/tenancy/of/{whom.tenant_id}"
    return path == mine or path.startswith(f"{mine}/")


async def _keys(request: Request) -> ApiKeys:
    keys: ApiKeys = request.state.kit.api_keys
    return keys


async def _configuration(request: Request) -> Configuration:
    configuration: Configuration = request.state.kit.configuration
    return configuration


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


Keys = Annotated[ApiKeys, Depends(_keys)]
Shown = Annotated[Configuration, Depends(_configuration)]
Who = Annotated[Caller, Depends(_caller)]
Offset = Annotated[int, Query(ge=0, le=10**9)]


@router.get("/card/{ref}")
async def card(ref: Annotated[str, Path(max_length=64)], keys: Keys) -> FoundTenant:
    """A tenant by id or slug; null when there is none."""
    return await keys.tenant_across_tenants(ref)


@router.get("/origin")
async def origin(origin: Annotated[str, Query(max_length=300)], keys: Keys) -> FoundOrigin:
    """Whether any active tenant allows a web origin."""
    return FoundOrigin(allowed=await keys.origin_across_tenants(origin))


@router.post("/key")
async def key(question: KeyQuestion, keys: Keys) -> FoundKey:
    """Whose an API key is; of a revoked one, whose it was."""
    return await keys.find_across_tenants(question.key_hash)


@router.get("/of/{tenant_id}")
async def tenant(tenant_id: Uuid, keys: Keys, shown: Shown) -> TenantView:
    """One tenant, its secrets as set or missing."""
    found = (await keys.tenant_across_tenants(tenant_id)).tenant
    if found is None:
        raise NotFound("there is no such tenant")
    return await shown.show(found.slug)


@router.get("/of/{tenant_id}/keys")
async def tenant_keys(tenant_id: Uuid, keys: Keys, offset: Offset = 0) -> KeyList:
    """A page of a tenant's keys."""
    return await keys.list(TenantScope(tenant_id), offset)


@router.post("/of/{tenant_id}/keys")
async def make_tenant_key(tenant_id: Uuid, request: KeyRequest, caller: Who, keys: Keys) -> KeyMade:
    """Make a key for a tenant: with no more than its maker may do."""
    _within(caller, request)
    if request.role == "platform-admin":
        raise Forbidden("a tenant's key has a tenant's role", reason="role")
    return await keys.make(TenantScope(tenant_id), request, caller)


@router.delete("/of/{tenant_id}/keys/{key_id}")
async def revoke_tenant_key(tenant_id: Uuid, key_id: Uuid, caller: Who, keys: Keys) -> Revoked:
    """Take a tenant's key back."""
    await keys.revoke(TenantScope(tenant_id), key_id, caller.actor)
    return Revoked(id=key_id)


@router.get("/platform/keys")
async def platform_keys(keys: Keys, offset: Offset = 0) -> KeyList:
    """A page of the platform's own keys."""
    return await keys.list(None, offset)


@router.post("/platform/keys")
async def make_platform_key(request: KeyRequest, caller: Who, keys: Keys) -> KeyMade:
    """Make a key of the platform."""
    _within(caller, request)
    if request.role != "platform-admin":
        raise Forbidden("a key of the platform has the role platform-admin", reason="role")
    return await keys.make(None, request, caller)


@router.delete("/platform/keys/{key_id}")
async def revoke_platform_key(key_id: Uuid, caller: Who, keys: Keys) -> Revoked:
    """Take one of the platform's keys back."""
    await keys.revoke(None, key_id, caller.actor)
    return Revoked(id=key_id)


def _within(caller: Caller, request: KeyRequest) -> None:
    """Nobody makes a key that may do more than they may."""
    whom = caller.on_behalf
    if whom is not None and not narrowed(request.role, request.scopes) <= whom.scopes:
        raise Forbidden("a key may not do more than who makes it", reason="scope")
