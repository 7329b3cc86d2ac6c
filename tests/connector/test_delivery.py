"""Delivery and retry on a real broker, PostgreSQL and function."""

import random
from collections import Counter

import aiohttp
import orjson
import pytest

from local.services import Endpoints
from shared.messaging.envelope import Event
from shared.messaging.topology import ERROR_EVENTS
from tests.connector.harness import EXCHANGE, OK, Function, Reply, World, in_order, play
from tests.messaging.broker import OTHER_TENANT, collect, depth, event, open_channel, until


def always_ok(_: Event) -> Reply:
    return OK


def batch(keys: int, each: int) -> list[Event]:
    return [event(f"k{k}-{n}", f"k{k}") for n in range(each) for k in range(keys)]


def test_events_reach_the_function_whole_with_token_and_trace(migrated: Endpoints) -> None:
    async def scenario(world: World) -> None:
        trace = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
        sent = event("e1", text="hello").model_copy(update={"traceparent": trace})
        async with world.connector():
            await world.publish(sent)
            await until(lambda: world.function.all_taken)
        headers = world.function.headers[0]
        assert headers["traceparent"] == trace
        assert headers["Content-Type"] == "application/cloudevents+json"

    play(migrated, scenario, always_ok)


def test_each_keys_order_survives_failures_of_every_kind(migrated: Endpoints) -> None:
    rng = random.Random(7)
    failures = [Reply(503), Reply(500), Reply(429), Reply(502), Reply(drop=True)]

    def sometimes(_: Event) -> Reply:
        return rng.choice(failures) if rng.random() < 0.3 else OK

    async def scenario(world: World) -> None:
        events = batch(30, 8)
        async with world.connector():
            await world.publish(*events)
            await until(lambda: len(world.function.all_taken) == len(events))
            in_order(world, events)
            await world.rows_become("parked", 0)
        async with open_channel(world.endpoints.amqp_url) as channel:
            assert [await depth(channel, q) for q in world.topology.queues(EXCHANGE)] == [0, 0]

    play(migrated, scenario, sometimes)


def test_retry_after_is_obeyed(migrated: Endpoints) -> None:
    tries: Counter[str] = Counter()

    def first_busy(item: Event) -> Reply:
        tries[item.id] += 1
        return Reply(503, {"Retry-After": "1"}) if tries[item.id] == 1 else OK

    async def scenario(world: World) -> None:
        async with world.connector():
            await world.publish(event("e1"))
            await until(lambda: world.function.all_taken)
        first, second = world.function.times["e1"]
        assert 1.0 <= second - first < 2.0

    play(migrated, scenario, first_busy)


def test_a_retried_key_waits_and_the_others_flow(migrated: Endpoints) -> None:
    stuck = True

    def one_stuck(item: Event) -> Reply:
        return Reply(503) if stuck and item.id.startswith("k0-") else OK

    async def scenario(world: World) -> None:
        nonlocal stuck
        events = batch(5, 4)
        async with world.connector():
            await world.publish(*events)
            await until(lambda: len(world.function.all_taken) == 16)
            assert world.function.taken["k0"] == []
            assert world.function.tries["k0-1"] == 0
            stuck = False
            await until(lambda: len(world.function.all_taken) == 20)
        in_order(world, events)

    play(migrated, scenario, one_stuck)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_the_function_refuses_is_a_dead_letter_and_its_key_goes_on(
    migrated: Endpoints, status: int
) -> None:
    def refuse_first(item: Event) -> Reply:
        bad = item.id == "k0-0"
        return Reply(status, problem={"code": "bad_input", "detail": "no text"}) if bad else OK

    async def scenario(world: World) -> None:
        events = [event("k0-0", "k0", raw={"bucket": "b", "key": "k"}), event("k0-1", "k0")]
        async with world.connector():
            await world.publish(*events)
            await until(lambda: world.function.all_taken == {"k0-1"})
        row = (await world.rows("dead_letters"))[0]
        assert (row["event_id"], row["reason_code"], row["attempts"]) == ("k0-0", "bad_input", 1)
        assert row["reason"] == f"answered {status} bad_input: no text"
        assert row["raw_ref"] == "b/k"
        assert row["tenant_id"] == events[0].tenantid
        assert Event.decode(row["body"]).id == "k0-0"
        async with open_channel(world.endpoints.amqp_url) as channel:
            found = await collect(channel, world.topology.exchange(ERROR_EVENTS), 1)
        properties, body = found[0]
        assert Event.decode(body).id == "k0-0"
        assert properties.headers["reason_code"] == "bad_input"

    play(migrated, scenario, refuse_first)


