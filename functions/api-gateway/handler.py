"""The one public door. Webhooks pass with their very bytes; all else needs a good credential."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from functions_framework.aio import http
from starlette.requests import Request
from starlette.responses import Response

from gateway_service.auth.api_keys import ApiKeys
from gateway_service.auth.bearer import Bearer
from gateway_service.auth.fetching import guarded
from gateway_service.auth.jwks import Keys
from gateway_service.auth.oidc import Oidc
from gateway_service.gateway import Gateway
from gateway_service.limits import Limits
from gateway_service.proxy import Proxy
from gateway_service.routes import OWN, WEBHOOK
from gateway_service.settings import Settings
from gateway_service.tenants import Tenants
from shared.limits.callers import Callers
from shared.runtime.function import Check, Function, Resources
from shared.runtime.peer import Peer, http_session
from shared.runtime.service_auth import ServiceTokens
from shared.services.access import AccessClient
from shared.services.key_marks import KeyMarks
from shared.storage.cache import Cache


@dataclass(kw_only=True)
class Kit(Resources):
    """The door."""

    gateway: Gateway


@asynccontextmanager
async def wire(settings: Settings) -> AsyncIterator[Kit]:
    """Open one pool of connections to the functions, Redis, and the way to the keys of people."""
    tokens = ServiceTokens.of(OWN, settings)
    urls = {
        "wa-webhook": settings.wa_webhook_url,
        "genesys-webhook": settings.genesys_webhook_url,
        "state": settings.state_url,
        "tenancy": settings.tenancy_url,
    }
    async with (
        AsyncExitStack() as stack,
        http_session() as session,
        Cache.open(settings.redis_url.get_secret_value()) as cache,
        guarded(settings.oidc_allowed_hosts) as fetch,
    ):
        tenancy = Peer(session, name="tenancy", url=settings.tenancy_url, tokens=tokens)
        access = AccessClient(tenancy)
        tenants = Tenants(access, time.monotonic)
        oidc = None
        if settings.oidc_issuer:
            keys = Keys(settings.oidc_issuer, fetch, refetch=settings.oidc_refetch_seconds)
            oidc = Oidc(keys, tenants, settings)
        proxy = Proxy(session, urls)
        stack.push_async_callback(proxy.close)
        yield Kit(
            gateway=Gateway(
                proxy=proxy,
                bearer=Bearer(
                    ApiKeys(access, tenants, KeyMarks.of(settings), time.monotonic), oidc
                ),
                tenants=tenants,
                limits=Limits(Callers(cache, settings.rate_local_share), settings),
                tokens=tokens,
                proxies=settings.trusted_proxies,
            ),
            checks=[
                Check("redis", cache.ping, required=False),
                Check("tenancy", tenancy.ping, required=False),
            ],
        )


function = Function(OWN, Settings, wire, public=True, body_limit=WEBHOOK)


@http
@function.entry
async def handle(request: Request) -> Response:
    """Whatever comes."""
    return await function.kit(request).gateway.serve(request)
