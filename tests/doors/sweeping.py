"""A sweeper beside the doors, straight on the servers, and what waits in the spool."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from connector.sweeper import Look, Sweeper, Tally
from local.services import Endpoints
from shared.messaging.marks import Upkeep, keys_of
from shared.messaging.publisher import Publisher
from shared.messaging.spooled import InPostgres, InS3
from shared.messaging.topology import Topology
from shared.runtime.settings import ObjectSettings
from shared.storage.cache import Cache
from shared.storage.database import Database
from shared.storage.objects import SPOOL_BUCKET, Objects
from tests.doors.house import House

T = TypeVar("T")


@dataclass(frozen=True)
class Broom:
    """Sweeps one installation's spool."""

    endpoints: Endpoints
    objects: ObjectSettings
    topology: Topology

    def sweep(self) -> Tally:
        return self.run(lambda sweeper: sweeper.sweep())

    def waiting(self) -> dict[str, int]:
        """How many objects wait in each store."""

        async def count(sweeper: Sweeper) -> dict[str, int]:
            look: Look = await sweeper.look()
            rows = sum(item.row is not None for item in look.items)
            return {"s3": sum(item.in_s3 for item in look.items), "postgresql": rows}

        return self.run(count)

    def run(self, work: Callable[[Sweeper], Awaitable[T]]) -> T:
        async def main() -> T:
            async with self.opened() as sweeper:
                return await work(sweeper)

        return asyncio.run(main())

    @asynccontextmanager
    async def opened(self, **endpoints: Any) -> AsyncIterator[Sweeper]:
        objects = self.objects.model_copy(update=endpoints)
        prefix = self.topology.prefix
        async with (
            Database.open(self.endpoints.database_url("connector")) as database,
            Objects.open(objects) as store,
            Cache.open(self.endpoints.redis_url) as cache,
            Publisher.open(self.endpoints.amqp_url, self.topology) as publisher,
        ):
            yield Sweeper(
                InS3(store, objects, prefix),
                InPostgres(database, prefix),
                publisher,
                Upkeep(cache, prefix),
            )

    def forget_marks(self) -> None:
        """As a Redis that lost its memory."""

        async def main() -> None:
            async with Cache.open(self.endpoints.redis_url) as cache:
                assert await cache.delete(*keys_of(self.topology.prefix))

        asyncio.run(main())

    def marks(self) -> list[str]:
        async def main() -> list[str]:
            async with Cache.open(self.endpoints.redis_url) as cache:
                return await Upkeep(cache, self.topology.prefix).all(1000)

        return asyncio.run(main())

    def put(self, house: House, name: str, body: bytes) -> None:
        """An object of somebody else's making."""

        house.store.put_object(
            SPOOL_BUCKET, f"{self.topology.prefix}events/{name}", io.BytesIO(body), len(body)
        )
