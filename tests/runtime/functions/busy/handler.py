"""A public function that works for ever on request, or for long with pauses."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from functions_framework.aio import http
from starlette.requests import Request
from starlette.responses import Response

from shared.runtime.function import Function, Resources
from shared.runtime.settings import Settings

CUBE = re.compile(r"(a+)+$")


@asynccontextmanager
async def wire(_: Settings) -> AsyncIterator[Resources]:
    yield Resources()


function = Function("busy", Settings, wire, public=True)


@http
@function.entry
async def handle(request: Request) -> Response:
    body = (await request.body()).decode()
    if request.url.path == "/match":
        CUBE.match(body)
    if request.url.path == "/loop":
        for _ in count():
            pass
    if request.url.path == "/wait":
        await asyncio.sleep(0.01)
    return Response(body)
