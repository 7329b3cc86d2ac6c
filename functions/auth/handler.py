"""Tokens of both providers: `POST /auth/token`, `POST /auth/invalidate`. For our functions only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import aiohttp
from fastapi import Depends, FastAPI
from functions_framework.aio import http
from pydantic import Field
from starlette.requests import Request

from auth_service.credentials import Credentials
from auth_service.issuer import Issuer
from auth_service.login import GenesysLogin
from shared.runtime.function import Check, Function, Resources
from shared.runtime.peer import Peer, http_session
from shared.runtime.routes import name_errors
from shared.runtime.service_auth import ServiceTokens
from shared.runtime.settings import RedisSettings, ServiceAuthSettings, VaultSettings
from shared.services.auth import Invalidated, Invalidation, Token, TokenRequest
from shared.services.tenancy import TenancyClient
from shared.storage.cache import Cache
from shared.tenancy.regions import RegionSettings, extra_regions
from shared.tenancy.vault import Vault
from shared.tokens.store import TokenStore

NAME = "auth"


class Settings(RedisSettings, ServiceAuthSettings, VaultSettings, RegionSettings):
    """Where the credentials are, and who gives tokens for them."""

    tenancy_url: str
    genesys_login_base_url: str = Field(
        "",
        pattern=r"^(https?://[^\s]+)?$",
        description="Asked instead of `https://login.{region}` when set",
    )


@dataclass(kw_only=True)
class Kit(Resources):
    """The one thing this function does."""

    issuer: Issuer


@asynccontextmanager
async def wire(settings: Settings) -> AsyncIterator[Kit]:
    """Open the cache and both pools. A bad key ring stops the start."""
    vault = Vault.of(settings.key_ring)
    async with (
        http_session() as session,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as providers,
        Cache.open(settings.redis_url.get_secret_value()) as cache,
    ):
        tokens = ServiceTokens.of(NAME, settings)
        tenancy = Peer(session, name="tenancy", url=settings.tenancy_url, tokens=tokens)
        login = GenesysLogin(
            providers,
            settings.genesys_login_base_url,
            extra_regions(settings.genesys_extra_regions),
        )
        credentials = Credentials(TenancyClient(tenancy), login)
        yield Kit(
            issuer=Issuer(cache, TokenStore(cache, vault), credentials),
            checks=[
                # Neither is required: tokens in hand are good until they end.
                Check("redis", cache.ping, required=False),
                Check("tenancy", tenancy.ping, required=False),
            ],
        )


function = Function(NAME, Settings, wire)
app = FastAPI(title="Parley auth", openapi_url=None)
name_errors(app)


async def _kit(request: Request) -> Kit:
    """As a dependency; async, so that FastAPI does not take a thread for it."""
    return function.kit(request)


KitOf = Annotated[Kit, Depends(_kit)]


@app.post("/auth/token")
async def token(body: TokenRequest, kit: KitOf) -> Token:
    """A usable token of the tenant's credential."""
    return await kit.issuer.token(body)


@app.post("/auth/invalidate")
async def invalidate(body: Invalidation, kit: KitOf) -> Invalidated:
    """The provider refused a token: forget it, unless a newer one is here."""
    return Invalidated(dropped=await kit.issuer.invalidate(body))


@http
@function.entry
async def handle(request: Request) -> FastAPI:
    """Hand a guarded request on to its route."""
    del request
    return app
