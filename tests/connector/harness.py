"""A connector on real servers, and a small real function that it posts to."""

import asyncio
import functools
import os
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from connector.route import Route
from connector.run import connected
from connector.settings import Settings
from local.services import Endpoints
from shared.messaging.envelope import Event
from shared.messaging.publisher import Publisher
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES, Topology
from shared.runtime.errors import Unavailable
from shared.runtime.service_auth import ServiceTokens
from shared.storage.database import Database
from tests.messaging.broker import fresh_topology
from tests.ports import free_port
from tests.programs import Program, start
from tests.waits import WAIT_S

EXCHANGE = INBOUND_WHATSAPP_MESSAGES
FUNCTION = "inbound-transform"
TOKEN_KEY = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Reply:
    """What the function does with one event; `drop` cuts the connection instead of answering."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    problem: Mapping[str, str] | None = None
    seconds: float = 0.0
    drop: bool = False


OK = Reply()
Behaviour = Callable[[Event], Reply]


class Function:
    """Takes events by HTTP, answers as it is told, and keeps what it took, in order, by key."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.taken: dict[str, list[str]] = defaultdict(list)  # first time only, by short key
        self.tries: Counter[str] = Counter()
        self.times: dict[str, list[float]] = defaultdict(list)
        self.under_way = 0
        self.headers: list[Mapping[str, str]] = []
        self.port = free_port()
        self._tokens = ServiceTokens(FUNCTION, TOKEN_KEY)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def all_taken(self) -> set[str]:
        return {name for names in self.taken.values() for name in names}

    async def _take(self, request: web.Request) -> web.Response:
        self._tokens.verify_header(request.headers.get("Authorization"), FUNCTION)
        self.headers.append(request.headers)
        event = Event.decode(await request.read())
        self.tries[event.id] += 1
        self.times[event.id].append(asyncio.get_running_loop().time())
        reply = self.behaviour(event)
        self.under_way += 1
        try:
            await asyncio.sleep(reply.seconds)
        finally:
            self.under_way -= 1
        key = event.partitionkey.rpartition(":")[2]
        if reply.drop:
            assert request.transport is not None
            request.transport.abort()
        if reply.status < 300 and not reply.drop and event.id not in self.taken[key]:
            self.taken[key].append(event.id)
        if reply.problem is not None:
            return web.json_response(reply.problem, status=reply.status, headers=reply.headers)
        return web.Response(status=reply.status, headers=reply.headers)

    async def _health(self, _: web.Request) -> web.Response:
        return web.Response()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        app = web.Application()
        app.router.add_post("/", self._take)
        app.router.add_get("/healthz", self._health)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port, reuse_address=True).start()
        try:
            yield
        finally:
            await runner.cleanup()


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Ask until it is so."""
    async with asyncio.timeout(WAIT_S):
        while not await condition():  # noqa: ASYNC110  # another process's doing
            await asyncio.sleep(0.03)


class World:
    """One test's queues, function, publisher and database."""

    def __init__(
        self, endpoints: Endpoints, topology: Topology, function: Function, publisher: Publisher
    ) -> None:
        self.endpoints = endpoints
        self.topology = topology
        self.function = function
        self.publisher = publisher
        self.port = free_port()
        self._database = Database(endpoints.database_url("connector"))

    def environment(self, **more: object) -> dict[str, str]:
        """The connector's settings, quick ones; `more` says otherwise."""
        settings = {
            "amqp_url": self.endpoints.amqp_url,
            "database_url": self.endpoints.database_url("connector"),
            "redis_url": self.endpoints.redis_url,
            "s3_endpoint_url": self.endpoints.s3_endpoint_url,
            "s3_access_key": self.endpoints.s3_access_key,
            "s3_secret_key": self.endpoints.s3_secret_key,
            "s3_region": self.endpoints.s3_region,
            "sweep_seconds": 0.2,
            "ledger_seconds": 0.3,
            "service_token_key": TOKEN_KEY,
            "partitions": self.topology.partitions,
            "queue_prefix": self.topology.prefix,
            "routes": f"{EXCHANGE}={self.function.url}",
            "host": "127.0.0.1",
            "port": self.port,
            "tick_seconds": 0.3,
            "first_wait_seconds": 0.05,
            "longest_wait_seconds": 0.4,
            "call_seconds": 5,
            "stop_seconds": 5,
        }
        return {name.upper(): str(value) for name, value in (settings | more).items()}

    @asynccontextmanager
    async def connector(self, **more: object) -> AsyncIterator[list[Route]]:
        """A connector in this process."""
        lower = {name.lower(): value for name, value in self.environment(**more).items()}
        async with connected(Settings(**lower)) as routes:  # type: ignore[arg-type]  # as text
            yield routes

    @asynccontextmanager
    async def process(self, **more: object) -> AsyncIterator[Program]:
        """A connector as a process of its own, killed in the end if it still runs."""
        environment = os.environ | self.environment(**more)
        program = await asyncio.to_thread(start, "connector", environment=environment, errors=2)
        try:
            yield program
        finally:
            program.kill()
            await asyncio.to_thread(program.wait, WAIT_S)

    async def publish(self, *events: Event) -> None:
        """Publish in order, again and again where the broker is away."""
        for event in events:
            await eventually(functools.partial(self._published, event))

    async def _published(self, event: Event) -> bool:
        try:
            await self.publisher.publish(EXCHANGE, event)
        except Unavailable:
            return False
        return True

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """Rows of `parked` or `dead_letters` that belong to this test's queues."""
        return await self._database.rows(
            f"select * from {table} where starts_with(queue, :prefix)", prefix=self.topology.prefix
        )

    async def rows_become(self, table: str, count: int) -> None:
        async def is_so() -> bool:
            return len(await self.rows(table)) == count

        await eventually(is_so)

    async def forget(self, table: str) -> None:
        """As somebody who should not have."""
        await self._database.rows(
            f"delete from {table} where starts_with(queue, :prefix)", prefix=self.topology.prefix
        )

    async def close(self) -> None:
        for table in ("parked", "dead_letters"):
            await self.forget(table)
        await self._database.close()


def play(
    endpoints: Endpoints,
    scenario: Callable[[World], Awaitable[None]],
    behaviour: Behaviour = lambda _: OK,
    function: Function | None = None,
) -> None:
    """Run a scenario in a world of its own, at most WAIT_S."""

    async def main() -> None:
        url = endpoints.amqp_url
        async with (
            asyncio.timeout(WAIT_S),
            fresh_topology(url) as topology,
            Publisher.open(url, topology) as publisher,
        ):
            world = World(endpoints, topology, function or Function(behaviour), publisher)
            try:
                async with world.function.serving():
                    await scenario(world)
            finally:
                await world.close()

    asyncio.run(main())


def in_order(world: World, published: list[Event]) -> None:
    """Every event was taken, each key's in the order it was published."""
    expected: dict[str, list[str]] = defaultdict(list)
    for event in published:
        expected[event.partitionkey.rpartition(":")[2]].append(event.id)
    for key, names in expected.items():
        if world.function.taken[key] != names:
            pytest.fail(f"{key}: published {names}, taken {world.function.taken[key]}")
