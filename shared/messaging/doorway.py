"""What both webhook doors stand on, opened once for the life of the process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shared.messaging.intake import Intake, RawKeys
from shared.messaging.publisher import Publisher
from shared.messaging.topology import Topology
from shared.runtime.function import Check
from shared.runtime.peer import Peer, http_session
from shared.runtime.service_auth import ServiceTokens
from shared.runtime.settings import AmqpSettings, ObjectSettings, RedisSettings, ServiceAuthSettings
from shared.storage.cache import Cache
from shared.storage.objects import Objects
from shared.tenancy.directory import Directory


class DoorSettings(AmqpSettings, ObjectSettings, RedisSettings, ServiceAuthSettings):
    """What a webhook door needs to know."""

    tenancy_url: str


@dataclass(frozen=True)
class Doorway:
    """Who a webhook is for, where it goes, and what /readyz asks.

    Only the broker is required: without S3 the raw bytes travel in the queue, without Redis or the
    tenancy function the door lives on what it remembers.
    """

    directory: Directory
    intake: Intake
    keys: RawKeys
    checks: list[Check]


@asynccontextmanager
async def open_doorway(name: str, settings: DoorSettings) -> AsyncIterator[Doorway]:
    """Open the broker, the cache and the object store for the function `name`."""
    topology = Topology(settings.partitions, settings.queue_prefix)
    tokens = ServiceTokens.of(name, settings)
    async with (
        http_session() as session,
        Cache.open(settings.redis_url.get_secret_value()) as cache,
        Objects.open(settings) as objects,
        Publisher.open(settings.amqp_url, topology, name=name) as publisher,
    ):
        tenancy = Peer(session, name="tenancy", url=settings.tenancy_url, tokens=tokens)
        yield Doorway(
            Directory(cache, tenancy),
            Intake(objects, publisher, source=f"/{name}"),
            RawKeys(),
            [
                Check("rabbitmq", publisher.ping),
                Check("s3", objects.ping, required=False),
                Check("redis", cache.ping, required=False),
                Check("tenancy", tenancy.ping, required=False),
            ],
        )
