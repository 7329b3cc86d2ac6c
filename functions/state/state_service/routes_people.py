"""HTTP in front of `People`."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request

from shared.services.fields import Id, Uuid
from shared.services.state import (
    CustomerState,
    IdentityChange,
    Linked,
    Marked,
    Notice,
    Noticed,
    Preference,
    Preferred,
    Recorded,
    RecordRequest,
    Undelivered,
)
from state_service.people import People
from state_service.state import Json


async def people_of(request: Request) -> People:
    """What `wire` made; async, so that FastAPI does not take a thread for it."""
    people: People = request.state.kit.people
    return people


Known = Annotated[People, Depends(people_of)]
router = APIRouter()


@router.post("/state/record", response_model=Recorded)
async def record(request: RecordRequest, people: Known) -> Json:
    """Keep echoes and an imported history."""
    return await people.record(request)


@router.post("/state/identity", response_model=Linked)
async def link(change: IdentityChange, people: Known) -> Json:
    """A person is called otherwise now."""
    return await people.link(change)


@router.post("/state/preference", response_model=Preferred)
async def prefer(preference: Preference, people: Known) -> Json:
    """A person wants no more of something, or again."""
    return await people.prefer(preference)


@router.post("/state/notice", response_model=Noticed)
async def notice(notice: Notice, people: Known) -> Json:
    """A provider says something of an account, a number or a template."""
    return await people.notice(notice)


@router.post("/state/undelivered", response_model=Marked)
async def undelivered(undelivered: Undelivered, people: Known) -> Json:
    """Genesys failed a message after it had taken it."""
    return await people.undelivered(undelivered)


@router.get("/state/customer/{customer}", response_model=CustomerState)
async def find_customer(customer: Id, tenant_id: Uuid, channel_id: Uuid, people: Known) -> Json:
    """A person as a channel knows them."""
    return await people.customer(customer, tenant_id, channel_id)
