"""HTTP in front of `State`: its routes, and the two hottest of them without FastAPI.

A raw route costs half the CPU of one through FastAPI; both read the same models.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import orjson
from fastapi import APIRouter, BackgroundTasks, Depends, Query
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from shared.runtime.errors import BadInput
from shared.runtime.faults import said
from shared.runtime.service_auth import Caller
from shared.services.fields import Id, Moment, Uuid
from shared.services.state import (
    Claim,
    ClaimRequest,
    Completed,
    CompleteRequest,
    Confirmed,
    Conversation,
    History,
    ReceiptConfirmed,
    RefusedMessages,
    Released,
    ReleaseRequest,
    StatusAdvanced,
    StatusUpdate,
    TrackedMessage,
)
from state_service.refused import Wanted
from state_service.state import Json, State

M = TypeVar("M", bound=BaseModel)
HotRoute = Callable[[State, bytes], Awaitable[Response]]


async def claim(state: State, body: bytes) -> Response:
    """`POST /state/claim`."""
    return _json(await state.claim(_read(ClaimRequest, body)))


async def complete(state: State, body: bytes) -> Response:
    """`POST /state/complete`."""
    return _json(await state.complete(_read(CompleteRequest, body)))


HOT_ROUTES: dict[tuple[str, str], HotRoute] = {
    ("POST", "/state/claim"): claim,
    ("POST", "/state/complete"): complete,
}


async def state_of(request: Request) -> State:
    """What `wire` made; async, so that FastAPI does not take a thread for it."""
    state: State = request.state.kit.state
    return state


Known = Annotated[State, Depends(state_of)]
router = APIRouter()


@router.post("/state/claim", response_model=Claim)
async def claim_message(request: ClaimRequest, state: Known) -> Json:
    """Ask for the right to deliver a message."""
    return await state.claim(request)


@router.post("/state/complete", response_model=Completed)
async def complete_message(request: CompleteRequest, state: Known) -> Json:
    """Write down what was done."""
    return await state.complete(request)


@router.post("/state/release", response_model=Released)
async def release_claim(request: ReleaseRequest, state: Known) -> Json:
    """Give a claim back."""
    return await state.release(request)


@router.post("/state/receipt", response_model=Confirmed)
async def confirm_receipt(request: ReceiptConfirmed, state: Known) -> Json:
    """Genesys has taken a receipt."""
    return await state.confirm_receipt(request)


@router.get("/state/messages", response_model=RefusedMessages)
async def refused_messages(wanted: Annotated[Wanted, Query()], state: Known) -> Json:
    """Messages that were refused, the newest first."""
    return await state.refused(wanted)


# A wamid is base64 and may hold a slash: hence `path`.
@router.patch("/state/message/{message_id:path}", response_model=StatusAdvanced)
async def advance_status(message_id: Id, update: StatusUpdate, state: Known) -> Json:
    """Write down a status of Meta."""
    return await state.advance(message_id, update)


@router.get("/state/message/{message_id:path}", response_model=TrackedMessage)
async def find_message(message_id: Id, tenant_id: Uuid, state: Known) -> Json:
    """Find a message by its id at either side."""
    return await state.message(message_id, tenant_id)


@router.get("/state/conversation/{conversation_id}", response_model=Conversation)
async def find_conversation(
    conversation_id: Id,
    tenant_id: Uuid,
    channel_id: Uuid,
    request: Request,
    later: BackgroundTasks,
    state: Known,
) -> Json:
    """Whose a conversation is; asked by a function it is activity in it, by an outsider not."""
    caller: Caller = request.state.caller
    if caller.on_behalf is not None:
        return await state.look_at(conversation_id, tenant_id, channel_id)
    found, cached = await state.conversation(conversation_id, tenant_id, channel_id)
    if cached:
        later.add_task(state.touch, conversation_id, tenant_id, channel_id)
    return found


@router.get("/state/conversation/{conversation_id}/messages", response_model=History)
async def history(
    conversation_id: Id,
    tenant_id: Uuid,
    state: Known,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: Moment | None = None,
) -> Json:
    """A conversation's messages, newest first."""
    return await state.history(conversation_id, tenant_id, limit, before)


def _read(model: type[M], body: bytes) -> M:
    """Read a body. Raises BadInput that names the fields at fault, never a value."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise BadInput(said(error.errors(include_input=False, include_url=False))) from None


def _json(answer: Any) -> Response:
    return Response(orjson.dumps(answer), media_type="application/json")
