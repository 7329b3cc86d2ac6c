"""Delivers to Meta: `POST /whatsapp/send`. Answers 200 with an outcome as soon as there is one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from functions_framework.aio import http
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from shared.messaging.door import answer
from shared.messaging.sending import Sending
from shared.messaging.transport import Limits, provider_session
from shared.runtime.function import Check, Function, Resources
from shared.runtime.peer import Peer, http_session
from shared.runtime.service_auth import ServiceTokens
from shared.runtime.settings import RedisSettings, ServiceAuthSettings, VaultSettings
from shared.services.delivery import WhatsAppSend
from shared.storage.cache import Cache
from shared.tenancy.vault import Vault
from shared.tokens.source import TokenSource
from shared.whatsapp.client import WhatsAppClient
from wa_api_service.sender import Sender

NAME = "wa-api"


class Settings(RedisSettings, ServiceAuthSettings, VaultSettings):
    """Where Meta and the auth function are, and how long Meta may take (seconds)."""

    auth_url: str
    graph_api_base_url: str = Field(
        "https://graph.facebook.com",
        pattern=r"^https?://[^\s/]+",
        description="Address of Meta's Graph API",
    )
    graph_api_version: str = Field(
        "v23.0", pattern=r"^v\d{1,3}\.\d{1,2}$", description="Version of the Graph API"
    )
    provider_connect_seconds: float = Field(
        3.0, gt=0, le=10, description="Limit of connecting to the provider"
    )
    provider_read_seconds: float = Field(
        10.0, gt=0, le=20, description="Limit of waiting for the provider's answer"
    )


@dataclass(kw_only=True)
class Kit(Resources):
    """The one thing this function does."""

    sender: Sender


@asynccontextmanager
async def wire(settings: Settings) -> AsyncIterator[Kit]:
    """Open the cache and both pools: to Meta, and to our own functions."""
    limits = Limits(settings.provider_connect_seconds, settings.provider_read_seconds)
    async with (
        AsyncExitStack() as stack,
        http_session() as session,
        provider_session() as providers,
        Cache.open(settings.redis_url.get_secret_value()) as cache,
    ):
        tokens = ServiceTokens.of(NAME, settings)
        auth = Peer(session, name="auth", url=settings.auth_url, tokens=tokens)
        client = WhatsAppClient(
            providers,
            base_url=settings.graph_api_base_url,
            version=settings.graph_api_version,
            limits=limits,
        )
        source = TokenSource(cache, auth, Vault.of(settings.key_ring))
        stack.push_async_callback(source.close)
        checks = [
            Check("auth", auth.ping, required=False),
            Check("redis", cache.ping, required=False),
        ]
        yield Kit(sender=Sender(client, source, Sending()), checks=checks)


function = Function(NAME, Settings, wire)


@http
@function.entry
async def handle(request: Request) -> Response:
    """Send what the request holds."""
    sender = function.kit(request).sender
    routes = {"/whatsapp/send": sender.send}
    return await answer(request, WhatsAppSend, routes)
