"""One message, its parts in order, each once: before the real state function."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from shared.messaging.outcomes import SendError, SendOutcome, held_back
from shared.runtime.errors import BadInput, Busy, Limited, Unavailable
from shared.services.callback import callback_data
from shared.services.once import Delivery, Plan
from shared.transforms.parts import Part
from tests.services.office import LOST, NEVER, REFUSED, WAIT, Courier, Office, parts_of, taken

HARMLESS: dict[str, Any] = {"direction": "inbound", "resend_unknown_after": 0}


def test_one_part_is_delivered_once(office: Office) -> None:
    courier = Courier()
    assert office.deliver(courier) == Delivery("delivered", 1)
    assert office.deliver(courier) == Delivery("duplicate")
    assert courier.sent == [1]
    found = office.message("m")
    assert (found.state, found.parts[0].target_id) == ("done", "wamid.1")


def test_ten_at_once_send_once(office: Office) -> None:
    courier = Courier()

    async def crowd() -> list[Delivery | BaseException]:
        tries = (office.delivering(courier) for _ in range(10))
        return list(await asyncio.gather(*tries, return_exceptions=True))

    fates = Counter(
        one.fate if isinstance(one, Delivery) else type(one).__name__
        for one in office.runner.run(crowd())
    )
    assert courier.sent == [1]
    assert fates["delivered"] == 1
    assert set(fates) <= {"delivered", "duplicate", "Busy"}


def test_who_is_told_to_wait_is_told_how_long(office: Office) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> SendOutcome:
        started.set()
        await go_on.wait()
        return taken("wamid.1")

    async def two() -> float | None:
        first = asyncio.create_task(office.delivering(Courier(slow)))
        await started.wait()
        with pytest.raises(Busy, match="in work elsewhere") as busy:
            await office.delivering(Courier())
        go_on.set()
        await first
        return busy.value.retry_after

    assert 0 < (office.runner.run(two()) or 0) <= 2


def test_it_goes_on_after_the_part_that_was_not_taken(office: Office) -> None:
    first = Courier(taken("a"), taken("b"), WAIT)
    with pytest.raises(Unavailable) as later:
        office.deliver(first, 4)
    assert (type(later.value), later.value.retry_after) == (Unavailable, 7)
    again = Courier(taken("c"), taken("d"))
    assert office.deliver(again, 4) == Delivery("delivered", 2)
    assert (first.sent, again.sent) == ([1, 2, 3], [3, 4])
    assert [part.target_id for part in office.message("m").parts] == ["a", "b", "c", "d"]


def test_what_is_over_a_limit_is_told_as_that(office: Office) -> None:
    held = SendOutcome.refused(held_back("pair", 12.5))
    with pytest.raises(Limited, match="not taken yet") as later:
        office.deliver(Courier(held))
    assert (later.value.status, later.value.retry_after) == (429, 12.5)
    assert office.deliver(Courier()).fate == "delivered"


def test_a_refusal_for_now_frees_the_claim_at_once(office: Office) -> None:
    for attempt in range(1, 4):
        with pytest.raises(Unavailable, match="not taken yet"):
            office.deliver(Courier(WAIT))
        [row] = office.rows("select state, attempt_id, attempts from message_tracking")
        assert row == {"state": "claimed", "attempt_id": None, "attempts": attempt}
    assert office.deliver(Courier()).fate == "delivered"


def test_a_refusal_for_good_is_kept_with_its_words_and_owes_a_receipt(office: Office) -> None:
    delivery = office.deliver(Courier(taken("a"), REFUSED), 3)
    assert (delivery.fate, delivery.parts, delivery.error) == ("refused", 2, NEVER)
    assert delivery.receipt is not None
    assert (delivery.receipt.status, delivery.receipt.error) == (
        "Failed",
        {
            "provider_code": "131026",
            "title": "Undeliverable",
            "detail": "",
            "reason": "InvalidDestination",
            "agent_words": "This number is not on WhatsApp.",
        },
    )
    again = office.deliver(Courier(), 3)
    assert (again.fate, again.receipt) == ("duplicate", delivery.receipt)
    office.confirm("Failed")
    assert office.deliver(Courier(), 3).receipt is None


def test_the_last_try_refuses_what_could_be_tried_again(office: Office) -> None:
    delivery = office.deliver(Courier(WAIT), last_try=True)
    assert delivery.fate == "refused"
    assert delivery.receipt is not None


def test_a_code_that_allows_two_tries_is_final_at_the_second(office: Office) -> None:
    assert WAIT.error is not None
    twice = SendOutcome.refused(WAIT.error.model_copy(update={"max_attempts": 2}))
    with pytest.raises(Unavailable):
        office.deliver(Courier(twice))
    assert office.deliver(Courier(twice)).fate == "refused"


def test_a_lost_answer_is_not_repeated_until_a_status_tells(office: Office) -> None:
    with pytest.raises(Unavailable, match="not known whether it arrived"):
        office.deliver(Courier(LOST))
    idle = Courier()
    with pytest.raises(Busy, match="not settled"):
        office.deliver(idle)
    tracking_id = callback_data(office.message("m").tracking_id, 1)
    office.status("wamid.x", "delivered", tracking_id=tracking_id)
    delivery = office.deliver(idle)
    assert (idle.sent, delivery.fate) == ([], "delivered")
    assert delivery.receipt is not None
    assert delivery.receipt.status == "Delivered"
    assert office.deliver(idle).fate == "duplicate"


def test_a_lost_answer_is_repeated_after_the_waiting_time(office: Office) -> None:
    with pytest.raises(Unavailable):
        office.deliver(Courier(LOST))
    office.grow_old(299)
    with pytest.raises(Busy) as busy:
        office.deliver(Courier())
    assert 0 < (busy.value.retry_after or 0) <= 1
    office.grow_old(1)
    assert office.deliver(Courier()).fate == "delivered"


def test_the_last_try_does_not_repeat_a_lost_answer_but_tells(office: Office) -> None:
    with pytest.raises(Unavailable):
        office.deliver(Courier(taken("a"), LOST), 3, last_try=True)
    idle = Courier()
    with pytest.raises(Busy):  # a status may still come
        office.deliver(idle, 3, last_try=True)
    office.grow_old(301)
    delivery = office.deliver(idle, 3, last_try=True)
    assert (delivery.fate, delivery.parts, idle.sent) == ("refused", 2, [])
    assert delivery.receipt is not None
    assert "not certain" in str(delivery.receipt.error)
    assert office.deliver(idle, 3).fate == "duplicate"


def test_nor_does_it_wait_for_ever_where_nothing_is_ever_repeated(office: Office) -> None:
    """RESEND_UNKNOWN_SECONDS below zero, as far as the claim is concerned."""
    never = {"resend_unknown_after": 10.0**9}
    crash(office, 2, taken("a"), **never)
    idle = Courier()
    for last_try in (False, True):
        with pytest.raises(Busy):
            office.deliver(idle, 2, last_try=last_try, **never)
    office.grow_old(301)
    with pytest.raises(Busy):
        office.deliver(idle, 2, **never)
    delivery = office.deliver(idle, 2, last_try=True, **never)
    assert (delivery.fate, delivery.parts, idle.sent) == ("refused", 2, [])
    assert office.message("m").state == "refused"


def test_a_lost_part_holds_those_behind_it(office: Office) -> None:
    with pytest.raises(Unavailable):
        office.deliver(Courier(taken("a"), LOST), 3)
    office.status("a", "delivered")
    with pytest.raises(Busy):
        office.deliver(Courier(), 3)
    tracking_id = callback_data(office.message("m").tracking_id, 2)
    office.status("b", "sent", tracking_id=tracking_id)
    last = Courier(taken("c"))
    assert office.deliver(last, 3).fate == "delivered"
    assert last.sent == [3]


def test_where_a_repeat_is_harmless_it_comes_at_once(office: Office) -> None:
    with pytest.raises(Unavailable):
        office.deliver(Courier(LOST), **HARMLESS)
    assert office.deliver(Courier(), **HARMLESS).fate == "delivered"


def crash(office: Office, parts: int = 1, *before: SendOutcome, **changes: Any) -> None:
    """Its sender dies with a send in flight, and the lease ends."""
    flying = asyncio.Event()

    async def fly() -> SendOutcome:
        flying.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def die() -> None:
        task = asyncio.create_task(office.delivering(Courier(*before, fly), parts, **changes))
        await flying.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    office.runner.run(die())
    office.let_lease_end()


def test_after_a_crash_nothing_is_sent_to_the_customer_again_unasked(office: Office) -> None:
    crash(office)
    idle = Courier()
    with pytest.raises(Busy, match="not settled"):
        office.deliver(idle)
    office.grow_old(301)
    assert office.deliver(idle).fate == "delivered"


def test_after_a_crash_a_status_decides(office: Office) -> None:
    crash(office, 2, taken("a"))
    idle = Courier()
    with pytest.raises(Busy):
        office.deliver(idle, 2)
    tracking_id = callback_data(office.message("m").tracking_id, 2)
    office.status("b", "sent", tracking_id=tracking_id)
    assert office.deliver(idle, 2).fate == "delivered"
    assert idle.sent == []
    assert office.message("m").state == "done"


def test_after_a_crash_the_agent_is_sent_it_again_at_once(office: Office) -> None:
    """Genesys takes a repeat with the same id and time."""
    crash(office, 2, taken("a"), **HARMLESS)
    again = Courier()
    assert office.deliver(again, 2, **HARMLESS).fate == "delivered"
    assert again.sent == [2]


def test_a_refused_message_of_a_customer_may_be_replayed(office: Office) -> None:
    assert office.deliver(Courier(taken("a"), REFUSED), 2, **HARMLESS).fate == "refused"
    again = Courier()
    assert office.deliver(again, 2, **HARMLESS).fate == "delivered"
    assert again.sent == [2]


def test_who_is_replaced_while_sending_does_not_say_delivered(office: Office) -> None:
    async def too_slow() -> SendOutcome:
        await office.overtake("m")
        return taken("wamid.late")

    with pytest.raises(Busy, match="taken over"):
        office.deliver(Courier(too_slow))


def test_a_message_that_can_not_be_built_leaves_its_claim_free(office: Office) -> None:
    for _ in range(2):
        with pytest.raises(BadInput, match="no sense"):
            office.refuse_to_build(BadInput("no sense"), office.request("m"))
    assert office.deliver(Courier()).fate == "delivered"


def test_a_message_of_no_parts_is_done(office: Office) -> None:
    assert office.deliver(Courier(), 0) == Delivery("delivered", 0)
    assert office.deliver(Courier(), 0).fate == "duplicate"


def test_what_can_not_be_sent_is_told_after_all_that_can(office: Office) -> None:
    courier = Courier(taken("a"), taken("b"))
    delivery = office.deliver(courier, 2, lost=NEVER)
    assert (delivery.fate, delivery.parts, delivery.error) == ("partly", 2, NEVER)
    assert courier.sent == [1, 2]
    assert delivery.receipt is not None
    assert (delivery.receipt.status, (delivery.receipt.error or {})["provider_code"]) == (
        "Failed",
        "131026",
    )
    fates = [(part.outcome, part.target_id) for part in office.message("m").parts]
    assert fates == [("accepted", "a"), ("accepted", "b"), ("refused", None)]
    office.status("a", "delivered")
    office.confirm("Failed")
    assert office.status("b", "delivered").receipt is None
    assert office.deliver(Courier(), 2, lost=NEVER) == Delivery("duplicate")


def test_a_message_of_which_nothing_can_be_sent_is_refused(office: Office) -> None:
    delivery = office.deliver(Courier(), 0, lost=NEVER)
    assert (delivery.fate, delivery.parts, delivery.error) == ("refused", 0, NEVER)
    assert delivery.receipt is not None
    assert office.message("m").state == "refused"


def test_what_is_lost_is_told_also_after_a_part_that_had_to_wait(office: Office) -> None:
    with pytest.raises(Unavailable):
        office.deliver(Courier(taken("a"), WAIT), 2, lost=NEVER)
    assert office.message("m").state == "claimed"
    again = Courier(taken("b"))
    delivery = office.deliver(again, 2, lost=NEVER)
    assert (again.sent, delivery.fate, delivery.receipt is not None) == ([2], "partly", True)


def test_a_refused_part_is_replaced_with_all_behind_it(office: Office) -> None:
    async def other(part: Part, error: SendError) -> Plan:
        assert (part.number, error) == (2, NEVER)
        return Plan(parts_of("other", 3))

    courier = Courier(taken("a"), REFUSED, taken("b"), taken("c"))
    assert office.deliver(courier, 2, mend=other) == Delivery("delivered", 3)
    assert courier.sent == [1, 2, 2, 3]
    assert [body["of"] for body in courier.bodies] == ["m", "m", "other", "other"]
    assert [part.target_id for part in office.message("m").parts] == ["a", "b", "c"]


def test_what_is_sent_in_its_place_may_be_less(office: Office) -> None:
    async def nothing_more(_: Part, error: SendError) -> Plan:
        return Plan(lost=error)

    courier = Courier(taken("a"), REFUSED)
    delivery = office.deliver(courier, 3, mend=nothing_more)
    assert (delivery.fate, delivery.parts, courier.sent) == ("partly", 1, [1, 2])
    assert delivery.receipt is not None
    assert office.message("m").state == "refused"


def test_where_nothing_can_be_sent_in_its_place_it_is_refused(office: Office) -> None:
    async def no(_part: Part, _error: SendError) -> None:
        return None

    assert office.deliver(Courier(REFUSED), 2, mend=no).fate == "refused"


def test_a_claim_is_free_when_nothing_could_be_made_in_its_place(office: Office) -> None:
    async def not_now(_part: Part, _error: SendError) -> None:
        raise Unavailable("its file is not there yet")

    with pytest.raises(Unavailable, match="not there yet"):
        office.deliver(Courier(REFUSED), mend=not_now)
    assert office.deliver(Courier()).fate == "delivered"


def test_a_lost_answer_is_not_mended(office: Office) -> None:
    async def other(_part: Part, _error: SendError) -> Plan:
        raise AssertionError

    with pytest.raises(Unavailable, match="not known whether it arrived"):
        office.deliver(Courier(LOST), mend=other)


def test_a_claim_is_kept_while_its_parts_are_made(office: Office) -> None:
    assert office.deliver_keeping(left=5) > 50
