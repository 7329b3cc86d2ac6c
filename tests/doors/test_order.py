"""A failure in the middle of a body never puts a customer's later message before the earlier."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from local.services import Endpoints
from shared.messaging.envelope import Event
from shared.messaging.intake import Intake, Post, Unfit
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES
from shared.runtime.errors import BodyTooLarge, Unavailable
from shared.runtime.settings import ObjectSettings
from shared.storage.objects import Objects
from tests.messaging.broker import collect, depth, event, fresh_topology, open_channel
from tests.messaging.outboxes import opened_outbox

TOO_LARGE = "x" * (6 * 1024 * 1024)


class NotNow(Event):
    """An event that does not reach the broker, while those around it do."""

    def encode(self) -> bytes:
        raise Unavailable("not now")


def published(
    services: Endpoints, settings: ObjectSettings, events: Sequence[Event]
) -> tuple[list[str], list[Unfit] | None]:
    """What is queued of a body whose events can not all be; what was given back, if it ended."""

    async def take() -> tuple[list[str], list[Unfit] | None]:
        unfit = None
        async with fresh_topology(services.amqp_url, partitions=1) as topology:
            async with (
                Objects.open(settings) as objects,
                opened_outbox(services, topology, objects) as outbox,
            ):
                intake = Intake(objects, outbox, source="/test")
                posts = [Post(INBOUND_WHATSAPP_MESSAGES, one) for one in events]
                with suppress(Unavailable):
                    unfit = await intake.take([], posts, spare=INBOUND_WHATSAPP_MESSAGES)
            async with open_channel(services.amqp_url) as channel:
                queue = topology.queue(INBOUND_WHATSAPP_MESSAGES, 0)
                found = await collect(channel, queue, await depth(channel, queue))
                return [Event.decode(body).id for _, body in found], unfit

    return asyncio.run(take())


def body(ann_2: Event) -> list[Event]:
    """Ann's and Bob's events, mixed."""
    return [
        event("ann 1", "ann"),
        ann_2,
        event("bob 1", "bob"),
        event("ann 3", "ann"),
        event("bob 2", "bob"),
    ]


def test_what_can_be_no_event_is_given_back_and_its_neighbours_pass(
    services: Endpoints, object_settings: ObjectSettings
) -> None:
    events = body(event("ann 2", "ann", ballast=TOO_LARGE))
    queued, unfit = published(services, object_settings, events)
    assert sorted(queued) == ["ann 1", "ann 3", "bob 1", "bob 2"]
    given_back = [(one.post.event.id, type(one.error)) for one in unfit or []]
    assert given_back == [("ann 2", BodyTooLarge)]


def test_what_follows_a_failure_waits_with_it(
    services: Endpoints, object_settings: ObjectSettings
) -> None:
    events = body(NotNow.model_validate(event("ann 2", "ann").model_dump()))
    queued, unfit = published(services, object_settings, events)
    assert (sorted(queued), unfit) == (["ann 1", "bob 1", "bob 2"], None)
