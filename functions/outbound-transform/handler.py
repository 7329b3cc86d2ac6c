"""Genesys to WhatsApp: `POST /` with one event from the queue.

200 done, duplicate or refused with a receipt · 503 + Retry-After try again · 422 never.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from functions_framework.aio import http
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from outbound_transform_service.buried import Buried
from outbound_transform_service.files import Files
from outbound_transform_service.messages import Messages
from outbound_transform_service.signs import Signs
from shared.messaging.envelope import Event, EventType
from shared.messaging.intake import store_carried
from shared.runtime.errors import BadInput
from shared.runtime.function import Check, Function, Resources
from shared.runtime.peer import Peer, http_session
from shared.runtime.service_auth import ServiceTokens
from shared.runtime.settings import ObjectSettings, ServiceAuthSettings
from shared.services.delivery import GenesysApiClient, WaApiClient
from shared.services.events import opened
from shared.services.receipts import Receipts
from shared.services.state import StateClient
from shared.storage.objects import Objects

NAME = "outbound-transform"


class Settings(ObjectSettings, ServiceAuthSettings):
    """Where the functions are that this one calls, and when the agent is told of a failure."""

    state_url: str
    wa_api_url: str
    genesys_api_url: str
    give_up_after_seconds: float = Field(
        4 * 3600.0, ge=1, description="Age at which a failure is final and the agent is told"
    )


@dataclass(kw_only=True)
class Kit(Resources):
    """What takes each kind of event."""

    messages: Messages
    buried: Buried
    objects: Objects


@asynccontextmanager
async def wire(settings: Settings) -> AsyncIterator[Kit]:
    """Open the pool to the other functions, and the object store."""
    tokens = ServiceTokens.of(NAME, settings)
    async with http_session() as session, Objects.open(settings) as objects:
        to_state = Peer(session, name="state", url=settings.state_url, tokens=tokens)
        to_whatsapp = Peer(session, name="wa-api", url=settings.wa_api_url, tokens=tokens)
        to_genesys = Peer(session, name="genesys-api", url=settings.genesys_api_url, tokens=tokens)
        peers = (to_state, to_whatsapp, to_genesys)
        state, whatsapp = StateClient(to_state), WaApiClient(to_whatsapp)
        genesys = GenesysApiClient(to_genesys)
        receipts = Receipts(state, genesys)
        async with state.untold.told_before_the_end():
            yield Kit(
                messages=Messages(
                    state,
                    whatsapp,
                    Files(genesys, whatsapp),
                    Signs(state, whatsapp),
                    receipts,
                    timedelta(seconds=settings.give_up_after_seconds),
                ),
                buried=Buried(state, receipts),
                objects=objects,
                checks=[
                    *(Check(peer.name, peer.ping, required=False) for peer in peers),
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
        case EventType.GENESYS_MESSAGE:
            return await kit.messages.take(event)
        case EventType.GENESYS_BURIED:
            return await kit.buried.take(event)
        case EventType.RAW:
            await store_carried(kit.objects, event)
            return "stored"
        case other:
            raise BadInput(f"outbound-transform takes no event of type {other}")
