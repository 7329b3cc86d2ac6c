"""What leaves the door for one body is bounded by what came, and what was left can be brought back.

Rule: at most ITEMS items of a body are read, each event is published once, and what stands beside
an item is repeated in its event only while it is small.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from local.services import Endpoints, clock
from shared.doors.arrival import Arrival
from shared.doors.sorting import own_changes
from shared.doors.whatsapp_events import posts_of
from shared.messaging.envelope import Event
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES
from shared.runtime.clock import utcnow
from shared.runtime.errors import BadInput
from shared.whatsapp.payloads import Beyond, walk
from shared.wire.sizes import CHANGES, ITEMS
from tests.doors.conftest import s3_of
from tests.doors.house import House, text
from tests.doors.owner import NUMBER, OWNER
from tests.messaging.broker import settings_of
from tests.programs import run
from tests.services.processes import SERVICE_KEY

ARRIVAL = Arrival(utcnow(), "webhooks-inbound", "a/b.json")
TIMES, EACH = 5, 8_192
"""What leaves is at most TIMES what came (1e15 becomes sixteen digits), and EACH bytes an event."""

FROM = "4915100000101"
LARGE = "x" * 100_000


def body_of(*values: dict[str, Any], field: str = "messages", **more: Any) -> dict[str, Any]:
    metadata = {"phone_number_id": NUMBER}
    changes = [{"field": field, "value": {"metadata": metadata} | value} for value in values]
    return {"entry": [{"id": "1", "changes": changes}], **more}


def published(body: dict[str, Any]) -> list[bytes]:
    """The events of a body as a door publishes them."""
    made = posts_of(((item, OWNER) for item in walk(body, ITEMS).items), ARRIVAL)
    found = []
    for post in made:
        try:
            found.append(post.event.encode())
        except BadInput:  # kept in the raw bytes alone
            continue
    return found


def messages(count: int) -> list[dict[str, Any]]:
    return [{"id": f"wamid.{number}", "from": FROM} for number in range(count)]


def calls(count: int) -> list[dict[str, Any]]:
    return [{"id": f"c{number}", "type": "call", "status": "RINGING"} for number in range(count)]


def updates(count: int) -> list[dict[str, Any]]:
    return [
        {"wa_id": FROM, "user_id": {"previous": f"DE.A{number}", "current": f"DE.B{number}"}}
        for number in range(count)
    ]


HOSTILE: dict[str, Callable[[], dict[str, Any]]] = {
    "a large contact beside many messages": lambda: body_of(
        {"contacts": [{"wa_id": FROM, "profile": {"name": LARGE}}], "messages": messages(3000)}
    ),
    "a contact of many names": lambda: body_of(
        {
            "contacts": [{"wa_id": FROM, **{f"k{number}": "x" for number in range(20_000)}}],
            "messages": messages(3000),
        }
    ),
    "a large contact beside many statuses": lambda: body_of(
        {
            "contacts": [{"wa_id": FROM, "profile": {"name": LARGE}}],
            "statuses": [{**one, "recipient_id": FROM} for one in messages(3000)],
        }
    ),
    "large metadata beside many calls": lambda: body_of(
        {"metadata": {"phone_number_id": NUMBER, "x": LARGE}, "statuses": calls(3000)}
    ),
    "much beside many people's new ids": lambda: body_of(
        {"user_id_update": updates(1900), "x": LARGE}, field="user_id_update"
    ),
    "many people's new ids": lambda: body_of(
        {"user_id_update": updates(20_000)}, field="user_id_update"
    ),
    "many changes of people's new ids": lambda: body_of(
        *({"user_id_update": updates(1900)} for _ in range(10)), field="user_id_update"
    ),
    "messages without anything": lambda: body_of({"messages": [{}] * 30_000}),
    "statuses without anything": lambda: body_of({"statuses": [{}] * 30_000}),
    "changes without anything": lambda: body_of(*({"a": number} for number in range(30_000))),
    "errors beside messages": lambda: body_of(
        *({"messages": messages(1), "errors": [{"code": 1}] * 50} for _ in range(3000))
    ),
    "numbers that grow": lambda: body_of(
        {"messages": [{"id": str(number), "x": [1e15] * 40} for number in range(3000)]}
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_leaves_for_a_body_is_bounded_by_what_came(name: str) -> None:
    body = HOSTILE[name]()
    events = published(body)
    assert 0 < len(events) <= 2 * ITEMS
    came = len(json.dumps(body, separators=(",", ":")))
    assert sum(map(len, events)) <= TIMES * came + EACH * len(events)


@pytest.mark.parametrize("name", ["messages without anything", "statuses without anything"])
def test_what_a_body_repeats_is_published_once(name: str) -> None:
    assert len(published(HOSTILE[name]())) == 1


def test_a_contact_as_meta_sends_it_stays_as_it_is() -> None:
    card = {
        "profile": {"name": "N" * 100, "username": "u" * 35},
        "wa_id": FROM,
        "user_id": f"DE.{'A' * 60}",
        "parent_user_id": f"DE.ENT.{'A' * 60}",
        "identity_key_hash": "h" * 44,
    }
    [event] = published(body_of({"contacts": [card], "messages": messages(1)}))
    assert Event.decode(event).data["contact"] == card


def test_of_a_large_contact_the_ids_and_the_name_s_beginning_stay() -> None:
    card = {"wa_id": FROM, "profile": {"name": LARGE}, "x": [LARGE]}
    [event] = published(body_of({"contacts": [card], "messages": messages(1)}))
    assert Event.decode(event).data["contact"] == {"wa_id": FROM, "profile": {"name": "x" * 256}}


def test_every_item_is_read_or_counted_with_its_change() -> None:
    values: list[dict[str, Any]] = [
        {"messages": messages(3), "statuses": messages(2)},
        {"messages": messages(4), "errors": [{"code": 1}]},
        {"about": "nothing"},
    ]
    body = body_of(*values)
    whole = walk(body).items
    for most in range(len(whole) + 1):
        found = walk(body, most).items
        left = [item for item in found if isinstance(item, Beyond)]
        assert list(found[: len(found) - len(left)]) == list(whole[:most])
        assert sum(item.items for item in left) == len(whole) - most
        assert {item.phone_number_id for item in left} <= {NUMBER}


def test_changes_far_behind_are_told_as_one_that_is_nobody_s() -> None:
    body: dict[str, Any] = {"entry": [{"changes": [{"value": {}}] * (ITEMS + CHANGES + 7)}]}
    *_, last = walk(body, ITEMS).items
    assert last == Beyond("body", None, None, 7)


def test_a_tenant_s_own_part_of_a_body_holds_its_unread_changes_and_nothing_large_beside() -> None:
    body = body_of({"messages": messages(2)}, {"messages": messages(2)}, x=LARGE)
    found = json.loads(own_changes(body, iter(walk(body, 1).items)))
    assert found == {"entry": body["entry"]}


def test_a_body_of_too_many_items_is_kept_whole_and_a_replay_brings_the_rest(
    house: House, services: Endpoints
) -> None:
    company, other = house.tenant(), house.tenant()
    told = [text("hello", **{"from": f"49151000{number:05}"}) for number in range(ITEMS + 5)]
    assert company.meta(company.meta_body(*told)).status_code == 200
    assert other.meta(other.meta_body(text("mine"))).status_code == 200
    queued = house.queued(INBOUND_WHATSAPP_MESSAGES)
    assert len({event.id for event in queued}) == len(queued) == ITEMS + 1
    assert len(house.stored("webhooks-inbound", company.id)) == 1
    lines = [json.loads(one) for one in house.whatsapp.logged().splitlines() if "left_in" in one]
    [line] = [one for one in lines if one["tenant_id"] == company.id]
    assert (line["message"], line["items"]) == ("items_left_in_archive", 5)
    environment = {
        "PATH": os.environ["PATH"],
        "TENANCY_URL": house.tenancy.url,
        "SERVICE_TOKEN_KEY": SERVICE_KEY,
        **settings_of(house.topology, services.amqp_url),
        **s3_of(services, services.s3_endpoint_url),
        **clock.moved(),
    }
    done = run("parley", "replay", "--key", line["raw"], environment=environment)
    assert done.returncode == 0, done.stderr
    replayed = {event.id for event in house.queued(INBOUND_WHATSAPP_MESSAGES)}
    known = {event.id for event in queued if event.tenantid == company.id}
    assert replayed > known
    assert len(replayed) == ITEMS + 5


def test_thousands_of_one_item_are_taken_as_one(house: House) -> None:
    company = house.tenant()
    assert company.meta(company.meta_body(*([{}] * 30_000))).status_code == 200
    assert len(house.queued(INBOUND_WHATSAPP_MESSAGES)) == 1
