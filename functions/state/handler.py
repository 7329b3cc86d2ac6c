"""The state function: claims, outcomes, statuses, conversations and history of every message."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from functions_framework.aio import http
from starlette.requests import Request

from shared.runtime.function import Check, Function, Resources
from shared.runtime.routes import name_errors
from shared.runtime.service_auth import OnBehalf
from shared.storage.cache import Cache
from shared.storage.database import Database
from state_service.keeping import Keeping
from state_service.keeping import router as keeping_router
from state_service.people import People
from state_service.routes import HOT_ROUTES, router
from state_service.routes_people import router as people_router
from state_service.settings import Settings
from state_service.state import Policy, State


@dataclass(kw_only=True)
class Kit(Resources):
    """What the routes need."""

    state: State
    keeping: Keeping
    people: People


@asynccontextmanager
async def wire(settings: Settings) -> AsyncIterator[Kit]:
    """Open the stores. Redis may be away: it costs speed alone."""
    url = settings.database_url.get_secret_value()
    async with (
        Database.open(url, size=settings.database_pool_size) as database,
        Cache.open(settings.redis_url.get_secret_value()) as cache,
    ):
        policy = Policy(settings.claim_lease_seconds, settings.resend_unknown_seconds)
        yield Kit(
            checks=[
                Check("postgres", database.ping),
                Check("redis", cache.ping, required=False),
            ],
            state=State(database, cache, policy),
            keeping=Keeping(database),
            people=People(database),
        )


def theirs(request: Request, whom: OnBehalf) -> bool:
    """Outsiders read, and of their own tenant alone."""
    return request.method == "GET" and request.query_params.getlist("tenant_id") == [whom.tenant_id]


function = Function("state", Settings, wire, theirs=theirs)
app = FastAPI(title="Parley state", version="1")
app.include_router(router)
app.include_router(keeping_router)
app.include_router(people_router)
name_errors(app)


@http
@function.entry
async def handle(request: Request) -> Any:
    """Answer the two routes of the message path at once, the others by the app."""
    hot = HOT_ROUTES.get((request.method, request.scope["path"]))
    if hot is None:
        return app
    return await hot(function.kit(request).state, await request.body())
