"""`parley replay` makes of stored bodies the very events that the doors made."""

import os
from collections.abc import Callable
from functools import partial

import pytest

from local.services import Endpoints, clock
from shared.messaging.envelope import Event
from shared.messaging.topology import (
    INBOUND_WHATSAPP_MESSAGES,
    INBOUND_WHATSAPP_STATUSES,
    OUTBOUND_GENESYS_MESSAGES,
)
from tests.doors.conftest import s3_of
from tests.doors.house import Company, House, text
from tests.messaging.broker import settings_of
from tests.moments import unix_at
from tests.programs import run
from tests.services.processes import SERVICE_KEY

EXCHANGES = (INBOUND_WHATSAPP_MESSAGES, INBOUND_WHATSAPP_STATUSES, OUTBOUND_GENESYS_MESSAGES)
Replay = Callable[..., tuple[int, str]]


def _run(house: House, services: Endpoints, *arguments: str) -> tuple[int, str]:
    environment = {
        "PATH": os.environ["PATH"],
        "TENANCY_URL": house.tenancy.url,
        "SERVICE_TOKEN_KEY": SERVICE_KEY,
        **settings_of(house.topology, services.amqp_url),
        **s3_of(services, services.s3_endpoint_url),
        **clock.moved(),
    }
    done = run("parley", "replay", *arguments, environment=environment)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def replay(house: House, services: Endpoints) -> Replay:
    return partial(_run, house, services)


@pytest.fixture
def company(house: House) -> Company:
    """With a body of two messages and a status, and one of an agent, taken by the doors."""
    company = house.tenant()
    status = {"id": "wamid.1", "status": "sent", "timestamp": unix_at(), "recipient_id": "491"}
    inbound = company.meta_body(text("one"), text("two"), statuses=[status])
    assert company.meta(inbound).status_code == 200
    assert company.agent(company.agent_body()).status_code == 200
    return company


def queued(house: House) -> list[Event]:
    return [event for exchange in EXCHANGES for event in house.queued(exchange)]


def told(events: list[Event]) -> list[tuple[str, str, str | None, object]]:
    """All that the functions behind the queue see of an event, save when it was received."""
    return [
        (
            event.id,
            event.partitionkey,
            event.subject,
            {name: value for name, value in event.data.items() if name != "received_at"},
        )
        for event in events
    ]


def test_a_day_replayed_gives_the_same_events(
    house: House, company: Company, replay: Replay
) -> None:
    first = queued(house)
    slug = company.file["tenant"]
    code, said = replay("--tenant", slug, "--from", "1h", "--dry-run")
    assert (code, "read 2 bodies, would publish 4 events" in said) == (0, True), said
    assert queued(house) == []
    code, said = replay("--tenant", slug, "--from", "1h")
    assert code == 0, said
    assert told(queued(house)) == told(first)


def test_one_direction_or_one_body_alone(house: House, company: Company, replay: Replay) -> None:
    first = queued(house)
    slug = company.file["tenant"]
    assert replay("--tenant", slug, "--from", "1h", "--direction", "outbound")[0] == 0
    assert told(queued(house)) == told(first[-1:])
    raw = first[0].data["raw"]
    assert replay("--key", f"{raw['bucket']}/{raw['key']}")[0] == 0
    assert told(queued(house)) == told(first[:3])
    assert replay("--tenant", slug, "--from", "2d", "--to", "1d")[1].startswith("read 0 bodies")


def test_a_number_that_moved_to_another_tenant_is_left_out_and_said(
    house: House, company: Company, replay: Replay
) -> None:
    queued(house)
    channel = company.channel | {"phone_number_id": "199999999999999"}
    company.apply(channels=[channel])
    code, said = replay("--tenant", company.file["tenant"], "--from", "1h", "--dry-run")
    assert code == 1
    assert "not this tenant's now" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--key, or --tenant"),
        (("--tenant", "nobody-here", "--from", "1h"), "parley tenants list"),
        (("--key", "webhooks-inbound/_platform/x.json"), "several tenants"),
        (("--key", "media-inbound/x"), "BUCKET/KEY"),
    ],
    ids=["nothing", "stranger", "platform", "bucket"],
)
def test_what_can_not_be_meant_is_refused(
    replay: Replay, arguments: tuple[str, ...], words: str
) -> None:
    code, said = replay(*arguments)
    assert code in {1, 2}
    assert words in said
