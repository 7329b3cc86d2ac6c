"""Routes of the upkeep: the audit log, and the seals of all secrets. For operators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from shared.runtime.service_auth import Caller
from shared.services.checks import Standings
from shared.services.fields import Moment
from shared.services.upkeep import AuditPage, Place, Renewed, Seals
from shared.tenancy.files import Slug
from tenancy_service.auditing import Audit
from tenancy_service.renewal import Renewal
from tenancy_service.standing import StandingsOf

router = APIRouter(prefix="/tenancy")


async def _audit(request: Request) -> Audit:
    audit: Audit = request.state.kit.audit
    return audit


async def _renewal(request: Request) -> Renewal:
    renewal: Renewal = request.state.kit.renewal
    return renewal


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


Log = Annotated[Audit, Depends(_audit)]
Seal = Annotated[Renewal, Depends(_renewal)]
Who = Annotated[Caller, Depends(_caller)]
Before = Annotated[int | None, Query(ge=1)]


@router.get("/audit")
async def audit(log: Log, before: Before = None, since: Moment | None = None) -> AuditPage:
    """Every change of configuration, the newest first."""
    return await log.across_tenants(before, since)


@router.get("/audit/{slug}")
async def audit_of(
    slug: Slug, log: Log, before: Before = None, since: Moment | None = None
) -> AuditPage:
    """Every change of one tenant, the newest first."""
    return await log.of_tenant(slug, before, since)


@router.get("/standings")
async def standings(request: Request) -> Standings:
    """How the credentials of all active tenants stand."""
    kept: StandingsOf = request.state.kit.standings
    return Standings(credentials=await kept.across_tenants())


@router.get("/seals")
async def seals(renewal: Seal) -> Seals:
    """Under which keys the stored secrets lie."""
    return await renewal.seals_across_tenants()


@router.post("/seals/renew")
async def renew(renewal: Seal, caller: Who, place: Place | None = None) -> Renewed:
    """Seal a batch anew under the current key."""
    return await renewal.renew_across_tenants(place, caller.actor)
