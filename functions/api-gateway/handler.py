"""The one public door. Webhooks pass with their very bytes; their functions check who signed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from functions_framework.aio import http
from starlette.requests import Request
from starlette.responses import Response

from gateway_service.proxy import Proxy
from shared.runtime.function import Function, Resources
from shared.runtime.peer import http_session
from shared.runtime.settings import Settings as Base

NAME = "api-gateway"
BODY_LIMIT = 3 * 1024 * 1024  # bytes: Meta's own limit (contracts/meta.md a.4)


class Settings(Base):
    """Where the functions behind the door are."""

    wa_webhook_url: str
    genesys_webhook_url: str


@dataclass(kw_only=True)
class Kit(Resources):
    """The way to the functions."""

    proxy: Proxy


@asynccontextmanager
async def wire(settings: Settings) -> AsyncIterator[Kit]:
    """Open one pool of connections to the functions."""
    urls = {
        "wa-webhook": settings.wa_webhook_url.rstrip("/"),
        "genesys-webhook": settings.genesys_webhook_url.rstrip("/"),
    }
    async with http_session() as session:
        yield Kit(proxy=Proxy(session, urls))


function = Function(NAME, Settings, wire, public=True, body_limit=BODY_LIMIT)


@http
@function.entry
async def handle(request: Request) -> Response:
    """Pass a request to the function that its path names."""
    return await function.kit(request).proxy.serve(request)
