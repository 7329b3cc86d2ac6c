"""Identifiers to tenants, their configuration and credentials. For our own functions only."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from functions_framework.aio import http
from starlette.requests import Request

from shared.runtime.function import Check, Function, Resources
from shared.runtime.routes import name_errors
from shared.runtime.settings import (
    AuthKeySettings,
    DatabaseSettings,
    RedisSettings,
    VaultSettings,
)
from shared.services.key_marks import KeyMarks
from shared.storage.cache import Cache
from shared.storage.database import Database
from shared.tenancy.regions import RegionSettings, extra_regions
from shared.tenancy.vault import Vault
from tenancy_service.api_keys import ApiKeys
from tenancy_service.auditing import Audit
from tenancy_service.configuration import Configuration
from tenancy_service.invalidation import Invalidator
from tenancy_service.lookups import Lookups
from tenancy_service.renewal import Renewal
from tenancy_service.routes import NAME, router
from tenancy_service.routes_access import router as access_router
from tenancy_service.routes_access import theirs
from tenancy_service.routes_upkeep import router as upkeep_router
from tenancy_service.standing import StandingsOf


class Settings(DatabaseSettings, RedisSettings, AuthKeySettings, VaultSettings, RegionSettings):
    """Where the stores are, and which regions a tenant may name."""


@dataclass(kw_only=True)
class Kit(Resources):
    """What the routes use."""

    lookups: Lookups
    configuration: Configuration
    api_keys: ApiKeys
    audit: Audit
    renewal: Renewal
    standings: StandingsOf


@asynccontextmanager
async def wire(settings: Settings) -> AsyncIterator[Kit]:
    """Open the database and the cache. A bad key ring stops the start."""
    vault = Vault.of(settings.key_ring)
    async with (
        AsyncExitStack() as stack,
        Database.open(
            settings.database_url.get_secret_value(), size=settings.database_pool_size
        ) as database,
        Cache.open(settings.redis_url.get_secret_value()) as cache,
    ):
        invalidator = Invalidator(cache, database)
        invalidator.start()
        stack.push_async_callback(invalidator.close)
        regions = extra_regions(settings.genesys_extra_regions)
        yield Kit(
            lookups=Lookups(database, vault),
            configuration=Configuration(database, vault, invalidator, regions),
            api_keys=ApiKeys(database, KeyMarks.of(settings)),
            audit=Audit(database),
            renewal=Renewal(database, vault),
            standings=StandingsOf(database),
            checks=[
                Check("postgresql", database.ping),
                Check("redis", cache.ping, required=False),
            ],
        )


function = Function(NAME, Settings, wire, theirs=theirs)
app = FastAPI(title="Parley tenancy", openapi_url=None)
name_errors(app)
app.include_router(router)
app.include_router(access_router)
app.include_router(upkeep_router)


@http
@function.entry
async def handle(request: Request) -> FastAPI:
    """Hand a guarded request on to its route."""
    del request
    return app
