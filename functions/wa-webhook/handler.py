"""WhatsApp's webhooks in: `GET|POST /webhook/meta[/{app}]`. Answers 200 once all is durable."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from functions_framework.aio import http
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from shared.messaging.doorway import DoorSettings, open_doorway
from shared.messaging.lines import Lines
from shared.runtime.errors import NotFound
from shared.runtime.function import Function, Resources, incoming
from shared.runtime.problem import problem
from shared.services.state import StateClient
from shared.whatsapp.signature import HEADER
from wa_webhook_service.door import Door
from wa_webhook_service.people import People

NAME = "wa-webhook"
PATH = "/webhook/meta"
BODY_LIMIT = 3 * 1024 * 1024  # bytes: contracts/meta.md (a.4)


@dataclass(kw_only=True)
class Kit(Resources):
    """The door, with what stands behind it."""

    door: Door


@asynccontextmanager
async def wire(settings: DoorSettings) -> AsyncIterator[Kit]:
    """Open what stands behind the door for the life of the process."""
    async with open_doorway(NAME, settings) as way:
        people = People(Lines(way.cache), StateClient(way.state))
        yield Kit(door=Door(way.directory, way.intake, way.keys, people), checks=way.checks)


function = Function(NAME, DoorSettings, wire, public=True, body_limit=BODY_LIMIT)


@http
@function.entry
async def handle(request: Request) -> Response:
    """Meta's subscription check, and its notifications."""
    door, app = function.kit(request).door, _app(request.url.path)
    if request.method == "GET":
        return PlainTextResponse(await door.challenge(app, request.query_params))
    if request.method == "POST":
        signature, body = request.headers.get(HEADER), incoming(request)
        await door.receive(app, await body.read(), signature, body.weigh)
        return PlainTextResponse("ok")
    return problem(405, "method_not_allowed", "this door takes GET and POST")


def _app(path: str) -> str | None:
    """The Meta app that the path names; None on the plain path. Raises NotFound."""
    before, _, app = path.rstrip("/").partition(PATH)
    if before or PATH not in path or app.count("/") > 1 or (app and not app.startswith("/")):
        raise NotFound("Meta's webhooks go to /webhook/meta or /webhook/meta/{app}")
    return app.removeprefix("/") or None
