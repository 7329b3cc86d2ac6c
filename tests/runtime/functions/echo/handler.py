"""A public function that gives back what it got, and fails on request."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from functions_framework.aio import http
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from shared.runtime.errors import Unavailable
from shared.runtime.function import Check, Function, Resources
from shared.runtime.settings import Settings as Base


class Settings(Base):
    word: SecretStr


async def _refuse() -> None:
    raise Unavailable("redis does not answer")


@asynccontextmanager
async def wire(settings: Settings) -> AsyncIterator[Resources]:
    down = settings.word.get_secret_value() == "down"
    yield Resources(checks=[Check("store", _refuse)] if down else [])


function = Function("echo", Settings, wire, public=True, body_limit=1000)


@http
@function.entry
async def handle(request: Request) -> Response:
    if request.url.path == "/secret-crash":
        message = "customer wrote: meet me at noon"
        raise ValueError(message)
    if request.url.path == "/unavailable":
        raise Unavailable("the broker does not answer", retry_after=2.2)
    if request.url.path == "/slow":
        await asyncio.sleep(0.4)
    return Response(await request.body(), headers={"x-path": request.url.path})
