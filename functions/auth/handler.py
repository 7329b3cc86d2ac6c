"""Tokens of both providers, and looks at what they are good for. For our own functions only."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
from fastapi import FastAPI
from functions_framework.aio import http
from starlette.requests import Request

from auth_service.checking import Checking
from auth_service.credentials import Credentials
from auth_service.issuer import Issuer
from auth_service.login import GenesysLogin
from auth_service.patrol import Patrol
from auth_service.providers import Providers
from auth_service.routes import router
from auth_service.settings import Settings
from shared.runtime.function import Check, Function, Resources
from shared.runtime.peer import Peer, http_session
from shared.runtime.routes import name_errors
from shared.runtime.service_auth import ServiceTokens
from shared.services.tenancy import TenancyClient
from shared.storage.cache import Cache
from shared.tenancy.regions import extra_regions
from shared.tenancy.vault import Vault
from shared.tokens.store import TokenStore

NAME = "auth"


@dataclass(kw_only=True)
class Kit(Resources):
    """What the routes use."""

    issuer: Issuer
    checking: Checking


@asynccontextmanager
async def wire(settings: Settings) -> AsyncIterator[Kit]:
    """Open the cache and both pools. A bad key ring stops the start."""
    vault = Vault.of(settings.key_ring)
    async with (
        AsyncExitStack() as stack,
        http_session() as session,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as providers,
        Cache.open(settings.redis_url.get_secret_value()) as cache,
    ):
        tokens = ServiceTokens.of(NAME, settings)
        tenancy = Peer(session, name="tenancy", url=settings.tenancy_url, tokens=tokens)
        regions = extra_regions(settings.genesys_extra_regions)
        login = GenesysLogin(providers, settings.genesys_login_base_url, regions)
        looks = Providers(
            providers,
            settings.graph_api_base_url,
            settings.graph_api_version,
            settings.genesys_api_base_url,
            regions,
        )
        client = TenancyClient(tenancy)
        issuer = Issuer(cache, TokenStore(cache, vault), Credentials(client, login))
        patrol = Patrol(issuer, client, looks, cache)
        patrol.start(settings.credential_patrol_seconds)
        stack.push_async_callback(patrol.close)
        yield Kit(
            issuer=issuer,
            checking=Checking(issuer, client, looks),
            checks=[
                # Neither is required: tokens in hand are good until they end.
                Check("redis", cache.ping, required=False),
                Check("tenancy", tenancy.ping, required=False),
            ],
        )


function = Function(NAME, Settings, wire)
app = FastAPI(title="Parley auth", openapi_url=None)
name_errors(app)


app.include_router(router)


@http
@function.entry
async def handle(request: Request) -> FastAPI:
    """Hand a guarded request on to its route."""
    del request
    return app
