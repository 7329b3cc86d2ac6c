"""What both webhook doors stand on, opened once for the life of the process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from shared.messaging.arrivals import Book
from shared.messaging.intake import Intake, RawKeys
from shared.messaging.marks import Marks
from shared.messaging.outbox import Outbox
from shared.messaging.publisher import Publisher
from shared.messaging.spool import Spool
from shared.messaging.topology import Topology
from shared.runtime.errors import Unavailable
from shared.runtime.function import Check
from shared.runtime.peer import Peer, http_session
from shared.runtime.service_auth import ServiceTokens
from shared.runtime.settings import AmqpSettings, ObjectSettings, RedisSettings, ServiceAuthSettings
from shared.services.keeping import KeepingClient
from shared.storage.cache import Cache
from shared.storage.objects import Objects
from shared.tenancy.directory import Directory


class DoorSettings(AmqpSettings, ObjectSettings, RedisSettings, ServiceAuthSettings):
    """What a webhook door needs to know."""

    tenancy_url: str
    state_url: str


@dataclass(frozen=True)
class Doorway:
    """Who a webhook is for, where it goes, and what /readyz asks.

    Ready while anything durable takes events: the broker, S3 or PostgreSQL. Without S3 the raw
    bytes travel in the queue, without Redis or the tenancy function the door lives on what it
    remembers.
    """

    directory: Directory
    intake: Intake
    keys: RawKeys
    cache: Cache
    state: Peer
    checks: list[Check]


@asynccontextmanager
async def open_doorway(name: str, settings: DoorSettings) -> AsyncIterator[Doorway]:
    """Open the broker, the cache and the object store for the function `name`."""
    topology = Topology(settings.partitions, settings.queue_prefix)
    tokens = ServiceTokens.of(name, settings)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(http_session())
        cache = await stack.enter_async_context(Cache.open(settings.redis_url.get_secret_value()))
        objects = await stack.enter_async_context(Objects.open(settings))
        publisher = await stack.enter_async_context(
            Publisher.open(settings.amqp_url, topology, name=name)
        )
        tenancy = Peer(session, name="tenancy", url=settings.tenancy_url, tokens=tokens)
        state = Peer(session, name="state", url=settings.state_url, tokens=tokens)
        keeping = KeepingClient(state)
        outbox = await stack.enter_async_context(
            Outbox.open(
                publisher,
                Marks(cache, topology.prefix),
                Spool(objects, keeping, topology.prefix),
            )
        )
        book = await stack.enter_async_context(Book.open(keeping))
        durable = [publisher.ping, objects.ping, state.ping]
        yield Doorway(
            Directory(cache, tenancy),
            Intake(objects, outbox, source=f"/{name}", book=book),
            RawKeys(),
            cache,
            state,
            [
                Check("durable", lambda: _any(durable)),
                Check("rabbitmq", publisher.ping, required=False),
                Check("s3", objects.ping, required=False),
                Check("state", state.ping, required=False),
                Check("redis", cache.ping, required=False),
                Check("tenancy", tenancy.ping, required=False),
            ],
        )


async def _any(pings: Sequence[Callable[[], Coroutine[Any, Any, object]]]) -> None:
    """Raise Unavailable when none of them answers."""
    tasks = [asyncio.create_task(ping()) for ping in pings]
    try:
        for answer in asyncio.as_completed(tasks):
            with suppress(Exception):  # whatever it was, it takes nothing
                await answer
                return
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    raise Unavailable("neither the broker nor S3 nor state takes events")
