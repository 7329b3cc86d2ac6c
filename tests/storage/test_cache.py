"""The cache on a real Redis that is well, stopped, frozen, full of rubbish, or back again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from shared.runtime.errors import Unavailable
from shared.storage.cache import Cache, CacheLimits
from tests.storage.redis_server import PATIENT, RedisServer, redis_server, until
from tests.waits import WAIT_S


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as running:
        yield running


def on_cache(
    url: str, test: Callable[[Cache], Awaitable[None]], limits: CacheLimits = PATIENT
) -> None:
    async def run() -> None:
        async with Cache.open(url, limits) as cache:
            await test(cache)

    asyncio.run(run())


def test_values_come_back_and_expire(server: RedisServer) -> None:
    async def test(cache: Cache) -> None:
        assert await cache.get("a") is None
        assert await cache.set("a", b"1", ttl=60)
        assert await cache.set_many({"b": b"2", "c": b"3"}, ttl=60)
        assert await cache.get_many(["a", "b", "c", "d"]) == [b"1", b"2", b"3", None]
        assert await cache.delete("a", "b")
        assert await cache.get_many(["a", "b", "c"]) == [None, None, b"3"]
        await cache.set("brief", b"x", ttl=0.02)

        async def gone() -> bool:
            return await cache.get("brief") is None

        await until(gone)

    on_cache(server.url, test)


def test_json_comes_back_and_rubbish_is_a_miss(server: RedisServer) -> None:
    async def test(cache: Cache) -> None:
        await cache.set_json("a", {"name": "Ärzte", "n": [1, None]}, ttl=60)
        assert await cache.get_json("a") == {"name": "Ärzte", "n": [1, None]}
        await cache.set("a", b"\xff{", ttl=60)
        assert await cache.get_json("a") is None

    on_cache(server.url, test)


def test_a_key_of_another_kind_is_a_miss_and_does_not_open_the_breaker(server: RedisServer) -> None:
    async def test(cache: Cache) -> None:
        for _ in range(5):
            with pytest.raises(Unavailable):
                await cache.run_script("return redis.call('incr', KEYS[1], 'x')", ["k"], [])
        assert await cache.set("a", b"1", ttl=60)
        assert await cache.get("a") == b"1"

    on_cache(server.url, test)


def test_a_lock_has_one_holder_and_is_given_back(server: RedisServer) -> None:
    async def test(cache: Cache) -> None:
        async with cache.lock("l", ttl=5) as mine:
            assert mine
            async with cache.lock("l", ttl=5) as second:
                assert not second
            async with cache.lock("l", ttl=5) as third:
                assert not third, "a loser must not free the holder's lock"
        async with cache.lock("l", ttl=5) as again:
            assert again

    on_cache(server.url, test)


def test_a_lock_that_expired_is_not_freed_for_its_next_holder(server: RedisServer) -> None:
    async def test(cache: Cache) -> None:
        async with cache.lock("l", ttl=0.02):

            async def expired() -> bool:
                return await cache.get("l") is None

            await until(expired)
            await cache.set("l", b"another's", ttl=5)
        assert await cache.get("l") == b"another's"

    on_cache(server.url, test)


def test_stopped_redis_reads_miss_writes_are_lost_and_locks_say_so(server: RedisServer) -> None:
    async def test(cache: Cache) -> None:
        await cache.set("a", b"1", ttl=60)
        server.stop()
        assert await cache.get("a") is None
        assert not await cache.set("a", b"2", ttl=60)
        assert not await cache.delete("a")
        with pytest.raises(Unavailable):
            async with cache.lock("l", ttl=5):
                pass
        with pytest.raises(Unavailable, match="REDIS_URL"):
            await cache.ping()

    on_cache(server.url, test)


def test_a_restart_of_redis_is_not_noticed(server: RedisServer) -> None:
    async def test(cache: Cache) -> None:
        await asyncio.gather(*(cache.set(f"k{i}", b"1", ttl=60) for i in range(50)))
        server.stop()
        server.start()
        assert all(await asyncio.gather(*(cache.set(f"k{i}", b"1", ttl=60) for i in range(50))))

    on_cache(server.url, test)


def test_frozen_redis_costs_the_first_calls_a_moment_and_the_rest_nothing(
    server: RedisServer,
) -> None:
    async def test(cache: Cache) -> None:
        await cache.set("a", b"1", ttl=60)
        server.freeze()
        async with asyncio.timeout(WAIT_S):  # asked each time, they would take longer
            assert [await cache.get("a") for _ in range(2000)] == [None] * 2000
        server.thaw()

        async def back() -> bool:
            return await cache.get("a") == b"1"

        await until(back)

    on_cache(server.url, test, CacheLimits())


def test_a_crowd_at_a_frozen_redis_waits_no_longer_than_one_call(server: RedisServer) -> None:
    async def test(cache: Cache) -> None:
        await cache.set("a", b"1", ttl=60)
        server.freeze()
        async with asyncio.timeout(WAIT_S):  # in a row, they would take longer
            values = await asyncio.gather(*(cache.get("a") for _ in range(300)))
        assert set(values) == {None}

    on_cache(server.url, test, CacheLimits())


def test_more_callers_than_connections_wait_their_turn(server: RedisServer) -> None:
    async def test(cache: Cache) -> None:
        await cache.set("a", b"1", ttl=60)
        assert set(await asyncio.gather(*(cache.get("a") for _ in range(500)))) == {b"1"}

    on_cache(server.url, test)


def test_cancelled_calls_leave_no_wrong_answers_behind(server: RedisServer) -> None:
    async def test(cache: Cache) -> None:
        for i in range(20):
            await cache.set(f"k{i}", str(i).encode(), ttl=60)
        for i in range(100):
            task = asyncio.create_task(cache.get(f"k{i % 20}"))
            await asyncio.sleep(0)
            if i % 3 == 0:
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        for i in range(20):
            assert await cache.get(f"k{i}") == str(i).encode()

    on_cache(server.url, test)


def test_an_address_may_ask_for_more_patience() -> None:
    assert CacheLimits.of("redis://:pass@127.0.0.1:6379/0") == CacheLimits()
    patient = CacheLimits.of("redis://127.0.0.1:6379/0?socket_timeout=2.5")
    assert (patient.answer, patient.call, patient.wait) == (2.5, 5.0, 5.0)
