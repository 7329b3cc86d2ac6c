"""WhatsApp to Genesys: `POST /` with one event from the queue.

200 done or duplicate · 503 + Retry-After try again · 422 never.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from functions_framework.aio import http
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from inbound_transform_service.messages import Messages
from inbound_transform_service.statuses import Statuses
from shared.messaging.envelope import Event, EventType
from shared.messaging.intake import store_carried
from shared.runtime.errors import BadInput
from shared.runtime.function import Check, Function, Resources
from shared.runtime.peer import Peer, http_session
from shared.runtime.service_auth import ServiceTokens
from shared.runtime.settings import ObjectSettings, ServiceAuthSettings
from shared.services.delivery import GenesysApiClient
from shared.services.events import opened
from shared.services.receipts import Receipts
from shared.services.state import StateClient
from shared.storage.objects import Objects

NAME = "inbound-transform"


class Settings(ObjectSettings, ServiceAuthSettings):
    """Where the functions are that this one calls."""

    state_url: str
    genesys_api_url: str


@dataclass(kw_only=True)
class Kit(Resources):
    """What takes each kind of event."""

    messages: Messages
    statuses: Statuses
    objects: Objects


@asynccontextmanager
async def wire(settings: Settings) -> AsyncIterator[Kit]:
    """Open the pool to the other functions, and the object store."""
    tokens = ServiceTokens.of(NAME, settings)
    async with http_session() as session, Objects.open(settings) as objects:
        to_state = Peer(session, name="state", url=settings.state_url, tokens=tokens)
        to_genesys = Peer(session, name="genesys-api", url=settings.genesys_api_url, tokens=tokens)
        state, genesys = StateClient(to_state), GenesysApiClient(to_genesys)
        yield Kit(
            messages=Messages(state, genesys),
            statuses=Statuses(state, Receipts(state, genesys)),
            objects=objects,
            checks=[
                Check("state", to_state.ping, required=False),
                Check("genesys-api", to_genesys.ping, required=False),
                Check("s3", objects.ping, required=False),
            ],
        )


function = Function(NAME, Settings, wire)


@http
@function.entry
async def handle(request: Request) -> Response:
    """Do what one event asks for."""
    kit, event = function.kit(request), opened(await request.body())
    return JSONResponse({"outcome": await _take(kit, event)})


async def _take(kit: Kit, event: Event) -> str:
    match event.type:
        case EventType.WHATSAPP_MESSAGE:
            return await kit.messages.take(event)
        case EventType.WHATSAPP_STATUS:
            return await kit.statuses.take(event)
        case EventType.RAW:
            await store_carried(kit.objects, event)
            return "stored"
        case other:
            raise BadInput(f"inbound-transform takes no event of type {other}")
