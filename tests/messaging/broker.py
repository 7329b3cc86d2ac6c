"""What tests do with a broker beside publishing: unique names, looking into queues, clearing up."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from shared.messaging.amqp import Channel, Connection
from shared.messaging.envelope import Event, EventType
from shared.messaging.topology import Topology
from shared.runtime.errors import Unavailable
from tests.waits import WAIT_S

_numbers = itertools.count(1)

TENANT = "11111111-1111-4111-8111-111111111111"
OTHER_TENANT = "22222222-2222-4222-8222-222222222222"
CHANNEL = "33333333-3333-4333-8333-333333333333"


def event(event_id: str, key: str = "k", *, tenant: str = TENANT, **data: Any) -> Event:
    return Event(
        id=event_id,
        type=EventType.WHATSAPP_MESSAGE,
        source="test",
        time=datetime.now(UTC),
        tenantid=tenant,
        channelid=CHANNEL,
        partitionkey=f"{tenant}:{CHANNEL}:{key}",
        data=data,
    )


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110  # what is waited for is another process's doing
            await asyncio.sleep(0.01)


def settings_of(topology: Topology, amqp_url: str) -> dict[str, str]:
    """What a process is told of the broker."""
    return {
        "AMQP_URL": amqp_url,
        "PARTITIONS": str(topology.partitions),
        "QUEUE_PREFIX": topology.prefix,
    }


def at(url: str, port: int) -> str:
    """The same URL by another port of loopback."""
    parts = urlsplit(url)
    user, at_, _ = parts.netloc.rpartition("@")  # Redis has a password and no user
    return parts._replace(netloc=f"{user}{at_}127.0.0.1:{port}").geturl()


def address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


@asynccontextmanager
async def fresh_topology(url: str, partitions: int = 2) -> AsyncIterator[Topology]:
    """Names that nobody else uses, deleted in the end."""
    topology = Topology(partitions, f"test-{os.getpid()}-{next(_numbers)}.")
    try:
        yield topology
    finally:
        await clear(url, topology)


async def clear(url: str, topology: Topology) -> None:
    connection = await Connection.open(url, "test clearing")
    channel = await connection.channel()
    with suppress(Unavailable):
        for queue in topology.all_queues():
            await channel.call("queue_delete", queue=queue.name)
        for exchange in topology.exchanges():
            await channel.call("exchange_delete", exchange=exchange.name)
    await connection.close()


@asynccontextmanager
async def open_channel(url: str) -> AsyncIterator[Channel]:
    connection = await Connection.open(url, "test")
    try:
        yield await connection.channel()
    finally:
        await connection.close()


async def depth(channel: Channel, queue: str) -> int:
    """Messages that are ready in a queue."""
    answer = await channel.call("queue_declare", queue=queue, passive=True)
    return int(answer.method.message_count)


async def collect(channel: Channel, queue: str, count: int) -> list[tuple[Any, bytes]]:
    """The next messages of a queue, acked: (properties, body)."""
    found: list[tuple[Any, bytes]] = []

    def on_message(raw: Any, method: Any, properties: Any, body: bytes) -> None:
        found.append((properties, body))
        raw.basic_ack(method.delivery_tag)

    await channel.call("basic_consume", queue=queue, on_message_callback=on_message)
    await until(lambda: len(found) >= count)
    return found
