"""Spilling to PostgreSQL and draining from it, in order, whatever dies in between."""

import asyncio
import signal

import aiohttp

from connector.lane import Turn
from connector.park import Park
from connector.values import Held
from local.services import Endpoints, Services
from shared.messaging.envelope import Event
from shared.storage.database import Database
from tests.connector.harness import (
    EXCHANGE,
    OK,
    Behaviour,
    Reply,
    World,
    eventually,
    in_order,
    play,
)
from tests.connector.model import held
from tests.messaging.broker import OTHER_TENANT, address, at, depth, event, open_channel, until
from tests.messaging.proxy import proxied
from tests.ports import free_port
from tests.waits import WAIT_S


class Outage:
    """A behaviour that refuses one tenant while it lasts."""

    def __init__(self, tenant: str | None = None, reply: Reply | None = None) -> None:
        self.on = True
        self._tenant = tenant
        self._reply = reply or Reply(503)

    def __call__(self, item: Event) -> Reply:
        hit = self.on and self._tenant in (None, item.tenantid)
        return self._reply if hit else OK


def batch(keys: int, each: int, tenant: str, name: str = "e") -> list[Event]:
    order = [(k, n) for n in range(each) for k in range(keys)]
    return [event(f"{name}{k}-{n}", f"{name}{k}", tenant=tenant) for k, n in order]


async def queues_are_empty(world: World) -> bool:
    async with open_channel(world.endpoints.amqp_url) as channel:
        return not any([await depth(channel, q) for q in world.topology.queues(EXCHANGE)])


def test_a_tenants_outage_is_spilled_and_drained_in_order_and_slows_nobody(
    migrated: Endpoints,
) -> None:
    outage = Outage(OTHER_TENANT)

    async def scenario(world: World) -> None:
        down = batch(20, 10, OTHER_TENANT, "down")
        well = batch(20, 10, event("x").tenantid or "", "well")
        mixed = [item for pair in zip(down, well, strict=True) for item in pair]
        async with world.connector() as routes:
            await world.publish(*mixed)
            await until(lambda: len(world.function.all_taken) == 200)
            await world.rows_become("parked", 200)
            assert routes[0].tenants.held == 1
            outage.on = False
            await until(lambda: len(world.function.all_taken) == 400)
            await world.rows_become("parked", 0)
            assert routes[0].tenants.held == 0
        in_order(world, mixed)
        assert max(world.function.tries[item.id] for item in well) == 1

    play(migrated, scenario, outage)


def test_while_rows_are_left_new_events_of_their_key_stay_behind_them(
    migrated: Endpoints,
) -> None:
    outage = Outage()

    async def scenario(world: World) -> None:
        events = batch(3, 30, OTHER_TENANT)
        async with world.connector():
            await world.publish(*events[:45])
            await world.rows_become("parked", 45)
            outage.on = False
            await world.publish(*events[45:])
            await until(lambda: len(world.function.all_taken) == 90)
            await world.rows_become("parked", 0)
        in_order(world, events)

    play(migrated, scenario, outage)


def test_a_quiet_queue_is_drained_by_a_new_connector(migrated: Endpoints) -> None:
    outage = Outage()

    async def scenario(world: World) -> None:
        events = batch(6, 3, OTHER_TENANT)
        async with world.connector():
            await world.publish(*events)
            await world.rows_become("parked", 18)
        tries = {row["event_id"]: row["attempts"] for row in await world.rows("parked")}
        assert max(tries.values()) >= 1, "attempts outlive the process"
        outage.on = False
        async with world.connector():
            await until(lambda: len(world.function.all_taken) == 18)
            await world.rows_become("parked", 0)
        in_order(world, events)
        assert await queues_are_empty(world), "ticks are swallowed"

    play(migrated, scenario, outage)


def test_nothing_is_lost_when_the_connector_is_killed_with_events_in_hand(
    migrated: Endpoints,
) -> None:
    async def scenario(world: World) -> None:
        events = batch(20, 5, OTHER_TENANT)
        async with world.process() as doomed:
            await world.publish(*events)
            await until(lambda: len(world.function.all_taken) >= 10)
            doomed.send_signal(signal.SIGKILL)
            await asyncio.to_thread(doomed.wait, WAIT_S)
        assert len(world.function.all_taken) < 100
        async with world.connector():
            await until(lambda: len(world.function.all_taken) == 100)
        in_order(world, events)

    play(migrated, scenario, slowly(0.1))


def slowly(seconds: float) -> Behaviour:
    return lambda _: Reply(seconds=seconds)


def test_the_second_connector_goes_on_where_the_killed_one_stopped(migrated: Endpoints) -> None:
    outage = Outage(OTHER_TENANT)

    async def scenario(world: World) -> None:
        well = event("x").tenantid or ""
        events = batch(10, 10, OTHER_TENANT, "down") + batch(10, 10, well, "well")
        async with world.process() as first:
            await world.publish(*events[:120])
            await world.rows_become("parked", 100)
            async with world.connector(port=free_port()):
                first.send_signal(signal.SIGKILL)
                await asyncio.to_thread(first.wait, WAIT_S)
                await world.publish(*events[120:])
                await until(lambda: len(world.function.all_taken) == 100)
                outage.on = False
                await until(lambda: len(world.function.all_taken) == 200)
                await world.rows_become("parked", 0)
        in_order(world, events)

    play(migrated, scenario, outage)


