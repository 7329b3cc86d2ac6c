"""What the doors make durable: raw bytes and events, side by side, on real servers and without."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from local.services import Endpoints
from shared.messaging.envelope import Event, EventType
from shared.messaging.intake import Intake, Post, Raw, RawKeys, store_carried
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES, Topology
from shared.runtime.errors import NotFound, Unavailable
from shared.runtime.settings import ObjectSettings
from shared.storage.buckets import ensure_buckets
from shared.storage.objects import Objects
from tests.messaging.broker import TENANT, collect, event, fresh_topology, open_channel
from tests.messaging.outboxes import opened_outbox
from tests.ports import free_port

BUCKET = "webhooks-inbound"


def settings(services: Endpoints, endpoint: str | None = None) -> ObjectSettings:
    return ObjectSettings(
        s3_endpoint_url=endpoint or services.s3_endpoint_url,
        s3_access_key=SecretStr(services.s3_access_key),
        s3_secret_key=SecretStr(services.s3_secret_key),
        s3_region=services.s3_region,
    )


def nowhere() -> str:
    return f"http://127.0.0.1:{free_port()}"


@asynccontextmanager
async def opened(
    services: Endpoints, topology: Topology, *, s3: str | None = None, amqp: str | None = None
) -> AsyncIterator[tuple[Intake, Objects]]:
    async with (
        Objects.open(settings(services, s3)) as objects,
        opened_outbox(services, topology, objects, amqp=amqp) as outbox,
    ):
        yield Intake(objects, outbox, source="/test"), objects


def raw(body: bytes = b'{"a":1}') -> Raw:
    return Raw(BUCKET, RawKeys().new(TENANT, "conv"), body, TENANT)


POST = Post(INBOUND_WHATSAPP_MESSAGES, event("e1"))


@pytest.fixture(scope="module")
def buckets(services: Endpoints) -> Endpoints:
    ensure_buckets(settings(services))
    return services


def queued(services: Endpoints, kept: Raw, *, s3: str | None = None) -> dict[str, Event]:
    """Take a webhook; the events that are then in the queues, by type."""

    async def take() -> list[bytes]:
        url = services.amqp_url
        async with fresh_topology(url, partitions=1) as topology:
            async with opened(services, topology, s3=s3) as (intake, _):
                await intake.take([kept], [POST], spare=INBOUND_WHATSAPP_MESSAGES)
            queue = topology.queue(INBOUND_WHATSAPP_MESSAGES, 0)
            async with open_channel(url) as channel:
                return [body for _, body in await collect(channel, queue, 1 if s3 is None else 2)]

    events = [Event.decode(body) for body in asyncio.run(take())]
    return {event.type: event for event in events}


def fetched(services: Endpoints, kept: Raw) -> bytes:
    async def get() -> bytes:
        async with Objects.open(settings(services)) as objects:
            return await objects.get(kept.bucket, kept.key)

    return asyncio.run(get())


def test_it_returns_when_bytes_and_event_are_durable(buckets: Endpoints) -> None:
    kept = raw()
    assert set(queued(buckets, kept)) == {EventType.WHATSAPP_MESSAGE}
    assert fetched(buckets, kept) == kept.body


def test_without_s3_the_bytes_travel_in_the_queue_and_find_their_place_later(
    buckets: Endpoints,
) -> None:
    kept = raw(b"x" * (3 * 1024 * 1024))
    events = queued(buckets, kept, s3=nowhere())
    assert set(events) == {EventType.WHATSAPP_MESSAGE, EventType.RAW}
    with pytest.raises(NotFound):
        fetched(buckets, kept)

    async def store() -> None:
        async with Objects.open(settings(buckets)) as objects:
            await store_carried(objects, events[EventType.RAW])

    asyncio.run(store())
    assert fetched(buckets, kept) == kept.body


def test_without_anything_durable_it_does_not_say_that_it_has_it(buckets: Endpoints) -> None:
    async def take() -> None:
        amqp = f"amqp://127.0.0.1:{free_port()}/"
        async with opened(buckets, Topology(1), amqp=amqp, s3=nowhere()) as (intake, _):
            await intake.take([raw()], [POST], spare=INBOUND_WHATSAPP_MESSAGES)

    with pytest.raises(Unavailable):
        asyncio.run(take())


def test_keys_follow_the_seeds_path_and_never_repeat() -> None:
    keys = RawKeys()
    made = [keys.new(TENANT, "conv-1") for _ in range(1000)]
    assert len(set(made)) == 1000
    assert made == sorted(made)
    form = rf"{TENANT}/\d{{4}}-\d\d-\d\d/\d{{8}}T\d{{6}}\.\d{{6}}Z-conv-1\.json"
    assert all(re.fullmatch(form, key) for key in made)


@pytest.mark.parametrize("label", ["../../etc", "a b", "", "x" * 200, "\u202e", "a/b", "a\x00"])
def test_a_label_can_not_leave_its_folder(label: str) -> None:
    key = RawKeys().new(TENANT, label)
    assert re.fullmatch(rf"{TENANT}/[0-9-]+/[0-9TZ.]+-[0-9a-f]{{32}}\.json", key)
