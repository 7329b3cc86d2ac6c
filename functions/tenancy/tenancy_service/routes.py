"""Routes of the tenancy function: read the path and body, call, answer."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from shared.runtime.errors import BadInput, Forbidden
from shared.runtime.service_auth import Caller
from shared.services.tenancy import (
    Applied,
    Health,
    Opened,
    Resolved,
    Signing,
    TenantList,
    TenantView,
)
from shared.tenancy.files import AppFile, Name, Slug, TenantFile
from shared.tenancy.models import IdentifierKind, Provider, Signer
from shared.tenancy.scope import TenantScope
from tenancy_service.configuration import Configuration
from tenancy_service.lookups import Lookups

NAME = "tenancy"
OPENS_CREDENTIALS = "auth"
router = APIRouter(prefix="/tenancy")

# The dependencies are async so that FastAPI does not take a thread for each.


async def _lookups(request: Request) -> Lookups:
    lookups: Lookups = request.state.kit.lookups
    return lookups


async def _configuration(request: Request) -> Configuration:
    configuration: Configuration = request.state.kit.configuration
    return configuration


async def _actor(request: Request) -> str:
    """Who calls, by the service token that the door has let in: the audit log's actor."""
    caller: Caller = request.state.caller
    return caller.actor


async def _auth_alone(request: Request) -> None:
    """Opened credentials are for auth: whoever else asks is refused. Raises Forbidden."""
    caller: Caller = request.state.caller
    if caller.name != OPENS_CREDENTIALS:
        words = "credentials are opened for the auth function alone"
        raise Forbidden(words, reason="auth_alone", whose={"caller": caller.name})


Identifier = Annotated[str, Path(max_length=64)]
Reads = Annotated[Lookups, Depends(_lookups)]
Operator = Annotated[Configuration, Depends(_configuration)]
Actor = Annotated[str, Depends(_actor)]


@router.get("/resolve/{kind}/{value}")
async def resolve(kind: IdentifierKind, value: Identifier, lookups: Reads) -> Resolved:
    """Whose an identifier is; null when nobody's."""
    return Resolved(resolution=await lookups.resolve_across_tenants(kind, value))


@router.get("/signing/{signer}/{key}")
async def signing(signer: Signer, key: Identifier, lookups: Reads) -> Signing:
    """What a Meta app or a Genesys integration signs with; null when there is no such one."""
    if signer == "meta":
        return Signing(secrets=await lookups.meta_secrets_across_tenants(key))
    return Signing(secrets=await lookups.genesys_secrets_across_tenants(key))


@router.get("/credentials/{tenant_id}/{kind}/{name}", dependencies=[Depends(_auth_alone)])
async def credential(tenant_id: str, kind: Provider, name: Identifier, lookups: Reads) -> Opened:
    """A credential, opened."""
    return await lookups.credential(TenantScope(tenant_id), kind, name)


@router.put("/credentials/{tenant_id}/{kind}/{name}/health")
async def health(
    tenant_id: str, kind: Provider, name: Identifier, body: Health, actor: Actor, operator: Operator
) -> Health:
    """How the provider took a credential."""
    await operator.set_health(TenantScope(tenant_id), kind, name, body, actor)
    return body


@router.put("/tenants/{slug}")
async def apply(
    slug: Slug,
    file: TenantFile,
    actor: Actor,
    operator: Operator,
    *,
    dry_run: bool = False,
    forget_previous: bool = False,
) -> Applied:
    """Make a tenant as declared; says what that changed."""
    if file.tenant != slug:
        raise BadInput("the tenant in the path is not that of the body")
    return await operator.apply(file, actor, dry_run=dry_run, forget=forget_previous)


@router.put("/apps/{name}")
async def apply_app(
    name: Name,
    file: AppFile,
    actor: Actor,
    operator: Operator,
    *,
    dry_run: bool = False,
    forget_previous: bool = False,
) -> Applied:
    """Make the platform's Meta app as declared; says what that changed."""
    if file.app != name:
        raise BadInput("the app in the path is not that of the body")
    return await operator.apply_platform_app(file, actor, dry_run=dry_run, forget=forget_previous)


@router.get("/tenants")
async def tenants(operator: Operator) -> TenantList:
    """All tenants."""
    return await operator.list()


@router.get("/tenants/{slug}")
async def tenant(slug: Slug, operator: Operator) -> TenantView:
    """One tenant, its secrets as set or missing."""
    return await operator.show(slug)
