"""The application: routes of the simulators and of the control interface."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette

from local.sandbox.control.routes import control_routes
from local.sandbox.genesys.routes import genesys_routes
from local.sandbox.graph.routes import graph_routes
from local.sandbox.oidc.routes import oidc_routes
from local.sandbox.room.settings import Settings
from local.sandbox.world import World


def application(settings: Settings | None = None) -> Starlette:
    """Build the application of one process."""
    world = World.built(settings or Settings())

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with world.house.sender.open(), world.house.fetcher.open():
            yield

    outside = [*graph_routes(world), *genesys_routes(world), *oidc_routes(world)]
    return Starlette(routes=[*outside, *control_routes(world)], lifespan=lifespan)
