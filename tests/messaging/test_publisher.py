"""Publishing against a real broker: confirmed, or said."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from local.services import Endpoints
from shared.messaging.envelope import MAX_EVENT_BYTES, Event
from shared.messaging.publisher import Publisher
from shared.messaging.topology import (
    ERROR_EVENTS,
    INBOUND_WHATSAPP_MESSAGES,
    Topology,
)
from shared.runtime.errors import BodyTooLarge, Unavailable
from tests.messaging.broker import (
    address,
    at,
    clear,
    collect,
    depth,
    event,
    fresh_topology,
    open_channel,
)
from tests.messaging.proxy import Proxy, proxied
from tests.ports import free_port
from tests.waits import WAIT_S

EXCHANGE = INBOUND_WHATSAPP_MESSAGES
Scenario = Callable[[Publisher, Topology], Awaitable[None]]


def play(url: str, scenario: Scenario) -> None:
    async def main() -> None:
        async with (
            fresh_topology(url) as topology,
            Publisher.open(url, topology, confirm_seconds=WAIT_S) as publisher,
        ):
            await scenario(publisher, topology)

    asyncio.run(main())


def play_behind_proxy(
    url: str, scenario: Callable[[Publisher, Topology, Proxy], Awaitable[None]]
) -> None:
    async def main() -> None:
        async with fresh_topology(url) as topology, proxied(*address(url)) as proxy:
            through = at(url, proxy.port)
            async with Publisher.open(through, topology, confirm_seconds=0.4) as publisher:
                await scenario(publisher, topology, proxy)

    asyncio.run(main())


async def published(publisher: Publisher, item: Event) -> None:
    """Publish as a caller would that tries again."""
    async with asyncio.timeout(WAIT_S):
        while True:
            try:
                await publisher.publish(EXCHANGE, item)
            except Unavailable:
                await asyncio.sleep(0.02)
            else:
                return


def test_an_event_is_in_its_partitions_queue_persistent_and_whole(services: Endpoints) -> None:
    async def scenario(publisher: Publisher, topology: Topology) -> None:
        sent = event("e1", text="hello")
        await publisher.publish(EXCHANGE, sent)
        number = int(topology.routing_key(sent.partitionkey))
        async with open_channel(services.amqp_url) as channel:
            found = await collect(channel, topology.queue(EXCHANGE, number), 1)
        properties, body = found[0]
        assert (properties.message_id, properties.delivery_mode) == ("e1", 2)
        assert properties.content_type == "application/cloudevents+json"
        assert Event.decode(body).data == {"text": "hello"}

    play(services.amqp_url, scenario)


def test_many_at_once_are_all_confirmed(services: Endpoints) -> None:
    async def scenario(publisher: Publisher, topology: Topology) -> None:
        events = [event(f"e{n}", f"k{n}") for n in range(1500)]
        await asyncio.gather(*(publisher.publish(EXCHANGE, item) for item in events))
        async with open_channel(services.amqp_url) as channel:
            depths = [await depth(channel, queue) for queue in topology.queues(EXCHANGE)]
        assert sum(depths) == 1500

    play(services.amqp_url, scenario)


def test_what_no_queue_takes_is_said_although_the_broker_acks_it(services: Endpoints) -> None:
    async def scenario(publisher: Publisher, _: Topology) -> None:
        sends = [
            publisher.send(EXCHANGE, "no-such-key", b"x", message_id="lost"),
            publisher.publish(EXCHANGE, event("kept")),
            publisher.send(EXCHANGE, "no-such-key", b"x", message_id="lost"),
        ]
        outcomes = await asyncio.gather(*sends, return_exceptions=True)
        assert [isinstance(outcome, Unavailable) for outcome in outcomes] == [True, False, True]
        assert "no queue" in str(outcomes[0])

    play(services.amqp_url, scenario)


def test_a_queue_that_is_full_refuses_and_the_caller_hears_it(services: Endpoints) -> None:
    async def scenario(publisher: Publisher, topology: Topology) -> None:
        full = f"{topology.prefix}full"
        arguments = {"x-max-length": 1, "x-overflow": "reject-publish"}
        async with open_channel(services.amqp_url) as channel:
            await channel.call("queue_declare", queue=full, arguments=arguments, durable=True)
            exchange = topology.exchange(EXCHANGE)
            await channel.call("queue_bind", queue=full, exchange=exchange, routing_key="full")
            sends = [publisher.send(EXCHANGE, "full", b"x", message_id=f"m{n}") for n in range(9)]
            outcomes = await asyncio.gather(*sends, return_exceptions=True)
            await channel.call("queue_delete", queue=full)
        assert any("refused to store" in str(outcome) for outcome in outcomes)

    play(services.amqp_url, scenario)


def test_a_missing_exchange_fails_what_is_pending_and_publishing_goes_on(
    services: Endpoints,
) -> None:
    async def scenario(publisher: Publisher, _: Topology) -> None:
        sends = [publisher.publish(EXCHANGE, event(f"e{n}")) for n in range(20)]
        sends.insert(10, publisher.send("NO_SUCH_EXCHANGE", "0", b"x", message_id="m"))
        outcomes = await asyncio.gather(*sends, return_exceptions=True)
        assert isinstance(outcomes[10], Unavailable)
        await published(publisher, event("after"))

    play(services.amqp_url, scenario)


def test_a_broker_that_stands_still_is_given_up_after_the_limit(services: Endpoints) -> None:
    async def scenario(publisher: Publisher, _: Topology, proxy: Proxy) -> None:
        await published(publisher, event("e1"))
        proxy.freeze()
        with pytest.raises(Unavailable, match="in time"):
            await publisher.publish(EXCHANGE, event("e2"))
        with pytest.raises(Unavailable):
            await publisher.ping()
        proxy.thaw()
        await published(publisher, event("e3"))

    play_behind_proxy(services.amqp_url, scenario)


def test_a_lost_connection_fails_what_is_pending_at_once_and_is_made_again(
    services: Endpoints,
) -> None:
    async def scenario(publisher: Publisher, topology: Topology, proxy: Proxy) -> None:
        events = [event(f"e{n}", f"k{n}") for n in range(200)]
        await proxy.shut()
        with pytest.raises(Unavailable):
            await publisher.publish(EXCHANGE, events[0])
        trying = [asyncio.create_task(published(publisher, item)) for item in events]
        await proxy.open()
        await asyncio.gather(*trying)
        async with open_channel(services.amqp_url) as channel:
            depths = [await depth(channel, queue) for queue in topology.queues(EXCHANGE)]
        assert sum(depths) >= 200

    play_behind_proxy(services.amqp_url, scenario)


def test_nothing_confirmed_is_lost_when_the_connection_breaks_again_and_again(
    services: Endpoints,
) -> None:
    async def scenario(publisher: Publisher, topology: Topology, proxy: Proxy) -> None:
        async def cut() -> None:
            for _ in range(4):
                await asyncio.sleep(0.15)
                await proxy.shut()
                await proxy.open()

        cutting = asyncio.create_task(cut())
        names = []
        for n in range(100_000):
            await published(publisher, event(f"e{n}", f"k{n}"))
            names.append(f"e{n}")
            if cutting.done():
                break
        assert await ids_in(services.amqp_url, topology, len(names)) >= set(names)

    play_behind_proxy(services.amqp_url, scenario)


async def ids_in(url: str, topology: Topology, least: int) -> set[str]:
    """Ids of all messages of the exchange, of which there are at least so many."""
    ids: set[str] = set()
    async with open_channel(url) as channel:
        for queue in topology.queues(EXCHANGE):
            count = await depth(channel, queue)
            found = await collect(channel, queue, count) if count else []
            ids |= {Event.decode(body).id for _, body in found}
    assert len(ids) >= least
    return ids


def test_a_broker_that_is_away_at_the_start_does_not_stop_the_start(services: Endpoints) -> None:
    async def main() -> None:
        port = free_port()
        async with fresh_topology(services.amqp_url) as topology:
            url = at(services.amqp_url, port)
            async with Publisher.open(url, topology) as publisher:
                with pytest.raises(Unavailable, match="not connected"):
                    await publisher.publish(EXCHANGE, event("e1"))
                with pytest.raises(Unavailable):
                    await publisher.ping()
                proxy = Proxy(*address(services.amqp_url))
                proxy.port = port
                await proxy.open()
                await published(publisher, event("e2"))
                await publisher.ping()
                await proxy.shut()

    asyncio.run(main())


def test_another_number_of_partitions_is_refused_and_said(services: Endpoints) -> None:
    async def scenario(_: Publisher, topology: Topology) -> None:
        other = Topology(topology.partitions + 1, topology.prefix)
        async with Publisher.open(services.amqp_url, other) as publisher:
            with pytest.raises(Unavailable, match="number of partitions"):
                await publisher.publish(EXCHANGE, event("e1"))
        async with open_channel(services.amqp_url) as channel:
            with pytest.raises(Unavailable, match="404"):
                await depth(channel, other.queue(EXCHANGE, topology.partitions))

    play(services.amqp_url, scenario)


def test_a_queue_that_is_made_otherwise_is_said_with_what_to_do(services: Endpoints) -> None:
    async def main() -> None:
        topology = Topology(1, f"test-otherwise-{free_port()}.")
        async with open_channel(services.amqp_url) as channel:
            queue = topology.queue(EXCHANGE, 0)
            await channel.call("queue_declare", queue=queue, durable=True)
            async with Publisher.open(services.amqp_url, topology) as publisher:
                with pytest.raises(Unavailable, match="run empty and delete"):
                    await publisher.ping()
            await channel.call("queue_delete", queue=queue)
        await clear(services.amqp_url, topology)

    asyncio.run(main())


def test_a_wrong_password_is_said_without_it(services: Endpoints) -> None:
    async def main() -> None:
        host, port = address(services.amqp_url)
        url = f"amqp://parley:wrong-secret@{host}:{port}/%2f"
        async with Publisher.open(url) as publisher:
            with pytest.raises(Unavailable, match="403") as caught:
                await publisher.ping()
        assert "wrong-secret" not in caught.value.detail

    asyncio.run(main())


def test_an_event_over_the_limit_is_refused_before_the_broker_sees_it(services: Endpoints) -> None:
    async def scenario(publisher: Publisher, _: Topology) -> None:
        with pytest.raises(BodyTooLarge):
            await publisher.publish(EXCHANGE, event("e1", text="x" * MAX_EVENT_BYTES))
        await publisher.publish(EXCHANGE, event("e2"))

    play(services.amqp_url, scenario)


def test_an_id_longer_than_amqp_carries_is_published_all_the_same(services: Endpoints) -> None:
    async def scenario(publisher: Publisher, _: Topology) -> None:
        await publisher.publish(EXCHANGE, event("ä" * 400))

    play(services.amqp_url, scenario)


def test_what_the_broker_gives_up_goes_to_error_events(services: Endpoints) -> None:
    async def scenario(publisher: Publisher, topology: Topology) -> None:
        sent = event("e1")
        await publisher.publish(EXCHANGE, sent)
        number = int(topology.routing_key(sent.partitionkey))
        async with open_channel(services.amqp_url) as channel:
            await channel.call(
                "basic_consume",
                queue=topology.queue(EXCHANGE, number),
                on_message_callback=lambda raw, method, *_: raw.basic_reject(
                    method.delivery_tag, requeue=False
                ),
            )
            found = await collect(channel, topology.exchange(ERROR_EVENTS), 1)
        assert found[0][0].message_id == "e1"

    play(services.amqp_url, scenario)


def test_a_waiting_room_that_is_full_lets_the_next_wait_and_then_says_so(
    services: Endpoints,
) -> None:
    async def main() -> None:
        url = services.amqp_url
        async with fresh_topology(url) as topology, proxied(*address(url)) as proxy:
            through = at(url, proxy.port)
            async with Publisher.open(
                through, topology, confirm_seconds=0.3, in_flight=1
            ) as publisher:
                await asyncio.gather(*(published(publisher, event(f"e{n}")) for n in range(3)))
                proxy.freeze()
                sends = [publisher.publish(EXCHANGE, event(f"e{n}")) for n in range(3)]
                outcomes = await asyncio.gather(*sends, return_exceptions=True)
                assert all(isinstance(outcome, Unavailable) for outcome in outcomes)
                proxy.thaw()

    asyncio.run(main())