def test_a_stop_finishes_what_is_under_way_and_exits_with_zero(migrated: Endpoints) -> None:
    async def scenario(world: World) -> None:
        events = batch(30, 2, OTHER_TENANT)
        async with world.process() as child:
            await world.publish(*events)
            await until(lambda: world.function.under_way >= 10)
            child.terminate()
            assert await asyncio.to_thread(child.wait, WAIT_S) == 0
        taken = len(world.function.all_taken)
        assert 10 <= taken < 60
        async with world.connector():
            await until(lambda: len(world.function.all_taken) == 60)
        in_order(world, events)
        assert max(world.function.tries.values()) == 1, "what was under way was finished and acked"

    play(migrated, scenario, slowly(0.7))


def test_while_postgres_is_away_nothing_is_lost(migrated: Endpoints) -> None:
    outage = Outage(OTHER_TENANT)

    async def scenario(world: World) -> None:
        url = world.endpoints.database_url("connector")
        async with proxied(*address(url)) as proxy:
            events = batch(8, 10, OTHER_TENANT)
            async with world.connector(database_url=at(url, proxy.port)):
                await world.publish(event("first", "first"))
                await until(lambda: world.function.all_taken)
                await proxy.shut()
                await world.publish(*events)
                await until(lambda: world.function.tries.total() >= 4)
                outage.on = False
                assert await world.rows("parked") == []
                await proxy.open()
                await until(lambda: len(world.function.all_taken) == 81)
                await world.rows_become("parked", 0)
        in_order(world, events)

    play(migrated, scenario, outage)


def test_a_broker_that_restarts_costs_nothing(migrated: Endpoints, servers: Services) -> None:
    async def scenario(world: World) -> None:
        events = batch(10, 30, OTHER_TENANT)
        async with world.connector():
            publishing = asyncio.create_task(world.publish(*events))
            await until(lambda: len(world.function.all_taken) >= 20)
            await asyncio.to_thread(servers.stop, "rabbitmq")
            await asyncio.to_thread(servers.start, "rabbitmq")
            await publishing
            await until(lambda: len(world.function.all_taken) == 300)
        in_order(world, events)

    play(migrated, scenario, slowly(0.01))


def test_an_event_that_kills_its_consumer_again_and_again_is_kept_and_handled(
    migrated: Endpoints,
) -> None:
    async def scenario(world: World) -> None:
        sent = event("e1")
        await world.publish(sent)
        number = int(world.topology.routing_key(sent.partitionkey))
        for _ in range(12):
            await take_and_vanish(world, world.topology.queue(EXCHANGE, number))
        async with world.connector():
            await until(lambda: world.function.all_taken == {"e1"})

    play(migrated, scenario, lambda _: OK)


async def take_and_vanish(world: World, queue: str) -> None:
    came: list[bytes] = []
    async with open_channel(world.endpoints.amqp_url) as channel:
        await channel.call(
            "basic_consume", queue=queue, on_message_callback=lambda *args: came.append(args[3])
        )
        await until(lambda: came)


def test_a_broker_that_is_away_at_the_start_is_waited_for_and_said(migrated: Endpoints) -> None:
    async def scenario(world: World) -> None:
        url = world.endpoints.amqp_url
        async with proxied(*address(url)) as proxy:
            await proxy.shut()
            async with world.connector(amqp_url=at(url, proxy.port)):
                assert not await ready(world)
                await proxy.open()
                await eventually(lambda: ready(world))
                await world.publish(event("e1"))
                await until(lambda: world.function.all_taken)

    play(migrated, scenario, lambda _: OK)


async def ready(world: World) -> bool:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{world.port}/readyz") as answer,
    ):
        return answer.status == 200


def test_saving_twice_leaves_one_row_and_the_first_order(migrated: Endpoints) -> None:
    async def scenario(world: World) -> None:
        async with Database.open(world.endpoints.database_url("connector")) as database:
            park = Park(database)
            queue = world.topology.queue(EXCHANGE, 0)
            events = [parked(f"e{n}") for n in range(3)]
            await park.save(queue, events[:2])
            await park.save(queue, [*events, events[2]])
            found = await park.turn(queue, Turn([], [], ["k", "unknown"]))
            assert [row.event_id for row in found["k"]] == ["e0", "e1", "e2"]
            assert found["unknown"] == []
            assert await park.keys(queue) == [("k", OTHER_TENANT)]

    play(migrated, scenario, lambda _: OK)


def test_a_turn_drops_notes_and_reads_in_that_order(migrated: Endpoints) -> None:
    async def scenario(world: World) -> None:
        async with Database.open(world.endpoints.database_url("connector")) as database:
            park = Park(database)
            queue = world.topology.queue(EXCHANGE, 0)
            events = [parked(f"e{n}") for n in range(3)]
            await park.save(queue, events)
            events[1].attempts, events[1].faults, events[1].reason = 4, 2, "answered 503"
            found = await park.turn(queue, Turn(["e0"], [events[1]], ["k"]))
            first = found["k"][0]
            assert [row.event_id for row in found["k"]] == ["e1", "e2"]
            assert (first.attempts, first.faults, first.reason) == (4, 2, "answered 503")
            assert first.body == b'{"\x00":1}'

    play(migrated, scenario, lambda _: OK)


def parked(event_id: str) -> Held:
    item = held(event_id, "k", OTHER_TENANT, tag=1)
    item.body = b'{"\x00":1}'
    return item
