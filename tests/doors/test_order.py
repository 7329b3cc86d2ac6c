"""A failure in the middle of a body never puts a customer's later message before the earlier."""

import asyncio
from collections.abc import Sequence

import pytest

from local.services import Endpoints
from shared.messaging.envelope import Event
from shared.messaging.intake import Intake, Post
from shared.messaging.publisher import Publisher
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES
from shared.runtime.errors import BodyTooLarge
from shared.runtime.settings import ObjectSettings
from shared.storage.objects import Objects
from tests.messaging.broker import collect, depth, event, fresh_topology, open_channel

TOO_LARGE = "x" * (6 * 1024 * 1024)  # never leaves: the one failure that is the same every time


def published(services: Endpoints, settings: ObjectSettings, events: Sequence[Event]) -> list[str]:
    """What is queued of a body whose events can not all be."""

    async def take() -> list[str]:
        async with fresh_topology(services.amqp_url, partitions=1) as topology:
            async with (
                Objects.open(settings) as objects,
                Publisher.open(services.amqp_url, topology) as publisher,
            ):
                intake = Intake(objects, publisher, source="/test")
                posts = [Post(INBOUND_WHATSAPP_MESSAGES, one) for one in events]
                with pytest.raises(BodyTooLarge):
                    await intake.take([], posts, spare=INBOUND_WHATSAPP_MESSAGES)
            async with open_channel(services.amqp_url) as channel:
                queue = topology.queue(INBOUND_WHATSAPP_MESSAGES, 0)
                found = await collect(channel, queue, await depth(channel, queue))
                return [Event.decode(body).id for _, body in found]

    return asyncio.run(take())


def test_what_follows_a_failure_waits_with_it(
    services: Endpoints, object_settings: ObjectSettings
) -> None:
    events = [
        event("ann 1", "ann"),
        event("ann 2", "ann", ballast=TOO_LARGE),
        event("bob 1", "bob"),
        event("ann 3", "ann"),
        event("bob 2", "bob"),
    ]
    assert sorted(published(services, object_settings, events)) == ["ann 1", "bob 1", "bob 2"]
