"""What one connector of several does beside its queues: the spool, the ledger, tidying up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from connector.lease import Lease
from connector.ledger import Ledger, Places
from connector.notes import Notes
from connector.settings import Settings
from connector.sweeper import Sweeper
from connector.tidy import tidy
from shared.messaging.marks import Upkeep
from shared.messaging.publisher import Publisher
from shared.messaging.spooled import InPostgres, InS3
from shared.messaging.topology import Topology
from shared.runtime.periodic import background
from shared.storage.cache import Cache
from shared.storage.database import Database
from shared.storage.objects import Objects


@asynccontextmanager
async def keeping_house(
    settings: Settings,
    database: Database,
    notes: Notes,
    publisher: Publisher,
    topology: Topology,
) -> AsyncIterator[None]:
    """Do it for the length of the block, whenever no other connector does."""
    installation = topology.prefix
    async with AsyncExitStack() as stack:
        cache = await stack.enter_async_context(Cache.open(settings.redis_url.get_secret_value()))
        objects = await stack.enter_async_context(Objects.open(settings))
        url, name = settings.database_url.get_secret_value(), f"parley sweeper {installation}"
        lease = await stack.enter_async_context(Lease.open(url, name))
        sweeper = Sweeper(
            InS3(objects, settings, installation),
            InPostgres(database, installation),
            publisher,
            Upkeep(cache, installation),
        )
        await stack.enter_async_context(background(sweeper.run(lease, settings.sweep_seconds)))
        stack.push_async_callback(sweeper.finish)
        places = Places(publisher, lambda: sweeper.waiting)
        ledger = Ledger(database, notes, places, settings.ledger_grace_seconds)
        await stack.enter_async_context(background(ledger.run(lease, settings.ledger_seconds)))
        await stack.enter_async_context(background(tidy(database, lease)))
        yield
