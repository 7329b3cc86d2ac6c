"""The application: routes of both simulators and of the control interface."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route

from local.sandbox.control.routes import control_routes
from local.sandbox.genesys import errors as platform
from local.sandbox.graph import errors as graph
from local.sandbox.graph.messages import unknown_path
from local.sandbox.room.desk import Answer, Call, Desk
from local.sandbox.room.settings import Settings
from local.sandbox.world import World

INBOUND = "/genesys/api/v2/conversations/messages/{integration_id}/inbound/open"
ANY = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def graph_routes(world: World) -> list[Route]:
    """Meta's side."""
    house = world.house

    def latency() -> float:
        return house.settings.graph.latency_ms

    send = Desk(house, "graph", "messages", latency, world.messages.work, graph.of_fault)
    other = Desk(house, "graph", "unknown", latency, unknown_path, graph.of_fault)
    return [
        Route("/graph/{version}/{phone_number_id}/messages", send.endpoint, methods=["POST"]),
        Route("/graph/{path:path}", other.endpoint, methods=ANY),
    ]


def genesys_routes(world: World) -> list[Route]:
    """The platform's side, its login host included."""
    house, gate = world.house, world.gate

    def latency() -> float:
        return house.settings.genesys.latency_ms

    def login_latency() -> float:
        return house.settings.login.latency_ms

    def desk(name: str, work: Callable[[Call], Answer]) -> Desk:
        return Desk(house, "genesys", name, latency, work, platform.of_fault)

    def nowhere(_call: Call) -> Answer:
        answer = platform.refusal("not.found")
        answer.headers["ININ-Correlation-Id"] = str(uuid.uuid4())
        return answer

    token = Desk(house, "login", "token", login_latency, world.login.work, platform.of_fault)
    inbound = world.inbound
    doors = {
        "message": gate.guarded("genesys-message", inbound.message),
        "receipt": gate.guarded("genesys-receipt", world.receipts.receipt),
        "event": gate.guarded("genesys-event", inbound.event),
        "structured/response": gate.guarded("genesys-structured-response", inbound.structured),
    }
    return [
        Route("/login/oauth/token", token.endpoint, methods=["POST"]),
        *(
            Route(f"{INBOUND}/{end}", desk(end.partition("/")[0], work).endpoint, methods=["POST"])
            for end, work in doors.items()
        ),
        Route("/genesys/{path:path}", desk("unknown", nowhere).endpoint, methods=ANY),
    ]


def application(settings: Settings | None = None) -> Starlette:
    """Build the application of one process."""
    world = World.built(settings or Settings())

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with world.house.sender.open():
            yield

    routes = [*graph_routes(world), *genesys_routes(world), *control_routes(world)]
    return Starlette(routes=routes, lifespan=lifespan)
