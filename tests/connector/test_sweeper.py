"""What waits in the spool is brought to the queues in order, by one connector at a time."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from connector.lease import Lease
from connector.sweeper import Sweeper
from local.services import Endpoints
from shared.messaging.envelope import Event
from shared.messaging.marks import Marks, Upkeep, keys_of
from shared.messaging.spool import Spooled, line_of, name_of, prefix_of
from shared.messaging.spooled import InPostgres, InS3
from shared.runtime.settings import ObjectSettings
from shared.storage.buckets import ensure_buckets
from shared.storage.cache import Cache
from shared.storage.database import Database
from shared.storage.objects import SPOOL_BUCKET, Objects
from tests.connector.harness import EXCHANGE, OK, Reply, World, eventually, in_order, play
from tests.messaging.broker import event, until

KILL = """
select pg_terminate_backend(pid) from pg_locks
where locktype = 'advisory'
  and classid = (hashtextextended('test lease', 0) >> 32 & 4294967295)::oid
"""
NOWHERE = "http://127.0.0.1:1"
AT_ONCE = 8  # puts of a test: more would wait for each other longer than one may take
_stamps = itertools.count(1_700_000_000_000_000)


@pytest.fixture(scope="module")
def stores(migrated: Endpoints) -> Endpoints:
    ensure_buckets(settings(migrated))
    return migrated


def settings(endpoints: Endpoints, url: str | None = None) -> ObjectSettings:
    return ObjectSettings(
        s3_endpoint_url=url or endpoints.s3_endpoint_url,
        s3_access_key=SecretStr(endpoints.s3_access_key),
        s3_secret_key=SecretStr(endpoints.s3_secret_key),
        s3_region=endpoints.s3_region,
    )


class Shelf:
    """Puts events where a door would."""

    def __init__(self, world: World, objects: Objects, database: Database, cache: Cache) -> None:
        self._objects = objects
        self._database = database
        self.prefix = world.topology.prefix
        self.upkeep = Upkeep(cache, self.prefix)
        self.marks = Marks(cache, self.prefix)

    async def in_s3(self, events: Sequence[Event]) -> None:
        room = asyncio.Semaphore(AT_ONCE)

        async def put(one: Event) -> None:
            name, body = self._named(one)
            async with room:
                await self._objects.put(SPOOL_BUCKET, prefix_of(self.prefix) + name, body)

        await asyncio.gather(*(put(one) for one in events))

    async def in_rows(self, one: Event, *, behind_s3: bool) -> None:
        name, body = self._named(one)
        await self._database.call(
            "spool_put",
            installation=self.prefix,
            name=name,
            tenant_id=one.tenantid,
            body=body,
            behind_s3=behind_s3,
        )

    def _named(self, one: Event) -> tuple[str, bytes]:
        body = Spooled(EXCHANGE, [one]).encode()
        line = line_of(EXCHANGE, one.partitionkey)
        return str(name_of(next(_stamps), line, body)), body


@asynccontextmanager
async def shelf(world: World) -> AsyncIterator[Shelf]:
    async with (
        Objects.open(settings(world.endpoints)) as objects,
        Database.open(world.endpoints.database_url("functions")) as database,
        Cache.open(world.endpoints.redis_url) as cache,
    ):
        yield Shelf(world, objects, database, cache)
        await cache.delete(*keys_of(world.topology.prefix))


def batch(keys: int, each: int) -> list[Event]:
    return [event(f"k{k}-{n:03d}", f"k{k}") for n in range(each) for k in range(keys)]


def always_ok(_: Event) -> Reply:
    return OK


def test_two_connectors_bring_all_once_and_in_order(stores: Endpoints) -> None:
    async def scenario(world: World) -> None:
        events = batch(20, 6)
        async with shelf(world) as put:
            await put.in_s3(events)
            async with world.connector(), world.connector(port=world.port + 1):
                await until(lambda: len(world.function.all_taken) == len(events))
        in_order(world, events)
        assert max(world.function.tries.values()) == 1

    play(stores, scenario, always_ok)


def test_a_sweeper_killed_in_the_middle_is_gone_on_after_in_order(stores: Endpoints) -> None:
    async def scenario(world: World) -> None:
        events = batch(40, 10)
        async with shelf(world) as put:
            await put.in_s3(events)
            async with world.process() as first:
                await until(lambda: len(world.function.all_taken) > 40)
                first.kill()
            async with world.connector():
                await until(lambda: len(world.function.all_taken) == len(events))
        in_order(world, events)

    play(stores, scenario, always_ok)


def test_rows_behind_s3_wait_for_it_and_others_do_not(stores: Endpoints) -> None:
    async def scenario(world: World) -> None:
        async with (
            shelf(world) as put,
            Database.open(world.endpoints.database_url("connector")) as database,
        ):
            await put.in_s3([event("a1", "ann")])
            await put.in_rows(event("a2", "ann"), behind_s3=True)
            await put.in_rows(event("b1", "bob"), behind_s3=False)
            await put.in_rows(event("b2", "bob"), behind_s3=False)
            for url, expected in ((NOWHERE, 2), (None, 2), (None, 0)):
                objects = settings(world.endpoints, url)
                async with Objects.open(objects) as store:
                    prefix = world.topology.prefix
                    sweeper = Sweeper(
                        InS3(store, objects, prefix),
                        InPostgres(database, prefix),
                        world.publisher,
                        put.upkeep,
                    )
                    assert (await sweeper.sweep()).published == expected
            async with world.connector():
                await until(lambda: len(world.function.all_taken) == 4)
        assert world.function.taken == {"bob": ["b1", "b2"], "ann": ["a1", "a2"]}

    play(stores, scenario, always_ok)


def test_a_lines_places_rise_and_tell_what_may_lie_in_s3(stores: Endpoints) -> None:
    async def scenario(world: World) -> None:
        async with shelf(world) as put:
            marks = put.marks
            assert not await marks.standing("a" * 16)
            first, second = await marks.set("a" * 16), await marks.set("a" * 16)
            assert second.stamp > first.stamp
            assert (first.behind_s3, second.behind_s3) == (False, True)
            assert await marks.standing("a" * 16)
            assert not await marks.standing("a" * 15 + "0")
            alone = await marks.set("b" * 16)
            await marks.kept(alone, in_s3=False)
            assert not (await marks.set("b" * 16)).behind_s3
            await put.upkeep.clear([first.member, second.member])
            assert not await marks.standing("a" * 16)

    play(stores, scenario, always_ok)


def test_one_of_two_holds_the_lease_and_the_other_takes_over(stores: Endpoints) -> None:
    async def main() -> None:
        url = stores.database_url("connector")
        async with Lease.open(url, "test lease") as other:
            assert other.mine
            async with Lease.open(url, "test lease") as second:
                assert not second.mine
                async with Database.open(stores.database_owner_url) as owner:
                    await owner.rows(KILL)
                await eventually(lambda: _holds(second))
                await eventually(lambda: _lost(other))

    asyncio.run(main())


async def _lost(lease: Lease) -> bool:
    return not lease.mine


async def _holds(lease: Lease) -> bool:
    return lease.mine
