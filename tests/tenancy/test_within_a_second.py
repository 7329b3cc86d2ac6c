"""A change of a tenant is in force everywhere within a second, whatever Redis does."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from local.services import Endpoints
from migrations.run import upgrade
from shared.runtime.peer import Peer, http_session
from shared.runtime.service_auth import ServiceTokens
from shared.storage.cache import Cache
from shared.tenancy.directory import Directory
from tests.migrations.asking import fresh, quiet
from tests.storage.redis_server import RedisServer, redis_server
from tests.support import passed, wait_until
from tests.tenancy.declared import tenant_file
from tests.tenancy.serving import SERVICE_KEY, Served, served

File = dict[str, Any]
LATE_READERS_S = 3.0
DOORS = 3


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as server:
        yield server


@pytest.fixture(scope="module")
def database(services: Endpoints) -> Iterator[Endpoints]:
    """One of its own: every tenancy function of a database sees to the same Redis."""
    with fresh(services) as endpoints:
        upgrade(endpoints.database_owner_url, report=quiet)
        yield endpoints


@pytest.fixture
def settings(database: Endpoints, redis: RedisServer, key_ring: str) -> dict[str, str]:
    url = database.database_url("tenancy")
    return {"DATABASE_URL": url, "REDIS_URL": redis.url, "KEY_RING": key_ring}


@pytest.fixture
def tenancy(settings: dict[str, str], tmp_path: Path) -> Iterator[Served]:
    with served("tenancy", tmp_path, **settings) as function:
        yield function


def put(tenancy: Served, file: File, **params: str) -> Any:
    answer = tenancy.call("PUT", f"/tenancy/tenants/{file['tenant']}", file, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


@asynccontextmanager
async def doors(tenancy: Served, redis_url: str) -> AsyncIterator[list[Directory]]:
    """The directories of several processes' doors, each with a cache of its own."""
    async with http_session() as session, AsyncExitStack() as stack:
        tokens = ServiceTokens("wa-webhook", SERVICE_KEY)
        peer = Peer(session, name="tenancy", url=tenancy.url, tokens=tokens)
        caches = [await stack.enter_async_context(Cache.open(redis_url)) for _ in range(DOORS)]
        yield [Directory(cache, peer) for cache in caches]


async def after_a_second(
    ask: Callable[[Directory], Awaitable[bool]], those: list[Directory]
) -> list[bool]:
    """What each door answers once a second has passed since now, asked all the time before."""
    over = passed(1.0)
    while not over():
        await asyncio.gather(*(ask(one) for one in those))  # as webhooks come
        await asyncio.sleep(0.01)
    return await asyncio.gather(*(ask(one) for one in those))


@pytest.mark.parametrize("trouble", [None, "stop", "freeze"])
def test_a_suspended_tenant_is_stopped_at_every_door(
    tenancy: Served, redis: RedisServer, trouble: str | None
) -> None:
    file = tenant_file()
    put(tenancy, file)
    number = file["channels"][0]["phone_number_id"]

    async def stopped(directory: Directory) -> bool:
        owner = await directory.by_phone(number)
        return owner is not None and not owner.active

    async def scene() -> None:
        async with doors(tenancy, redis.url) as those:
            assert not any([await stopped(one) for one in those])
            if trouble is not None:
                getattr(redis, trouble)()
                for one, stranger in itertools.product(those, ("990", "991", "992")):
                    assert await one.by_phone(stranger) is None  # it is known to be away
            await asyncio.to_thread(put, tenancy, {**file, "status": "suspended"})
            assert await after_a_second(stopped, those) == [True] * DOORS

    asyncio.run(scene())


def test_redis_that_comes_back_with_old_answers_does_not_bring_a_tenant_back(
    tenancy: Served, redis: RedisServer
) -> None:
    file = tenant_file()
    put(tenancy, file)
    number = file["channels"][0]["phone_number_id"]

    async def stopped(directory: Directory) -> bool:
        owner = await directory.by_phone(number)
        return owner is not None and not owner.active

    async def scene() -> list[bool]:
        async with doors(tenancy, redis.url) as those:
            wait_until(lambda: _held(redis, f"phone:{number}") is None)
            assert await those[0].by_phone(number) is not None
            assert b"active" in (_held(redis, f"phone:{number}") or b"")
            redis.freeze()
            told = await asyncio.to_thread(put, tenancy, {**file, "status": "suspended"})
            assert not told["caches_cleared"]
            assert await after_a_second(stopped, those[:1]) == [True]
            redis.thaw()
            seen = []
            for _ in range(100):
                seen.append(await stopped(those[0]))
                await asyncio.sleep(0.02)
            return seen

    assert all(asyncio.run(scene()))


