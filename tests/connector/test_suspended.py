"""Events of who is suspended wait in order, unaged and uncounted; nobody else waits."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from connector.suspended import Suspended
from connector.values import Held, held_of
from local.services import Endpoints
from shared.messaging.envelope import Event, EventType
from shared.storage.database import Database
from tests.connector.harness import OK, World, in_order, play
from tests.messaging.broker import OTHER_TENANT, event, until
from tests.support import passed

COLUMNS = "(id, tenant_id, name, phone_number_id, waba_id, integration_id, region)"


class Company:
    """A tenant of the tables with one channel, and its events."""

    def __init__(self, tenancy: Database) -> None:
        self.id, self.channel = str(uuid4()), str(uuid4())
        self._tenancy = tenancy

    async def join(self) -> None:
        slug = f"s-{self.id[:8]}"
        await self._tenancy.rows(
            "insert into tenants (id, slug, name) values (:id, :slug, 'n')", id=self.id, slug=slug
        )
        await self._tenancy.rows(
            f"insert into channels {COLUMNS}"
            " values (:id, :tenant, 'main', :number, 'w', :number, 'r')",
            id=self.channel,
            number=self.channel,
            tenant=self.id,
        )

    async def become(self, status: str, table: str = "tenants") -> None:
        id_ = self.id if table == "tenants" else self.channel
        sql = f"update {table} set status = :status where id = :id"
        await self._tenancy.rows(sql, status=status, id=id_)

    def event(self, name: str, key: str, **data: object) -> Event:
        made = event(f"{name}-{self.id[:8]}", key, tenant=self.id, **data)
        return made.model_copy(
            update={"channelid": self.channel, "partitionkey": f"{self.id}:{self.channel}:{key}"}
        )


@asynccontextmanager
async def company(world: World) -> AsyncIterator[Company]:
    async with Database.open(world.endpoints.database_url("tenancy"), size=1) as tenancy:
        one = Company(tenancy)
        await one.join()
        yield one
        await one.become("active")
        await one.become("active", "channels")


@pytest.mark.parametrize("table", ["tenants", "channels"])
def test_what_waits_in_queues_is_kept_while_suspended_and_goes_in_order_after(
    migrated: Endpoints, table: str
) -> None:
    async def scenario(world: World) -> None:
        async with company(world) as acme:
            mine = [acme.event(f"{key}{n}", key) for n in range(6) for key in "abc"]
            others = [event(f"o{n}", "o", tenant=OTHER_TENANT) for n in range(6)]
            await acme.become("suspended", table)
            async with world.connector(max_age_seconds=2) as routes:
                await world.publish(*mine, *others)
                await world.rows_become("parked", len(mine))
                await until(lambda: {one.id for one in others} <= world.function.all_taken)
                assert not {one.id for one in mine} & world.function.all_taken
                assert routes[0].tenants.held == 0
                await acme.become("active", table)
                await until(lambda: {one.id for one in mine} <= world.function.all_taken)
                await world.rows_become("parked", 0)
            in_order(world, [*mine, *others])
            assert set(world.function.tries.values()) == {1}
            assert await world.rows("dead_letters") == []

    play(migrated, scenario, lambda _: OK)


def test_it_takes_effect_within_a_second_and_outlives_the_connector(migrated: Endpoints) -> None:
    async def scenario(world: World) -> None:
        async with company(world) as acme:
            first, second, third = sent = [acme.event(f"m{n}", "a") for n in range(3)]
            async with world.connector():
                await world.publish(first)
                await until(lambda: world.function.all_taken)
                await acme.become("suspended")
                await until(passed(1.0))
                await world.publish(second)
                await world.rows_become("parked", 1)
            async with world.connector():
                await world.publish(third)
                await world.rows_become("parked", 2)
                assert world.function.all_taken == {first.id}
                await acme.become("active")
                await until(lambda: len(world.function.all_taken) == len(sent))
            in_order(world, sent)

    play(migrated, scenario, lambda _: OK)


def test_what_tells_the_agent_of_it_and_raw_bytes_do_not_wait(migrated: Endpoints) -> None:
    async def scenario(world: World) -> None:
        async with company(world) as acme:
            await acme.become("suspended")
            told = acme.event("told", "suspended:a", suspended=True)
            raw = acme.event("raw", "raw").model_copy(update={"type": EventType.RAW})
            kept = acme.event("kept", "a")
            async with world.connector():
                await world.publish(kept, told, raw)
                await until(lambda: {told.id, raw.id} <= world.function.all_taken)
                await world.rows_become("parked", 1)
                assert kept.id not in world.function.all_taken

    play(migrated, scenario, lambda _: OK)


@pytest.mark.parametrize("table", ["tenants", "channels"])
def test_after_the_return_it_ages_from_there(migrated: Endpoints, table: str) -> None:
    async def scenario(world: World) -> None:
        async with (
            company(world) as acme,
            Database.open(world.endpoints.database_url("connector")) as database,
        ):
            began, suspended = time.time(), Suspended(database)
            mine, others = acme.event("m", "a"), event("o", "o", tenant=OTHER_TENANT)
            await acme.become("suspended", table)
            await suspended.look()
            assert suspended.since(old(mine)) == 0
            await acme.become("active", table)
            await suspended.look()
            assert suspended.since(old(mine)) >= began
            assert suspended.since(old(others)) == 0

    play(migrated, scenario, lambda _: OK)


def old(given: Event) -> Held:
    return held_of(given, given.encode(), tag=1, now=0, unix_now=0, alone=False)
