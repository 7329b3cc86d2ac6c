"""The limits twice: in a Redis of the test's own, and in the process alone. Both pass every test.

`pass_time` lets seconds go by without waiting for them.
"""

import asyncio
import struct
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, cast

import pytest
from redis import Redis

from shared.limits.client_math import Budget, Client, Heard, Kind, Spent, Taken, take
from shared.limits.clients import Clients
from shared.limits.numbers import OwnNumbers, SharedNumbers
from shared.limits.values import Admission, Lane, Rules
from shared.storage.cache import Cache
from tests.storage.redis_server import RedisServer, redis_server

# Fields that are moments, by the length of a state: a pair's, a number's, a client's.
MOMENTS = {4: (0, 2), 5: (0, 2, 3, 4), 8: (0, 1, 5, 6, 7)}
LANE = Lane("106540352242922", 80.0, "customer")


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis for the tests that leave it alone."""
    with redis_server(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def breakable(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis to be stopped, frozen and flushed."""
    with redis_server(tmp_path) as server:
        yield server


def pass_time(server: RedisServer, seconds: float) -> None:
    """Move every moment in Redis so far into the past."""
    with Redis.from_url(server.url) as client:
        for key in cast("list[bytes]", client.keys("limit:*")):
            value = cast("bytes", client.get(key))
            size = len(value) // 8
            state = list(struct.unpack(f"<{size}d", value))
            for place in MOMENTS[size]:
                state[place] -= seconds if state[place] else 0
            client.set(key, struct.pack(f"<{size}d", *state), keepttl=True)


@dataclass
class Twin:
    """One of the two, behind blocking calls."""

    numbers: SharedNumbers | OwnNumbers
    run: Callable[[Any], Any]
    pass_time: Callable[[float], None]

    def admit(self, lane: Lane = LANE) -> Admission:
        return cast("Admission", self.run(self.numbers.admit(lane)))

    def admit_many(self, count: int, lane: Lane = LANE) -> list[Admission]:
        return [self.admit(lane) for _ in range(count)]

    def give_back(self, lane: Lane = LANE) -> None:
        self.run(self.numbers.give_back(lane))

    def slow_down(self, lane: Lane = LANE) -> float:
        return float(self.run(self.numbers.slow_down(lane)))

    def hold(self, seconds: float, lane: Lane = LANE) -> None:
        self.run(self.numbers.hold(lane, seconds))

    def hold_pair(self, lane: Lane = LANE) -> float:
        return float(self.run(self.numbers.hold_pair(lane)))


@dataclass
class Hours:
    """A clock that a test moves."""

    at: float = 1_000_000.0

    def __call__(self) -> float:
        return self.at

    def pass_time(self, seconds: float) -> None:
        self.at += seconds


@dataclass
class Loop:
    """An event loop with a cache open on it."""

    url: str
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def __enter__(self) -> Self:
        return self

    def cache(self) -> Cache:
        opened = self.stack.enter_async_context(Cache.open(f"{self.url}?socket_timeout=30"))
        return self.loop.run_until_complete(opened)

    def run(self, work: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(work)

    def __exit__(self, *_: object) -> None:
        self.loop.run_until_complete(self.stack.aclose())
        self.loop.close()


MakeTwin = Callable[..., Twin]


@pytest.fixture(params=["shared", "own"])
def twin(request: pytest.FixtureRequest, redis: RedisServer) -> Iterator[MakeTwin]:
    """Makes the limits of numbers under some rules."""
    with Loop(redis.url) as loop, Redis.from_url(redis.url) as client:
        client.flushall()

        def make(**rules: Any) -> Twin:
            kept = Rules(**rules)
            if request.param == "own":
                hours = Hours()
                own = OwnNumbers(kept, 1.0, hours)
                return Twin(own, lambda value: value, hours.pass_time)
            shared = SharedNumbers(loop.cache(), kept)
            return Twin(shared, loop.run, lambda seconds: pass_time(redis, seconds))

        yield make


@dataclass
class ClientTwin:
    """The minutes of some clients of one tenant, behind blocking calls."""

    take: Callable[[Sequence[str], Kind, dict[str, Heard]], Taken | Spent]
    pass_time: Callable[[float], None]

    def __call__(
        self, *names: str, kind: Kind = "message", heard: Heard | None = None
    ) -> Taken | Spent:
        named = names or ("a",)
        return self.take(named, kind, {named[0]: heard} if heard else {})

    def many(self, count: int, *names: str, kind: Kind = "message") -> int:
        """How many of so many calls were let through."""
        return sum(isinstance(self(*names, kind=kind), Taken) for _ in range(count))


MakeClients = Callable[..., ClientTwin]


@pytest.fixture(params=["shared", "own"])
def clients(request: pytest.FixtureRequest, redis: RedisServer) -> Iterator[MakeClients]:
    """Makes the budgets of OAuth clients."""
    with Loop(redis.url) as loop, Redis.from_url(redis.url) as server:
        server.flushall()

        def own(budget: Budget) -> ClientTwin:
            hours, states = Hours(), dict[str, Client]()

            def call(names: Sequence[str], kind: Kind, heard: dict[str, Heard]) -> Taken | Spent:
                some = [states.setdefault(name, Client()) for name in names]
                return take(some, kind, budget, [heard.get(name) for name in names], hours())

            return ClientTwin(call, hours.pass_time)

        def shared(budget: Budget) -> ClientTwin:
            budgets = Clients(loop.cache(), budget, 1.0)

            def call(names: Sequence[str], kind: Kind, heard: dict[str, Heard]) -> Taken | Spent:
                told = [heard.get(name) for name in names]
                keys = [f"limit:{{t}}:{name}" for name in names]
                return cast("Taken | Spent", loop.run(budgets.take_shared(keys, kind, told)))

            return ClientTwin(call, lambda seconds: pass_time(redis, seconds))

        def make(**budget: Any) -> ClientTwin:
            return (own if request.param == "own" else shared)(Budget(**budget))

        yield make