def test_an_event_that_keeps_failing_is_given_up_after_its_attempts(migrated: Endpoints) -> None:
    def poison(item: Event) -> Reply:
        return Reply(500) if item.id == "k0-0" else OK

    async def scenario(world: World) -> None:
        async with world.connector(max_attempts=4):
            await world.publish(event("k0-0", "k0"), event("k0-1", "k0"))
            await until(lambda: world.function.all_taken == {"k0-1"})
            await world.rows_become("parked", 0)
        row = (await world.rows("dead_letters"))[0]
        assert (row["reason_code"], row["attempts"]) == ("attempts_exhausted", 4)
        assert row["first_seen"] < row["last_seen"]
        assert world.function.tries["k0-0"] == 4

    play(migrated, scenario, poison)


def test_bytes_that_are_no_event_are_a_dead_letter(migrated: Endpoints) -> None:
    async def scenario(world: World) -> None:
        async with world.connector():
            await world.publisher.send(EXCHANGE, "0", b"\xffnonsense", message_id="m")
            await world.publish(event("e1"))
            await until(lambda: world.function.all_taken)
            await world.rows_become("dead_letters", 1)
        row = (await world.rows("dead_letters"))[0]
        assert row["reason_code"] == "unreadable"
        assert row["tenant_id"] is None
        assert row["body"] == b"\xffnonsense"
        async with open_channel(world.endpoints.amqp_url) as channel:
            assert await depth(channel, world.topology.queue(EXCHANGE, 0)) == 0

    play(migrated, scenario, always_ok)


def test_a_function_that_can_not_be_reached_costs_no_attempt_and_parks_nothing(
    migrated: Endpoints,
) -> None:
    async def scenario(world: World) -> None:
        events = batch(20, 2)
        later = Function(always_ok)
        async with world.connector(routes=f"{EXCHANGE}={later.url}") as routes:
            await world.publish(*events)
            await until(lambda: sum(w.window.unacked for w in routes[0].workers) == 40)
            await until(lambda: not routes[0].gate.is_open)
            assert await world.rows("parked") == []
            async with later.serving():
                await until(lambda: len(later.all_taken) == len(events))
        assert set(later.tries.values()) == {1}
        world.function = later
        in_order(world, events)

    play(migrated, scenario, always_ok)


def test_health_and_numbers_are_told(migrated: Endpoints) -> None:
    async def scenario(world: World) -> None:
        async with world.connector(), aiohttp.ClientSession() as http:
            await world.publish(event("e1"))
            await until(lambda: world.function.all_taken)
            base = f"http://127.0.0.1:{world.port}"
            async with http.get(f"{base}/healthz") as answer:
                assert answer.status == 200
            async with http.get(f"{base}/readyz") as answer:
                checks = orjson.loads(await answer.read())["checks"]
                assert checks == {"queues": "ok", "publisher": "ok", "postgres": "ok"}
            async with http.get(f"{base}/metrics") as answer:
                page = await answer.text()
        assert f'parley_connector_delivered_total{{exchange="{EXCHANGE}"}}' in page

    play(migrated, scenario, always_ok)


def test_a_hanging_tenant_does_not_slow_the_others(migrated: Endpoints) -> None:
    def hangs(item: Event) -> Reply:
        return Reply(503, seconds=1.0) if item.tenantid == OTHER_TENANT else OK

    async def scenario(world: World) -> None:
        bad = [event(f"bad-{n}", f"b{n}", tenant=OTHER_TENANT) for n in range(150)]
        good = [event(f"good-{n}", f"g{n}") for n in range(150)]
        async with world.connector():
            await world.publish(*bad)
            await world.publish(*good)
            await until(lambda: len(world.function.all_taken) == 150)
            assert sum(world.function.tries[one.id] > 0 for one in bad) < len(bad)

    play(migrated, scenario, hangs)
