"""Genesys is owed one final receipt for each of its messages, until it has taken it."""

from typing import Any

import pytest

from shared.genesys.build import open_address
from shared.services.callback import callback_data
from shared.services.state import ReceiptDue
from tests.state.desk import NOON, Desk, accepted, refused, unknown


def test_a_delivered_message_owes_delivered(desk: Desk) -> None:
    desk.sent("wamid.1")
    assert desk.status("wamid.1", "sent").receipt is None
    due = desk.status("wamid.1", "delivered").receipt
    assert due is not None
    assert (due.status, due.source_id, due.customer, due.error) == (
        "Delivered",
        "m",
        "491701",
        None,
    )
    assert due.occurred_at.isoformat()[:19] == NOON[:19]


def test_a_read_without_delivered_owes_delivered(desk: Desk) -> None:
    desk.sent("wamid.1")
    due = desk.status("wamid.1", "read").receipt
    assert due is not None
    assert due.status == "Delivered"


def test_a_failed_message_owes_failed_with_its_error(desk: Desk) -> None:
    desk.sent("wamid.1")
    due = desk.status("wamid.1", "failed", error={"provider_code": "131047"}).receipt
    assert due is not None
    assert (due.status, due.error) == ("Failed", {"provider_code": "131047"})


def test_a_refused_message_owes_failed_at_once(desk: Desk) -> None:
    due = desk.complete(desk.claim(), accepted(1, "wamid.1"), refused(2)).receipt
    assert due is not None
    assert (due.status, due.error) == ("Failed", {"provider_code": "131026"})


def test_what_will_be_tried_again_owes_nothing(desk: Desk) -> None:
    claim = desk.claim()
    assert desk.complete(claim, refused(1), final=False).receipt is None
    desk.release(claim)
    assert desk.complete(desk.claim(), accepted(1, "wamid.1")).receipt is None


def test_it_is_owed_until_confirmed_and_then_never_again(desk: Desk) -> None:
    desk.sent("wamid.1")
    for _ in range(3):
        assert desk.status("wamid.1", "delivered").receipt is not None
    assert desk.confirm("Delivered")
    assert desk.status("wamid.1", "delivered").receipt is None
    assert desk.status("wamid.1", "read").receipt is None
    assert not desk.confirm("Delivered")
    found = desk.message("m")
    assert found.receipt_status == "Delivered"


def test_two_statuses_at_once_do_not_both_get_to_send_it(desk: Desk) -> None:
    desk.sent("wamid.1")
    assert desk.status("wamid.1", "delivered").receipt is not None
    assert desk.status("wamid.1", "read").receipt is None


def test_another_status_takes_over_from_one_that_was_given_up(desk: Desk) -> None:
    desk.sent("wamid.1")
    desk.status("wamid.1", "delivered")
    desk.grow_old(31)
    assert desk.status("wamid.1", "read").receipt is not None


def test_delivered_needs_every_part(desk: Desk) -> None:
    desk.complete(desk.claim(), accepted(1, "wamid.1"), accepted(2, "wamid.2"))
    assert desk.status("wamid.1", "delivered").receipt is None
    assert desk.status("wamid.2", "delivered").receipt is not None


def test_delivered_waits_for_parts_that_are_still_to_be_sent(desk: Desk) -> None:
    claim = desk.claim()
    desk.complete(claim, accepted(1, "wamid.1"), final=False)
    assert desk.status("wamid.1", "delivered").receipt is None
    desk.complete(claim, accepted(2, "wamid.2"))
    assert desk.status("wamid.2", "delivered").receipt is not None


def test_failed_needs_one_part(desk: Desk) -> None:
    desk.complete(desk.claim(), accepted(1, "wamid.1"), accepted(2, "wamid.2"))
    desk.status("wamid.1", "delivered")
    due = desk.status("wamid.2", "failed").receipt
    assert due is not None
    assert due.status == "Failed"


def test_a_part_that_arrived_after_all_mends_an_unsent_failed(desk: Desk) -> None:
    desk.sent("wamid.1")
    desk.status("wamid.1", "failed")
    desk.grow_old(31)
    due = desk.status("wamid.1", "delivered").receipt
    assert due is not None
    assert due.status == "Delivered"


def test_statuses_that_waited_make_completion_owe_it(desk: Desk) -> None:
    claim = desk.claim()
    desk.status("wamid.1", "delivered")
    due = desk.complete(claim, accepted(1, "wamid.1")).receipt
    assert due is not None
    assert due.status == "Delivered"


def test_a_sender_that_died_with_the_receipt_in_hand_gets_it_again(desk: Desk) -> None:
    desk.complete(desk.claim(), refused(1))
    again = desk.claim()
    assert again.outcome == "duplicate"
    assert again.receipt is not None
    desk.confirm("Failed")
    assert desk.claim().receipt is None


def test_an_unknown_part_owes_nothing_until_it_is_settled(desk: Desk) -> None:
    claim = desk.claim()
    assert desk.complete(claim, unknown(1)).receipt is None
    tracking_id = callback_data(claim.tracking_id, 1)
    assert desk.status("wamid.1", "delivered", tracking_id=tracking_id).receipt is not None


def test_a_receipt_of_an_unknown_message_is_not_confirmed(desk: Desk) -> None:
    assert not desk.confirm("Delivered", "never-seen")


def owed(desk: Desk, customer: str, **changes: Any) -> ReceiptDue:
    """The receipt of a message to this address that was refused."""
    due = desk.complete(desk.write_to(customer, "m", **changes), refused(1)).receipt
    assert due is not None
    return due


def test_it_goes_to_the_address_that_was_named(desk: Desk) -> None:
    to = {"id": "+49 1701", "idType": "Phone"}
    assert owed(desk, "491701", receipt_to=to).to == to
    again = desk.write_to("491701", "m").receipt
    assert (again and again.to) == to


def test_an_ordinary_message_keeps_no_address_of_its_own(desk: Desk) -> None:
    desk.talk("m1", "491701", None)
    assert owed(desk, "491701").to is None
    assert desk.rows("select 1 as x from message_tracking where receipt_to is not null") == []


def test_a_name_that_became_another_s_is_the_one_that_genesys_knows(desk: Desk) -> None:
    desk.talk("n", "491701", None)
    desk.talk("b", None, "DE.1")
    assert desk.hear("both", "491701", "DE.1").customer == "DE.1"
    due = owed(desk, "491701")
    assert (due.customer, due.to) == ("DE.1", open_address("491701"))


def test_another_spelling_is_the_one_that_genesys_knows(desk: Desk) -> None:
    desk.talk("m1", "5511987654321", None)
    due = owed(desk, "551187654321")
    assert (due.customer, due.to) == ("5511987654321", open_address("551187654321"))


@pytest.mark.parametrize("customer", ["491701", "DE.1", "call me maybe", "+491701", "12a", "٣"])
def test_the_address_of_a_name_is_the_same_in_sql(desk: Desk, customer: str) -> None:
    [row] = desk.rows("select receipt_address(:customer) as address", customer=customer)
    assert row["address"] == open_address(customer)
