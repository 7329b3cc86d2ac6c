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
    DatabaseSettings,
    RedisSettings,
    ServiceAuthSettings,
    VaultSettings,
)
from shared.storage.cache import Cache
from shared.storage.database import Database
from shared.tenancy.regions import RegionSettings, extra_regions
from shared.tenancy.vault import Vault
from tenancy_service.configuration import Configuration
from tenancy_service.invalidation import Invalidator
from tenancy_service.lookups import Lookups
from tenancy_service.routes import NAME, router


class Settings(DatabaseSettings, RedisSettings, ServiceAuthSettings, VaultSettings, RegionSettings):
    """Where the stores are, and which regions a tenant may name."""


@dataclass(kw_only=True)
class Kit(Resources):
    """What the routes use."""

    lookups: Lookups
    configuration: Configuration


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
        invalidator = Invalidator(cache)
        stack.push_async_callback(invalidator.close)
        regions = extra_regions(settings.genesys_extra_regions)
        yield Kit(
            lookups=Lookups(database, vault),
            configuration=Configuration(database, vault, invalidator, regions),
            checks=[
                Check("postgresql", database.ping),
                Check("redis", cache.ping, required=False),
            ],
        )


function = Function(NAME, Settings, wire)
app = FastAPI(title="Parley tenancy", openapi_url=None)
name_errors(app)
app.include_router(router)


@http
@function.entry
async def handle(request: Request) -> FastAPI:
    """Hand a guarded request on to its route."""
    del request
    return app
