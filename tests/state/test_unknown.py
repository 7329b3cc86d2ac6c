"""A send that may have arrived is not repeated before a status or a waiting time has decided."""

import asyncio

import pytest

from shared.services.callback import callback_data
from shared.services.state import Claim
from tests.state.desk import Desk, accepted, refused, unknown


def lost(desk: Desk, *, final: bool = True) -> Claim:
    """A message whose one send is of unknown fate."""
    claim = desk.claim()
    desk.complete(claim, unknown(1), final=final)
    return claim


def test_it_is_not_claimed_again(desk: Desk) -> None:
    lost(desk)
    again = desk.claim()
    assert (again.outcome, again.attempt_id) == ("unknown", None)
    assert again.unknown_since is not None
    assert again.retry_after is not None
    assert 0 < again.retry_after <= 30


@pytest.mark.parametrize(("seconds", "least", "most"), [(0, 1, 4), (8, 4, 12), (200, 30, 30)])
def test_the_longer_no_status_tells_the_less_often_it_is_asked(
    desk: Desk, seconds: int, least: float, most: float
) -> None:
    lost(desk)
    desk.grow_old(seconds)
    assert least <= (desk.claim().retry_after or 0) <= most


def test_a_status_that_carries_our_callback_data_settles_it(desk: Desk) -> None:
    claim = lost(desk)
    advanced = desk.status("wamid.1", "sent", tracking_id=callback_data(claim.tracking_id, 1))
    assert (advanced.known, advanced.source_id, advanced.status) == (True, "m", "sent")
    assert advanced.event_id == desk.request("m").event_id, "it is what waits to learn its fate"
    assert desk.claim().outcome == "duplicate"
    found = desk.message("wamid.1")
    assert (found.state, found.parts[0].outcome, found.parts[0].target_id) == (
        "done",
        "accepted",
        "wamid.1",
    )


def test_later_statuses_find_it_by_the_id_that_the_first_one_told(desk: Desk) -> None:
    claim = lost(desk)
    desk.status("wamid.1", "sent", tracking_id=callback_data(claim.tracking_id, 1))
    assert desk.status("wamid.1", "delivered").status == "delivered"


def test_when_parts_are_left_the_settled_message_is_free_for_them(desk: Desk) -> None:
    claim = lost(desk, final=False)
    assert desk.claim().outcome == "unknown"
    desk.status("wamid.1", "sent", tracking_id=callback_data(claim.tracking_id, 1))
    second = desk.claim()
    assert second.outcome == "claimed"
    assert [(p.part, p.outcome) for p in second.parts] == [(1, "accepted")]


def test_every_unknown_part_must_be_settled(desk: Desk) -> None:
    claim = desk.claim()
    desk.complete(claim, unknown(1), unknown(2))
    desk.status("wamid.1", "sent", tracking_id=callback_data(claim.tracking_id, 1))
    assert desk.claim().outcome == "unknown"
    desk.status("wamid.2", "sent", tracking_id=callback_data(claim.tracking_id, 2))
    assert desk.claim().outcome == "duplicate"


def test_a_settled_message_with_a_refused_part_is_refused(desk: Desk) -> None:
    claim = desk.claim()
    desk.complete(claim, unknown(1), refused(2))
    desk.status("wamid.1", "sent", tracking_id=callback_data(claim.tracking_id, 1))
    assert desk.message("m").state == "refused"


def test_after_the_waiting_time_it_may_be_sent_again(desk: Desk) -> None:
    lost(desk)
    desk.grow_old(299)
    assert desk.claim().outcome == "unknown"
    desk.grow_old(2)
    again = desk.claim()
    assert (again.outcome, again.attempts) == ("claimed", 2)
    assert [p.outcome for p in again.parts] == ["unknown"]
    desk.complete(again, accepted(1, "wamid.2"))
    assert desk.message("m").state == "done"


def test_a_caller_whose_repeats_are_harmless_need_not_wait(desk: Desk) -> None:
    lost(desk)
    assert desk.claim(resend_unknown_after=0).outcome == "claimed"


def test_a_late_status_of_the_first_send_does_not_take_the_second_one_s_id(desk: Desk) -> None:
    claim = lost(desk)
    again = desk.claim(resend_unknown_after=0)
    desk.complete(again, accepted(1, "wamid.2"))
    late = desk.status("wamid.1", "delivered", tracking_id=callback_data(claim.tracking_id, 1))
    assert (late.known, late.status) == (True, "delivered")
    assert desk.message("m").parts[0].target_id == "wamid.2"


