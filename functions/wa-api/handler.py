"""Delivers to Meta: `POST /whatsapp/send`; `/whatsapp/media/`: `fetch` and `upload`, `look`.

Answers 200 with an outcome as soon as there is one.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from functions_framework.aio import http
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from shared.limits.settings import NumberSettings
from shared.media.settings import MediaSettings
from shared.messaging.door import Route, answer
from shared.messaging.sending import Sending
from shared.messaging.transport import Limits, provider_session
from shared.runtime.function import Check, Function, Resources
from shared.runtime.peer import Peer, http_session
from shared.runtime.service_auth import ServiceTokens
from shared.runtime.settings import GraphSettings, RedisSettings, ServiceAuthSettings, VaultSettings
from shared.services.delivery import MediaFetch, MediaUpload, WhatsAppSend
from shared.services.links import LinkLook
from shared.storage.cache import Cache
from shared.tenancy.vault import Vault
from shared.tokens.source import TokenSource
from shared.whatsapp.client import WhatsAppClient
from wa_api_service.media import Media, open_media
from wa_api_service.pacing import Pacing
from wa_api_service.sender import Sender

NAME = "wa-api"


class Settings(
    RedisSettings, ServiceAuthSettings, VaultSettings, MediaSettings, NumberSettings, GraphSettings
):
    """Where Meta and the auth function are, and how long Meta may take (seconds)."""

    auth_url: str
    provider_connect_seconds: float = Field(
        3.0, gt=0, le=10, description="Limit of connecting to the provider"
    )
    provider_read_seconds: float = Field(
        10.0, gt=0, le=20, description="Limit of waiting for the provider's answer"
    )


@dataclass(kw_only=True)
class Kit(Resources):
    """What this function does, by path."""

    routes: dict[str, Route[Any]]


@asynccontextmanager
async def wire(settings: Settings) -> AsyncIterator[Kit]:
    """Open the cache, S3, and the pools: to Meta, to its file hosts, and to our own functions."""
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
        media = await stack.enter_async_context(open_media(settings, limits, client, source, cache))
        checks = [
            Check("auth", auth.ping, required=False),
            Check("redis", cache.ping, required=False),
            media.check,
        ]
        sender = Sender(client, source, Sending(), Pacing.of(settings, cache))
        yield Kit(routes=_routes(sender, media), checks=checks)


def _routes(sender: Sender, media: Media) -> dict[str, Route[Any]]:
    return {
        "/whatsapp/send": Route(WhatsAppSend, sender.send),
        "/whatsapp/media/fetch": Route(MediaFetch, media.fetch),
        "/whatsapp/media/upload": Route(MediaUpload, media.upload),
        "/whatsapp/media/look": Route(LinkLook, media.looking.look),
    }


function = Function(NAME, Settings, wire)


@http
@function.entry
async def handle(request: Request) -> Response:
    """Do what the path says with what the request holds."""
    return await answer(request, function.kit(request).routes)
