"""What went past us: echoes of what the business wrote elsewhere, and an imported history."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.services.callback import callback_data
from tests.moments import told_at
from tests.state.desk import NOON, Desk, accepted

W = "wamid.echo"


def shown(desk: Desk, conversation_id: str) -> list[tuple[str, str, Any]]:
    """The history of a conversation, newest first."""
    messages = desk.history(conversation_id).messages
    return [(one.source_id, one.direction, one.status) for one in messages]


def in_a_minute() -> str:
    return (datetime.now(UTC) + timedelta(minutes=1)).isoformat()


def test_an_echo_is_history_of_the_conversation_that_goes_on(desk: Desk) -> None:
    desk.talk("m1", "491701", None)
    assert desk.record({"source_id": W, "occurred_at": in_a_minute()}) == (1, 0)
    assert shown(desk, "conv-m1") == [(W, "outbound", "accepted"), ("m1", "inbound", "accepted")]
    assert desk.history("conv-m1").messages[0].content == {"text": "from the phone"}
    assert desk.message(W).state == "recorded"


def test_what_is_older_than_the_conversation_is_not_of_it(desk: Desk) -> None:
    desk.talk("m1", "491701", None)
    desk.record({"source_id": W, "occurred_at": told_at(hours=-24 * 300)})
    assert [one[0] for one in shown(desk, "conv-m1")] == ["m1"]
    assert desk.message(W).customer == "491701"


def test_an_echo_that_came_twice_is_one(desk: Desk) -> None:
    assert desk.record({"source_id": W}, {"source_id": W}) == (1, 1)
    assert desk.record({"source_id": W}, {"source_id": "wamid.2"}) == (1, 1)
    events = desk.rows("select count(*) as n from message_events where kind = 'message'")
    assert events == [{"n": 2}]


def test_many_at_once_are_all_kept(desk: Desk) -> None:
    many = [
        {"source_id": f"w{n}", "customer": f"49170{n % 40}", "wa_id": f"49170{n % 40}"}
        for n in range(450)
    ]
    assert desk.record(*many) == (450, 0)
    assert desk.record(*many) == (0, 450)
    assert desk.rows("select count(*) as n from customers") == [{"n": 40}]


def test_an_echo_of_what_we_sent_is_known(desk: Desk) -> None:
    desk.sent(W)
    assert desk.record({"source_id": W}) == (0, 1)
    assert desk.message(W).source_id == "m"


def test_an_echo_that_came_before_our_own_answer_becomes_one_with_it(desk: Desk) -> None:
    desk.talk("m1", "491701", None)
    claim = desk.write_to("491701", "m")
    desk.record({"source_id": W, "occurred_at": in_a_minute()})
    assert desk.status(W, "delivered").receipt is None
    completed = desk.complete(claim, accepted(1, W))
    assert completed.receipt is not None
    assert completed.receipt.status == "Delivered"
    assert (desk.message(W).source_id, desk.message(W).parts[0].status) == ("m", "delivered")
    assert shown(desk, "conv-m1") == [
        ("m", "outbound", "delivered"),
        ("m1", "inbound", "accepted"),
    ]
    assert desk.status(W, "read").source_id == "m"
    assert desk.record({"source_id": W}) == (0, 1)


def test_a_status_moves_an_echo_on_and_owes_no_receipt(desk: Desk) -> None:
    desk.record({"source_id": W})
    for status in ("delivered", "read", "sent"):
        advanced = desk.status(W, status)
        assert (advanced.known, advanced.receipt) == (True, None)
    assert desk.message(W).parts[0].status == "read"
    assert desk.status(W, "failed").receipt is None


def test_a_status_that_came_before_its_echo_waits_for_it(desk: Desk) -> None:
    assert not desk.status(W, "delivered").known
    desk.record({"source_id": W})
    assert desk.message(W).parts[0].status == "delivered"
    assert desk.rows("select * from waiting_statuses") == []


def test_a_status_that_history_tells_is_kept(desk: Desk) -> None:
    desk.record({"source_id": W, "status": "read"})
    part = desk.message(W).parts[0]
    assert (part.status, part.read_at, part.delivered_at) == (
        "read",
        datetime.fromisoformat(NOON),
        None,
    )


def test_nothing_recorded_is_delivered(desk: Desk) -> None:
    desk.record({"source_id": W})
    assert desk.claim(W).outcome == "duplicate"


def test_a_message_that_was_claimed_is_known_to_an_import(desk: Desk) -> None:
    desk.talk("m1", "491701", None)
    assert desk.record({"source_id": "m1", "direction": "inbound"}) == (0, 1)
    assert desk.message("m1").state == "done"


def test_an_imported_message_that_comes_as_a_live_one_is_delivered_once(desk: Desk) -> None:
    """An import tells no agent; a webhook of the same message does, or it would be lost."""
    past = {"customer": "491701", "wa_id": "491701", "direction": "inbound"}
    desk.record({"source_id": "m1"} | past)
    assert desk.message("m1").state == "recorded"
    claim = desk.hear("m1", "491701", "DE.1", raw_ref="raw")
    assert (claim.outcome, claim.attempts, claim.parts) == ("claimed", 1, [])
    assert claim.last_customer_message_id == "m1"
    desk.complete(claim, accepted(1, "g1"), source_id="m1", direction="inbound")
    assert desk.hear("m1", "491701", "DE.1").outcome == "duplicate"
    found = desk.message("g1")
    assert (found.state, found.raw_ref) == ("done", "raw")


def test_people_of_an_import_are_people(desk: Desk) -> None:
    desk.record(
        {"source_id": "w1", "direction": "inbound", "wa_id": "491701", "bsuid": None},
        {"source_id": "w2", "direction": "inbound", "wa_id": "491701", "bsuid": "DE.1"},
        {"source_id": "w3", "customer": "DE.1", "wa_id": None, "bsuid": "DE.1"},
    )
    assert {desk.message(f"w{n}").customer for n in (1, 2, 3)} == {"491701"}
    found = desk.customer("DE.1")
    assert (found.customer, found.wa_id, found.bsuid) == ("491701", "491701", "DE.1")


@pytest.mark.parametrize(("hours", "window"), [(1, "open"), (30, "closed")])
def test_an_imported_message_of_the_last_day_opens_the_window(
    desk: Desk, hours: int, window: str
) -> None:
    at = datetime.now(UTC) - timedelta(hours=hours)
    desk.record({"source_id": "w1", "direction": "inbound", "occurred_at": at.isoformat()})
    found = desk.write_to("491701").last_customer_message_at
    assert (found is None) == (window == "closed")


def an_hour_ago() -> datetime:
    return (datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0)


def called(at: datetime) -> dict[str, Any]:
    """The line of a customer's call."""
    call = {"source_id": "wacid.1", "direction": "inbound", "kind": "call", "wa_id": "491701"}
    return call | {"occurred_at": at.isoformat()}