def test_a_forgotten_secret_is_refused(tenancy: Served, redis: RedisServer) -> None:
    file = tenant_file()
    put(tenancy, file)
    channel = file["channels"][0]
    old = channel["webhook_secret"]
    changed = {**file, "channels": [{**channel, "webhook_secret": "SECRET-that-is-newer"}]}
    put(tenancy, changed)

    async def forgotten(directory: Directory) -> bool:
        found = await directory.signing_secrets("genesys", channel["integration_id"])
        accepted = [] if found is None else found.accepted()
        return old not in [one.get_secret_value() for one in accepted]

    async def scene() -> None:
        async with doors(tenancy, redis.url) as those:
            assert not any([await forgotten(one) for one in those])
            await asyncio.to_thread(put, tenancy, changed, forget_previous="true")
            assert await after_a_second(forgotten, those) == [True] * DOORS

    asyncio.run(scene())


@pytest.mark.parametrize("kind", ["channel", "slug", "tenant"])
def test_every_identifier_resolves_and_follows_a_change(
    tenancy: Served, redis: RedisServer, kind: Any
) -> None:
    file = tenant_file()
    put(tenancy, file)
    shown = tenancy.call("GET", f"/tenancy/tenants/{file['tenant']}").json()
    value = {"channel": shown["channels"][0]["id"], "slug": shown["tenant"], "tenant": shown["id"]}

    async def stopped(directory: Directory) -> bool:
        owner = await directory.resolve(kind, value[kind])
        assert owner is not None
        assert (owner.tenant_id, owner.channel_id) == (
            shown["id"],
            value["channel"] if kind == "channel" else None,
        )
        return not owner.active

    async def scene() -> None:
        async with doors(tenancy, redis.url) as those:
            assert await those[0].resolve(kind, "nobodys") is None
            assert not any([await stopped(one) for one in those])
            await asyncio.to_thread(put, tenancy, {**file, "status": "suspended"})
            assert await after_a_second(stopped, those) == [True] * DOORS

    asyncio.run(scene())


def test_what_redis_missed_is_told_to_it_by_the_next_process(
    settings: dict[str, str], redis: RedisServer, tmp_path: Path
) -> None:
    file = tenant_file()
    with served("tenancy", tmp_path, **settings) as first:
        put(first, file)
        tenant_id = first.call("GET", f"/tenancy/tenants/{file['tenant']}").json()["id"]
        token, phone = f"tenant:{tenant_id}:whatsapp:token", file["channels"][0]["phone_number_id"]
        wait_until(lambda: _held(redis, f"phone:{phone}") is None)
        with Redis.from_url(redis.url) as client:
            client.mset({token: "old token", f"phone:{phone}": "old answer"})
        redis.freeze()
        file["credentials"]["whatsapp"]["default"]["access_token"] = "SECRET-newer"
        assert not put(first, file)["caches_cleared"]
    redis.thaw()
    assert _held(redis, token) == b"old token"
    with served("tenancy", tmp_path, **settings):
        wait_until(lambda: _held(redis, token) is None)
        wait_until(lambda: _held(redis, f"phone:{phone}") != b"old answer")


def test_a_token_written_late_by_who_read_the_old_credential_goes_too(
    tenancy: Served, redis: RedisServer
) -> None:
    file = tenant_file()
    put(tenancy, file)
    tenant_id = tenancy.call("GET", f"/tenancy/tenants/{file['tenant']}").json()["id"]
    with Redis.from_url(redis.url) as client:
        client.set(f"tenant:{tenant_id}:oauth:token", "of the old credential")
    wait_until(lambda: _held(redis, f"tenant:{tenant_id}:oauth:token") is None)


def test_a_token_issued_after_a_change_outlives_the_changes_of_others(
    tenancy: Served, redis: RedisServer
) -> None:
    """It goes once more when late readers are done, not whenever somebody looks."""
    # On a busy machine the time of late readers may be over before the first look.
    assert any(_outlives(tenancy, redis) for _ in range(10))


def _outlives(tenancy: Served, redis: RedisServer) -> bool:
    """Whether it was seen to be kept; fails when it went before late readers were done."""
    began = time.monotonic()
    file = tenant_file()
    put(tenancy, file)
    tenant_id = tenancy.call("GET", f"/tenancy/tenants/{file['tenant']}").json()["id"]
    key, kept = f"tenant:{tenant_id}:oauth:token", 0
    with Redis.from_url(redis.url) as client:
        client.set(key, "of the new credential")
    while time.monotonic() - began < LATE_READERS_S - 1:
        put(tenancy, tenant_file())
        told, now = _held(redis, key), time.monotonic()
        assert told is not None or now - began > LATE_READERS_S
        kept += told is not None
    wait_until(lambda: _held(redis, key) is None)
    return kept > 0


def _held(redis: RedisServer, key: str) -> bytes | None:
    with Redis.from_url(redis.url) as client:
        value = client.get(key)
        assert value is None or isinstance(value, bytes)
        return value
