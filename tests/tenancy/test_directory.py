"""What the doors learn of a tenant, on a real Redis: quick, bounded, and there in bad times."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from shared.runtime.errors import Unavailable
from shared.storage.cache import Cache, CacheLimits
from shared.tenancy.directory import HELD_BACK, Directory
from shared.tenancy.memory import MemoryLimits
from shared.tenancy.models import Resolution, SigningSecrets
from tests.storage.redis_server import PATIENT, RedisServer, redis_server, until
from tests.tenancy.standin import Standin, standin
from tests.waits import WAIT_S

ACME = Resolution(
    tenant_id="aaaaaaaa-0000-4000-8000-000000000001",
    tenant_slug="acme-bank",
    tenant_status="active",
    channel_id="bbbbbbbb-0000-4000-8000-000000000001",
    channel_name="main",
    phone_number_id="106540352242922",
)
OLD = SigningSecrets(version="1", current=SecretStr("old-secret"))
NEW = SigningSecrets(version="2", current=SecretStr("new-secret"), previous=SecretStr("old-secret"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_server(tmp_path) as running:
        yield running


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


Scene = Callable[[Directory, Standin, Clock, Cache], Awaitable[None]]


def play(server: RedisServer, scene: Scene, limits: CacheLimits = PATIENT) -> None:
    async def run() -> None:
        clock = Clock()
        async with Cache.open(server.url, limits) as cache, standin() as tenancy:
            await scene(Directory(cache, tenancy.peer, clock=clock), tenancy, clock, cache)

    asyncio.run(run())


def test_it_asks_process_then_redis_then_tenancy(server: RedisServer) -> None:
    async def scene(directory: Directory, tenancy: Standin, clock: Clock, cache: Cache) -> None:
        key = "phone:106540352242922"
        tenancy.resolutions[key] = ACME
        for _ in range(3):
            assert await directory.by_phone("106540352242922") == ACME
        assert tenancy.calls[key] == 1
        clock.now += 1.1
        assert await directory.by_phone("106540352242922") == ACME
        assert tenancy.calls[key] == 1, "Redis had it"
        await cache.delete(key)
        clock.now += 1.1
        assert await directory.by_phone("106540352242922") == ACME
        assert tenancy.calls[key] == 2

    play(server, scene)


def test_integration_and_waba_have_their_own_keys(server: RedisServer) -> None:
    async def scene(directory: Directory, tenancy: Standin, _: Clock, cache: Cache) -> None:
        tenancy.resolutions |= {"integration:x-1": ACME, "waba:9": ACME}
        assert await directory.by_integration("x-1") == ACME
        assert await directory.by_waba("9") == ACME
        assert await directory.by_phone("9") is None
        assert None not in await cache.get_many(["integration:x-1", "waba:9", "phone:9"])

    play(server, scene)


def test_a_crowd_asks_once(server: RedisServer) -> None:
    async def scene(directory: Directory, tenancy: Standin, _: Clock, __: Cache) -> None:
        tenancy.resolutions["phone:1"] = ACME
        tenancy.delay = 0.05
        found = await asyncio.gather(*(directory.by_phone("1") for _ in range(200)))
        assert all(one == ACME for one in found)
        assert tenancy.calls["phone:1"] == 1

    play(server, scene)


def test_strangers_are_remembered_for_all_replicas_until_their_key_is_deleted(
    server: RedisServer,
) -> None:
    async def scene(directory: Directory, tenancy: Standin, clock: Clock, cache: Cache) -> None:
        assert await directory.by_phone("404") is None
        other = Directory(cache, tenancy.peer, clock=clock)
        assert await other.by_phone("404") is None
        assert tenancy.calls["phone:404"] == 1
        tenancy.resolutions["phone:404"] = ACME
        await cache.delete("phone:404")
        clock.now += 1.1
        assert await directory.by_phone("404") == ACME

    play(server, scene)


@pytest.mark.parametrize("odd", ["", "a b", "x" * 65, "../../tenants", "phone:1", "é", "1\n"])
def test_what_can_be_no_identifier_is_not_even_asked_for(server: RedisServer, odd: str) -> None:
    async def scene(directory: Directory, tenancy: Standin, _: Clock, __: Cache) -> None:
        assert await directory.by_phone(odd) is None
        assert await directory.signing_secrets("meta", odd) is None
        assert await directory.verified("meta", odd, lambda _: True) is None
        assert not tenancy.calls

    play(server, scene)


def test_rubbish_in_redis_is_mended(server: RedisServer) -> None:
    async def scene(directory: Directory, tenancy: Standin, _: Clock, cache: Cache) -> None:
        tenancy.resolutions["phone:1"] = ACME
        await cache.set("phone:1", b'{"tenant_id": 7', ttl=60)
        assert await directory.by_phone("1") == ACME
        assert b"acme-bank" in (await cache.get("phone:1") or b"")

    play(server, scene)


LOOKS = int(2 * WAIT_S / CacheLimits().answer)


@pytest.mark.parametrize("trouble", ["stop", "freeze"])
def test_it_works_while_redis_is_away(server: RedisServer, trouble: str) -> None:
    async def scene(directory: Directory, tenancy: Standin, clock: Clock, _: Cache) -> None:
        tenancy.resolutions["phone:1"] = ACME
        await directory.by_phone("1")
        getattr(server, trouble)()
        async with asyncio.timeout(WAIT_S):  # a Redis that is asked each time takes twice as long
            for _turn in range(LOOKS):
                clock.now += 1.1  # always beyond what the process remembers
                assert await directory.by_phone("1") == ACME

    play(server, scene, CacheLimits())


@pytest.mark.parametrize("status", [503, 500, 404, 401])
def test_an_old_answer_is_used_while_tenancy_is_away_but_not_for_ever(
    server: RedisServer, status: int
) -> None:
    async def scene(directory: Directory, tenancy: Standin, clock: Clock, _: Cache) -> None:
        tenancy.resolutions["phone:1"] = ACME
        await directory.by_phone("1")
        server.stop()
        tenancy.status = status
        clock.now += 600
        assert await directory.by_phone("1") == ACME
        clock.now += 4
        assert await directory.by_phone("1") == ACME
        assert tenancy.calls["phone:1"] == 2, "an absent source is not asked at every message"
        clock.now += 301
        with pytest.raises(Exception, match="tenancy"):
            await directory.by_phone("1")

    play(server, scene)


def test_a_function_that_is_not_deployed_is_no_stranger(server: RedisServer) -> None:
    async def scene(directory: Directory, tenancy: Standin, _: Clock, cache: Cache) -> None:
        tenancy.status = 404
        with pytest.raises(Unavailable, match="TENANCY_URL"):
            await directory.by_phone("1")
        assert await cache.get("phone:1") is None

    play(server, scene)


def test_a_flood_of_strangers_does_not_push_out_the_known(server: RedisServer) -> None:
    async def scene(_: Directory, tenancy: Standin, clock: Clock, cache: Cache) -> None:
        small = MemoryLimits(fresh=1.0, entries=5)
        directory = Directory(cache, tenancy.peer, resolutions=small, clock=clock)
        tenancy.resolutions["phone:1"] = ACME
        await directory.by_phone("1")
        for stranger in range(100, 150):
            assert await directory.by_phone(str(stranger)) is None
        server.stop()
        tenancy.status = 503
        clock.now += 60
        assert await directory.by_phone("1") == ACME

    play(server, scene)


def test_signing_secrets_stay_out_of_redis_and_are_kept_until_their_version_changes(
    server: RedisServer,
) -> None:
    async def scene(directory: Directory, tenancy: Standin, clock: Clock, cache: Cache) -> None:
        tenancy.secrets["meta:platform"] = OLD
        for _ in range(3):
            assert await directory.signing_secrets("meta", "platform") == OLD
            clock.now += 300
        assert tenancy.calls["meta:platform"] == 1
        keys = await cache.run_script("return redis.call('keys', '*')", [], [])
        values = await cache.get_many([key.decode() for key in keys])
        assert values == [b"1"]
        tenancy.secrets["meta:platform"] = NEW
        await cache.set("signing:meta:platform", HELD_BACK, 3)
        clock.now += 0.6
        assert await directory.signing_secrets("meta", "platform") == NEW
        assert tenancy.calls["meta:platform"] == 2
        assert await cache.get("signing:meta:platform") == HELD_BACK

    play(server, scene)


def test_a_key_that_is_held_back_is_not_written_by_who_read_before(server: RedisServer) -> None:
    async def scene(directory: Directory, tenancy: Standin, _: Clock, cache: Cache) -> None:
        tenancy.resolutions["phone:1"] = ACME
        tenancy.delay = 0.2
        reading = asyncio.create_task(directory.by_phone("1"))
        await until(lambda: _is(tenancy.calls["phone:1"] == 1))
        await cache.set("phone:1", HELD_BACK, 3)
        assert await reading == ACME
        assert await cache.get("phone:1") == HELD_BACK

    play(server, scene)


async def _is(truth: bool) -> bool:  # noqa: FBT001  # what `until` asks
    return truth


def test_a_changed_secret_is_fetched_at_the_first_mismatch(server: RedisServer) -> None:
    def signed_with_new(secrets: SigningSecrets) -> bool:
        return SecretStr("new-secret") in secrets.accepted()

    async def scene(directory: Directory, tenancy: Standin, clock: Clock, _: Cache) -> None:
        tenancy.secrets["genesys:i-1"] = OLD
        await directory.signing_secrets("genesys", "i-1")
        tenancy.secrets["genesys:i-1"] = NEW
        clock.now += 2
        assert await directory.verified("genesys", "i-1", signed_with_new) == NEW
        assert tenancy.calls["genesys:i-1"] == 2

    play(server, scene)


@pytest.mark.parametrize("status", [200, 503])
def test_bad_signatures_cost_at_most_one_fetch_a_second(server: RedisServer, status: int) -> None:
    async def scene(directory: Directory, tenancy: Standin, clock: Clock, _: Cache) -> None:
        tenancy.secrets["meta:platform"] = OLD
        await directory.signing_secrets("meta", "platform")
        tenancy.status = status
        for _second in range(3):
            clock.now += 1.1
            for _turn in range(50):
                assert await directory.verified("meta", "platform", lambda _: False) is None
        assert tenancy.calls["meta:platform"] <= 4

    play(server, scene)


def test_secrets_show_in_no_repr() -> None:
    assert "old-secret" not in f"{NEW!r} {NEW.model_dump()!r}"
    assert "old-secret" in NEW.model_dump_json()


def test_the_breaker_lets_redis_back_in(server: RedisServer) -> None:
    async def scene(directory: Directory, tenancy: Standin, clock: Clock, cache: Cache) -> None:
        tenancy.resolutions["phone:1"] = ACME
        server.stop()
        for _ in range(3):
            clock.now += 1.1
            await directory.by_phone("1")
        server.start()

        async def cached() -> bool:
            clock.now += 1.1
            await directory.by_phone("1")
            return await cache.get("phone:1") is not None

        await until(cached)

    play(server, scene)


def test_dots_alone_are_nobody_and_ask_nobody(server: RedisServer) -> None:
    async def scene(directory: Directory, tenancy: Standin, _: Clock, __: Cache) -> None:
        for name in (".", "..", "..."):
            assert await directory.by_integration(name) is None
            assert await directory.verified("genesys", name, lambda _: True) is None
        assert not tenancy.calls

    play(server, scene)
