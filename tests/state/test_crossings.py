"""A send of unknown fate, its resend, and a status of the first that comes at any moment."""

import pytest

from shared.services.callback import callback_data
from shared.services.state import Claim
from tests.state.desk import Desk, accepted, refused, unknown


def resend(desk: Desk) -> tuple[Claim, str]:
    """The claim of a resend that is under way, and the mark that both sends carry."""
    first = desk.claim()
    desk.complete(first, unknown(1))
    desk.grow_old(301)
    again = desk.claim()
    assert again.outcome == "claimed"
    return again, callback_data(again.tracking_id, 1)


def kinds(desk: Desk) -> list[str]:
    return [row["kind"] for row in desk.rows("select kind from message_events order by kind")]


def test_a_status_that_comes_while_it_is_sent_again_and_the_answer_agree(desk: Desk) -> None:
    again, mark = resend(desk)
    assert desk.status("wamid.1", "delivered", tracking_id=mark).known
    desk.complete(again, accepted(1, "wamid.2"))
    assert desk.status("wamid.2", "read", tracking_id=mark).status == "read"
    assert desk.claim().outcome == "duplicate"
    found = desk.message("m")
    assert (found.state, found.parts[0].outcome) == ("done", "accepted")
    assert {"unknown", "delivered", "read"} <= set(kinds(desk))


@pytest.mark.parametrize("fate", ["refused", "unknown"])
def test_nor_does_an_answer_take_back_what_a_status_has_proven(desk: Desk, fate: str) -> None:
    again, mark = resend(desk)
    desk.status("wamid.1", "delivered", tracking_id=mark)
    desk.complete(again, refused(1) if fate == "refused" else unknown(1))
    found = desk.message("m")
    assert (found.state, found.parts[0].status) == ("done", "delivered")
    assert desk.claim().outcome == "duplicate"


def test_when_the_one_who_sends_again_dies_a_status_saves_a_third_send(desk: Desk) -> None:
    _, mark = resend(desk)
    desk.status("wamid.1", "sent", tracking_id=mark)
    desk.let_lease_end()
    third = desk.claim()
    assert [part.outcome for part in third.parts] == ["accepted"]


def test_a_status_after_the_waiting_time_but_before_the_resend_saves_it(desk: Desk) -> None:
    first = desk.claim()
    desk.complete(first, unknown(1))
    desk.grow_old(301)
    desk.status("wamid.1", "sent", tracking_id=callback_data(first.tracking_id, 1))
    assert desk.claim().outcome == "duplicate"


def test_a_status_after_it_was_given_up_is_kept_as_a_fact_and_sends_nothing(desk: Desk) -> None:
    again, mark = resend(desk)
    desk.complete(again, refused(1))
    assert desk.confirm("Failed")
    late = desk.status("wamid.1", "delivered", tracking_id=mark)
    assert (late.known, late.status, late.receipt) == (True, "delivered", None)
    assert desk.claim().outcome == "duplicate"
    assert {"delivered", "refused", "receipt"} <= set(kinds(desk))
