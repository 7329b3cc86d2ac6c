"""An outbox on real servers, with a state function that is not there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from local.services import Endpoints
from shared.messaging.marks import Marks
from shared.messaging.outbox import Outbox
from shared.messaging.publisher import Publisher
from shared.messaging.spool import Spool
from shared.messaging.topology import Topology
from shared.runtime.peer import Peer, http_session
from shared.runtime.service_auth import ServiceTokens
from shared.services.keeping import KeepingClient
from shared.storage.cache import Cache
from shared.storage.objects import Objects
from tests.ports import free_port


@asynccontextmanager
async def opened_outbox(
    services: Endpoints, topology: Topology, objects: Objects, *, amqp: str | None = None
) -> AsyncIterator[Outbox]:
    async with (
        Publisher.open(amqp or services.amqp_url, topology) as publisher,
        Cache.open(services.redis_url) as cache,
        http_session() as session,
    ):
        tokens = ServiceTokens("test", "k" * 40)
        nowhere = f"http://127.0.0.1:{free_port()}"
        state = KeepingClient(Peer(session, name="state", url=nowhere, tokens=tokens))
        marks, spool = Marks(cache, topology.prefix), Spool(objects, state, topology.prefix)
        async with Outbox.open(publisher, marks, spool) as outbox:
            yield outbox
