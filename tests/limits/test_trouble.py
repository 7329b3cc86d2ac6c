"""While Redis is away, each process sends at its own share; nobody waits, nothing fails."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from redis import Redis

from shared.limits.client_math import Budget
from shared.limits.clients import Clients
from shared.limits.numbers import Numbers
from shared.limits.values import Held, Lane, Rules
from shared.runtime.metrics import REGISTRY
from shared.storage.cache import Cache, CacheLimits
from tests.storage.redis_server import PATIENT, RedisServer, until

RATE = 50.0
SHARE = 0.2
BURST = 5  # what a number may send at once
QUICK = CacheLimits(answer=0.2, call=0.4, wait=0.4, probe_every=0.05)


def local() -> float:
    return REGISTRY.get_sample_value("parley_limit_local_total", {"limit": "number"}) or 0.0


async def time_of(numbers: Numbers, count: int) -> float:
    """The seconds that two senders needed to get so many through: a limit is a least time."""
    began, sent = time.monotonic(), 0

    async def work(name: str) -> None:
        nonlocal sent
        turn = 0
        while sent < count:
            turn += 1
            held = await numbers.enter(Lane("1", RATE, f"{name}{turn}"))
            if held is None:
                sent += 1
            else:
                await asyncio.sleep(min(held.retry_after, 0.1))

    await asyncio.gather(work("a"), work("b"))
    return time.monotonic() - began


Trouble = Callable[[RedisServer], AbstractContextManager[None]]


@contextmanager
def stopped(server: RedisServer) -> Iterator[None]:
    server.stop()
    yield
    server.start()


@contextmanager
def frozen(server: RedisServer) -> Iterator[None]:
    server.freeze()
    yield
    server.thaw()


@pytest.mark.parametrize("trouble", [stopped, frozen])
def test_a_share_of_the_limit_is_sent_without_redis(
    breakable: RedisServer, trouble: Trouble
) -> None:
    async def play() -> tuple[float, ...]:
        async with Cache.open(breakable.url, QUICK) as cache:
            numbers = Numbers(cache, Rules(), share=SHARE)
            before = await time_of(numbers, 50)
            with trouble(breakable):
                await until(lambda: _uses_own(numbers))
                away = await time_of(numbers, 40)
            await until(lambda: _uses_shared(numbers))
            return before, away, await time_of(numbers, 50)

    before, away, after = asyncio.run(play())
    assert before >= (50 - BURST) / RATE
    assert away >= (40 - 2) / (RATE * SHARE * 2)
    assert after >= (50 - BURST) / RATE


async def _uses_shared(numbers: Numbers) -> bool:
    counted = local()
    await numbers.enter(Lane("another", RATE))
    return local() == counted


async def _uses_own(numbers: Numbers) -> bool:
    return not await _uses_shared(numbers)


def test_a_flushed_redis_forgets_no_more_than_a_burst(breakable: RedisServer) -> None:
    async def play() -> float:
        async with Cache.open(breakable.url, QUICK) as cache:
            numbers = Numbers(cache, Rules(), share=SHARE)

            async def flush() -> None:
                with Redis.from_url(breakable.url) as client:
                    for _ in range(3):
                        await asyncio.sleep(0.4)
                        client.flushall()
                        client.script_flush()

            seconds, _ = await asyncio.gather(time_of(numbers, 100), flush())
            return seconds

    # Each time what was reserved is forgotten: up to the longest wait of two senders, and a burst.
    assert asyncio.run(play()) >= (100 - 3 * (2 + 2) - BURST) / RATE


def test_a_customer_gets_the_share_of_the_burst_without_redis() -> None:
    async def play() -> list[Held | None]:
        async with Cache.open("redis://127.0.0.1:1/0") as cache:
            numbers = Numbers(cache, Rules(longest_wait=5), share=SHARE)
            return [await numbers.enter(Lane("1", 1000, "x")) for _ in range(10)]

    answers = asyncio.run(play())
    assert answers[:9] == [None] * 9
    assert isinstance(answers[9], Held)
    assert (answers[9].limit, answers[9].retry_after > 200) == ("pair", True)


def test_what_meta_says_is_heard_without_redis() -> None:
    async def play() -> Held | None:
        async with Cache.open("redis://127.0.0.1:1/0") as cache:
            numbers = Numbers(cache, Rules(), share=SHARE)
            lane = Lane("1", 80, "x")
            assert await numbers.hold_pair(lane) == 4
            await numbers.slow_down(lane)
            await numbers.hold(lane, 30)
            return await numbers.enter(lane)

    held = asyncio.run(play())
    assert held is not None
    assert (held.limit, round(held.retry_after)) == ("hold", 30)


def test_a_client_makes_its_share_of_the_calls_without_redis() -> None:
    async def play() -> int:
        async with Cache.open("redis://127.0.0.1:1/0") as cache:
            clients = Clients(cache, Budget(), SHARE)
            # Everybody's count says nothing of our own share.
            headers = {"count": "200", "allowed": "300", "reset": "60"}
            clients.hear("t", "a", {f"inin-ratelimit-{k}": v for k, v in headers.items()})
            answers = [await clients.take("t", ["a"], "message") for _ in range(100)]
            return answers.count("a")

    assert asyncio.run(play()) == int(0.98 * 300 * SHARE)


def test_who_is_cancelled_in_its_wait_gives_its_turn_back(redis: RedisServer) -> None:
    async def play() -> Held | None:
        async with Cache.open(f"{redis.url}?socket_timeout=30") as cache:
            numbers = Numbers(cache, Rules(longest_wait=3), share=SHARE)
            lane = Lane("cancelled", 0.5)  # had it kept its turn, the next would wait four seconds
            await numbers.enter(lane)
            waiting = asyncio.create_task(numbers.enter(lane))
            await asyncio.sleep(0.5)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            await asyncio.sleep(0)
            return await numbers.enter(lane)

    assert asyncio.run(play()) is None


def test_two_replicas_hear_of_each_others_minute(redis: RedisServer) -> None:
    async def play() -> list[str | Held]:
        async with Cache.open(redis.url, PATIENT) as one, Cache.open(redis.url, PATIENT) as two:
            first, second = (Clients(cache, Budget(), SHARE) for cache in (one, two))
            headers = {"count": "293", "allowed": "300", "reset": "60"}
            first.hear("t2", "a", {f"inin-ratelimit-{k}": v for k, v in headers.items()})
            answers = [await first.take("t2", ["a"], "message")]
            answers += [await second.take("t2", ["a"], "message")]
            await first.hold("t2", "b", 20)
            return [*answers, await second.take("t2", ["b"], "message")]

    taken, spent, held = asyncio.run(play())
    assert taken == "a"
    assert isinstance(spent, Held)
    assert 50 < spent.retry_after < 62
    assert isinstance(held, Held)
    assert 15 < held.retry_after <= 20
