"""Genesys' webhooks in: `POST /webhook/genesys`. Answers 200 once all is durable, within 10 s."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from functions_framework.aio import http
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from genesys_webhook_service.door import Door
from shared.genesys.signature import HEADER
from shared.messaging.doorway import DoorSettings, open_doorway
from shared.runtime.errors import NotFound
from shared.runtime.function import Function, Resources, incoming
from shared.runtime.problem import problem

NAME = "genesys-webhook"
PATH = "/webhook/genesys"
BODY_LIMIT = 3 * 1024 * 1024  # bytes; attachments come as links, so a real body is a few KB


@dataclass(kw_only=True)
class Kit(Resources):
    """The door, with what stands behind it."""

    door: Door


@asynccontextmanager
async def wire(settings: DoorSettings) -> AsyncIterator[Kit]:
    """Open what stands behind the door for the life of the process."""
    async with open_doorway(NAME, settings) as way:
        yield Kit(door=Door(way.directory, way.intake, way.keys), checks=way.checks)


function = Function(NAME, DoorSettings, wire, public=True, body_limit=BODY_LIMIT)


@http
@function.entry
async def handle(request: Request) -> Response:
    """What an agent, a bot or Genesys itself has to say to a customer."""
    if request.url.path.rstrip("/") != PATH:
        raise NotFound(f"Genesys' webhooks go to {PATH}")
    if request.method != "POST":
        return problem(405, "method_not_allowed", "this door takes POST")
    signature, body = request.headers.get(HEADER), incoming(request)
    await function.kit(request).door.receive(await body.read(), signature, body.weigh)
    return PlainTextResponse("ok")
