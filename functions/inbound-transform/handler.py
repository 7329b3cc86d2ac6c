"""WhatsApp to Genesys: `POST /` with one event from the queue.

200 done or duplicate · 503 + Retry-After try again · 422 never.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from functions_framework.aio import http
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from inbound_transform_service.changes import Changes
from inbound_transform_service.files import Files
from inbound_transform_service.late import LateFiles
from inbound_transform_service.messages import Messages
from inbound_transform_service.statuses import Statuses, StatusTaken, answer_of
from shared.messaging.envelope import Event, EventType
from shared.messaging.intake import store_carried
from shared.messaging.publisher import Publisher
from shared.messaging.topology import Topology
from shared.runtime.errors import BadInput
from shared.runtime.function import Check, Function, Resources
from shared.runtime.peer import Peer, http_session
from shared.runtime.service_auth import ServiceTokens
from shared.runtime.settings import AmqpSettings, ObjectSettings, ServiceAuthSettings
from shared.services.delivery import GenesysApiClient, WaApiClient
from shared.services.events import opened
from shared.services.state import StateClient
from shared.storage.objects import Objects

NAME = "inbound-transform"


class Settings(AmqpSettings, ObjectSettings, ServiceAuthSettings):
    """Where the functions are that this one calls, and how long a file is asked for."""

    state_url: str
    wa_api_url: str
    genesys_api_url: str
    file_give_up_seconds: float = Field(
        6 * 3600.0,
        ge=1,
        description="Age at which a customer's file is given up; the agent is told",
    )


@dataclass(kw_only=True)
class Kit(Resources):
    """What takes each kind of event, and says what became of it."""

    takes: dict[str, Callable[[Event], Awaitable[str | StatusTaken]]]


@asynccontextmanager
async def wire(settings: Settings) -> AsyncIterator[Kit]:
    """Open the pool to the other functions, the broker and the object store."""
    tokens = ServiceTokens.of(NAME, settings)
    topology = Topology(settings.partitions, settings.queue_prefix)
    async with (
        http_session() as session,
        Objects.open(settings) as objects,
        Publisher.open(settings.amqp_url, topology, name=NAME) as publisher,
    ):
        to_state = Peer(session, name="state", url=settings.state_url, tokens=tokens)
        to_whatsapp = Peer(session, name="wa-api", url=settings.wa_api_url, tokens=tokens)
        to_genesys = Peer(session, name="genesys-api", url=settings.genesys_api_url, tokens=tokens)
        peers = (to_state, to_whatsapp, to_genesys)
        state, whatsapp = StateClient(to_state), WaApiClient(to_whatsapp)
        genesys, patience = GenesysApiClient(to_genesys), settings.file_give_up_seconds
        messages = Messages(state, genesys, Files(state, whatsapp, publisher))
        files = LateFiles(state, whatsapp, genesys, timedelta(seconds=patience))

        async def store(event: Event) -> str:
            await store_carried(objects, event)
            return "stored"

        async with state.untold.told_before_the_end():
            yield Kit(
                takes={
                    EventType.WHATSAPP_MESSAGE: messages.take,
                    EventType.WHATSAPP_FILE: files.take,
                    EventType.WHATSAPP_STATUS: Statuses(state, genesys, publisher, objects).take,
                    EventType.WHATSAPP_CHANGE: Changes(state).take,
                    EventType.RAW: store,
                },
                checks=[
                    *(Check(peer.name, peer.ping, required=False) for peer in peers),
                    Check("rabbitmq", publisher.ping, required=False),
                    Check("s3", objects.ping, required=False),
                ],
            )


function = Function(NAME, Settings, wire)


@http
@function.entry
async def handle(request: Request) -> Response:
    """Do what one event asks for."""
    kit, event = function.kit(request), opened(await request.body())
    take = kit.takes.get(event.type)
    if take is None:
        raise BadInput(f"{NAME} takes no event of type {event.type}")
    return JSONResponse(answer_of(await take(event)))