@pytest.mark.parametrize("conversation_id", ["conv-m1", None])
def test_a_call_opens_the_window_and_is_no_message_to_mark(
    desk: Desk, conversation_id: str | None
) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=30)
    desk.talk("m1", "491701", None, occurred_at=long_ago, conversation_id=conversation_id)
    at = an_hour_ago()
    told = called(at)
    assert [desk.record(told), desk.record(told)] == [(1, 0), (0, 1)]
    claim = desk.write_to("491701")
    assert (claim.last_customer_message_at, claim.last_customer_message_id) == (at, "m1")


def test_who_only_called_has_a_window(desk: Desk) -> None:
    at = an_hour_ago()
    desk.record(called(at))
    claim = desk.write_to("491701")
    assert (claim.last_customer_message_at, claim.last_customer_message_id) == (at, None)


def test_an_echo_does_not_open_the_window(desk: Desk) -> None:
    desk.record({"source_id": W, "occurred_at": datetime.now(UTC).isoformat()})
    assert desk.write_to("491701").last_customer_message_at is None


def test_a_callback_of_ours_still_finds_our_message_beside_an_echo(desk: Desk) -> None:
    claim = desk.claim("m")
    desk.record({"source_id": "wamid.other"})
    tracking = callback_data(claim.tracking_id, 1)
    assert desk.status(W, "sent", tracking_id=tracking).source_id == "m"