def died(desk: Desk) -> Claim:
    """A message whose sender died with a send in flight, and whose lease has ended."""
    claim = desk.claim()
    desk.let_lease_end()
    return claim


def test_a_lease_that_ended_leaves_a_send_of_unknown_fate(desk: Desk) -> None:
    died(desk)
    again = desk.claim()
    assert (again.outcome, again.unknown_since is not None) == ("unknown", True)
    desk.grow_old(301)
    assert desk.claim().outcome == "claimed"


def test_a_status_that_came_before_the_lease_ended_settles_it(desk: Desk) -> None:
    claim = desk.claim()
    desk.status("wamid.1", "delivered", tracking_id=callback_data(claim.tracking_id, 1))
    desk.status("wamid.2", "delivered", tracking_id=callback_data(claim.tracking_id, 2))
    desk.let_lease_end()
    second = desk.claim()
    assert second.outcome == "claimed"
    assert [(p.part, p.outcome, p.target_id) for p in second.parts] == [
        (1, "accepted", "wamid.1"),
        (2, "accepted", "wamid.2"),
    ]


def test_a_status_that_comes_after_it_settles_it_too(desk: Desk) -> None:
    claim = died(desk)
    assert desk.claim().outcome == "unknown"
    desk.status("wamid.1", "sent", tracking_id=callback_data(claim.tracking_id, 1))
    second = desk.claim()
    assert second.outcome == "claimed"
    assert [(p.part, p.outcome) for p in second.parts] == [(1, "accepted")]


def test_a_status_of_an_earlier_part_says_nothing_of_the_send_in_flight(desk: Desk) -> None:
    claim = desk.claim()
    desk.complete(claim, accepted(1, "wamid.1"), final=False)
    desk.status("wamid.1", "delivered")
    desk.let_lease_end()
    assert desk.claim().outcome == "unknown"
    desk.status("wamid.1", "read")
    assert desk.claim().outcome == "unknown"
    desk.status("wamid.2", "sent", tracking_id=callback_data(claim.tracking_id, 2))
    assert desk.claim().outcome == "claimed"


def test_a_proof_of_one_send_says_nothing_of_the_next(desk: Desk) -> None:
    claim = desk.claim()
    desk.status("wamid.1", "sent", tracking_id=callback_data(claim.tracking_id, 1))
    desk.complete(claim, accepted(1, "wamid.1"), final=False)
    desk.let_lease_end()
    assert desk.claim().outcome == "unknown"


def test_who_is_late_but_alive_still_tells_the_fate(desk: Desk) -> None:
    claim = died(desk)
    assert desk.claim().outcome == "unknown"
    desk.complete(claim, accepted(1, "wamid.1"))
    assert desk.claim().outcome == "duplicate"


def test_who_is_late_but_alive_can_still_give_back(desk: Desk) -> None:
    claim = died(desk)
    assert desk.claim().outcome == "unknown"
    assert desk.release(claim)
    assert desk.claim().outcome == "claimed"


def test_what_is_unknown_by_its_holder_can_not_be_given_back(desk: Desk) -> None:
    assert not desk.release(lost(desk))
    assert desk.claim().outcome == "unknown"


def test_an_unknown_that_a_status_has_settled_meanwhile_stays_accepted(desk: Desk) -> None:
    claim = desk.claim()
    desk.status("wamid.1", "sent", tracking_id=callback_data(claim.tracking_id, 1))
    desk.complete(claim, unknown(1))
    assert desk.claim().outcome == "duplicate"


def test_an_answer_and_a_status_that_race_never_miss_each_other(desk: Desk) -> None:
    """The status waits for its message, or finds it: it is never lost between the two."""

    async def race(number: int) -> None:
        request = desk.request(f"m{number}")
        claim = await desk.state.claim(request)
        completed = desk.completion(request, accepted(1, f"wamid.{number}"))
        assert claim["outcome"] == "claimed"
        update = desk.update("delivered")
        await asyncio.gather(
            desk.state.advance(f"wamid.{number}", update), desk.state.complete(completed)
        )

    async def races() -> None:
        await asyncio.gather(*(race(number) for number in range(150)))

    desk.runner.run(races())
    found = desk.rows("select status::text, count(*) as n from message_tracking group by 1")
    assert found == [{"status": "delivered", "n": 150}]
    assert desk.rows("select * from waiting_statuses") == []
