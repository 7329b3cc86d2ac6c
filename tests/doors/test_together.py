"""Statuses of one message in one body are one event; of others, of others, or unfit: not."""

from typing import Any

from shared.doors.arrival import Arrival
from shared.doors.whatsapp_events import posts_of
from shared.messaging.envelope import Event
from shared.runtime.errors import BadInput
from shared.whatsapp.payloads import StatusItem
from tests.doors.owner import OWNER
from tests.moments import moment, unix_at

ARRIVAL = Arrival(moment(seconds=1), "webhooks-inbound", "a/b.json")


def status(wamid: str | None, word: str, **more: Any) -> dict[str, Any]:
    told = {"status": word, "timestamp": unix_at(), "recipient_id": "491701", **more}
    return told if wamid is None else {"id": wamid, **told}


def events(*statuses: dict[str, Any]) -> list[Event]:
    items = [
        StatusItem(f"entry[0].{n}", None, OWNER.phone_number_id, one, None, {})
        for n, one in enumerate(statuses)
    ]
    return [post.event for post in posts_of([(item, OWNER) for item in items], ARRIVAL)]


def words(event: Event) -> list[str]:
    items = [*event.data.get("earlier", []), event.data["status"]]
    return [item["status"] for item in items]


def test_those_of_one_message_are_one_event_in_their_order() -> None:
    made = events(
        status("a", "sent"), status("b", "sent"), status("a", "delivered"), status("a", "read")
    )
    assert [words(event) for event in made] == [["sent", "delivered", "read"], ["sent"]]
    assert made[0].time == moment()


def test_the_event_of_one_alone_is_what_it_was() -> None:
    [alone] = events(status("a", "sent"))
    assert "earlier" not in alone.data


def test_a_redelivered_body_makes_the_same_events() -> None:
    body = [status("a", "sent"), status("a", "read")]
    assert [one.id for one in events(*body)] == [one.id for one in events(*body)]


def test_those_without_an_id_are_not_of_one_message() -> None:
    assert len(events(status(None, "sent"), status(None, "read"))) == 2


def test_a_flood_is_cut_into_hundreds() -> None:
    made = events(*(status("a", "sent", timestamp=str(number)) for number in range(1, 251)))
    assert [len(words(event)) for event in made] == [100, 100, 50]


def test_what_a_body_repeats_is_one_event() -> None:
    assert len(events(*(status(None, "sent") for _ in range(250)))) == 1


def test_one_that_no_event_can_hold_spoils_no_other() -> None:
    made = events(status("a", "sent"), status("a", "read", odd="\ud800"))
    assert [words(event) for event in made] == [["sent"], ["read"]]
    assert made[0].encode()
    try:
        made[1].encode()
    except BadInput:
        return
    raise AssertionError("half a surrogate pair is no JSON")
