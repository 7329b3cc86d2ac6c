"""State hangs, answers get lost, attempts sleep or die: one message, and no wait for nothing."""

import asyncio
from typing import Any

import pytest

from shared.messaging.outcomes import SendOutcome
from shared.runtime.errors import Busy, Unavailable
from shared.services.callback import callback_data
from shared.services.claiming import claimed
from shared.services.once import Delivery, Holder, Plan, deliver
from shared.services.state import ClaimRequest, StateClient
from shared.services.untold import Untold
from shared.transforms.parts import Part
from tests.services.lossy import Brief, Lossy, Mortal
from tests.services.office import WAIT, Courier, Office, parts_of, taken
from tests.waits import WAIT_S

HARMLESS: dict[str, Any] = {"direction": "inbound", "resend_unknown_after": 0}
STEPS = 10  # claim, and twice send and complete, each before and after


async def delivering(
    state: StateClient, request: ClaimRequest, courier: Courier, parts: int = 1
) -> Delivery:
    async def build(_: Holder) -> Plan:
        return Plan(parts_of("m", parts))

    return await deliver(state, request, build, courier, patience=0)


@pytest.mark.parametrize("frozen", [False, True], ids=["answer lost", "woke later"])
def test_a_claim_that_was_not_answered_is_free_for_the_next_attempt(
    office: Office,
    frozen: bool,  # noqa: FBT001  # parametrized
) -> None:
    state = Lossy(office.client, "claim", frozen=frozen)

    async def hang() -> None:
        with pytest.raises(Unavailable):
            await claimed(state, office.request("m"), patience=0)
        await state.untold.settled()

    office.runner.run(hang())
    assert state.releases == ([False, True] if frozen else [True])
    assert office.deliver(Courier()).fate == "delivered"


def test_an_outcome_that_state_did_not_hear_is_told_and_never_sent_again(office: Office) -> None:
    state, courier = Lossy(office.client, *["complete unheard"] * 3), Courier(taken("wamid.1"))

    async def lose() -> None:
        with pytest.raises(Unavailable):
            await delivering(state, office.request("m"), courier)
        await state.untold.settled()

    office.runner.run(lose())
    assert office.deliver(courier).fate == "duplicate"
    assert courier.sent == [1]
    assert office.message("m").parts[0].target_id == "wamid.1"


def test_a_process_that_ends_tells_it_first(office: Office) -> None:
    state, courier = Lossy(office.client, "complete unheard"), Courier(taken("wamid.1"))

    async def lose_and_end() -> None:
        async with state.untold.told_before_the_end():
            with pytest.raises(Unavailable):
                await delivering(state, office.request("m"), courier)

    office.runner.run(lose_and_end())
    assert office.message("m").state == "done"


def test_a_process_that_ends_does_not_wait_for_ever() -> None:
    async def never() -> bool:
        raise Unavailable("it is away")

    async def end() -> None:
        untold = Untold()
        async with asyncio.timeout(WAIT_S), untold.told_before_the_end(0.1):
            untold.tell(never)

    asyncio.run(end())


def test_after_a_part_whose_outcome_was_told_late_the_next_attempt_goes_on(office: Office) -> None:
    state, courier = Lossy(office.client, "complete unheard"), Courier(taken("a"), taken("b"))

    async def lose() -> None:
        with pytest.raises(Unavailable):
            await delivering(state, office.request("m"), courier, 2)
        await state.untold.settled()

    office.runner.run(lose())
    assert office.deliver(courier, 2).fate == "delivered"
    assert courier.sent == [1, 2]


def test_a_claim_that_could_not_be_given_back_in_time_is_given_back(office: Office) -> None:
    state = Lossy(office.client, "release unheard", "release unheard")

    async def lose() -> None:
        with pytest.raises(Unavailable):
            await delivering(state, office.request("m"), Courier(WAIT))
        await state.untold.settled()

    office.runner.run(lose())
    assert office.deliver(Courier()).fate == "delivered"


def test_a_late_outcome_of_one_who_was_replaced_changes_nothing(office: Office) -> None:
    state = Lossy(office.client, *["complete unheard"] * 2)

    async def slow() -> SendOutcome:
        await office.overtake("m")
        return taken("wamid.old")

    async def lose() -> None:
        with pytest.raises(Unavailable):
            await delivering(state, office.request("m"), Courier(slow))
        await state.untold.settled()

    office.runner.run(lose())
    [row] = office.rows("select state, outcome, target_id from message_tracking")
    assert row == {"state": "claimed", "outcome": None, "target_id": None}


def test_who_slept_until_another_took_over_sends_nothing(office: Office) -> None:
    courier = Courier()

    async def sleep_long(_: Holder) -> Plan:
        await office.overtake("m")
        return Plan(parts_of("m", 1))

    async def sleeper() -> None:
        with pytest.raises(Busy, match="taken over"):
            await deliver(Brief(office.client), office.request("m"), sleep_long, courier)

    office.runner.run(sleeper())
    assert courier.sent == []


def test_who_slept_and_was_not_missed_keeps_the_claim_and_sends(office: Office) -> None:
    state, courier = Brief(office.client), Courier()
    assert office.runner.run(delivering(state, office.request("m"), courier)).fate == "delivered"
    assert (courier.sent, state.kept) == ([1], 1)
    assert office.deliver(courier).fate == "duplicate"


def die(office: Office, step: int, **changes: Any) -> dict[str, int]:
    """A delivery of two parts whose process ends at this step; what the provider took, by id."""
    mortal, arrived = Mortal(office.client, step), dict[str, int]()

    async def send(part: Part) -> SendOutcome:
        async def arrive() -> SendOutcome:
            arrived[f"wamid.{part.number}"] = part.number
            return taken(f"wamid.{part.number}")

        return await mortal.step(arrive)

    async def build(_: Holder) -> Plan:
        return Plan(parts_of("m", 2))

    async def life() -> None:
        request = office.request("m", **changes)
        task = asyncio.create_task(deliver(mortal, request, build, send))
        await asyncio.gather(task, return_exceptions=True)

    office.runner.run(life())
    return arrived


@pytest.mark.parametrize("step", range(STEPS))
def test_wherever_an_attempt_dies_each_part_goes_to_the_customer_once(
    office: Office, step: int
) -> None:
    arrived = die(office, step)
    office.rows("update message_tracking set lease_until = now() where lease_until is not null")
    for wamid, part in arrived.items():  # Meta tells of all that it took
        with_mark = callback_data(office.message("m").tracking_id, part)
        office.status(wamid, "sent", tracking_id=with_mark)
    courier = Courier()
    try:
        fate = office.deliver(courier, 2).fate
    except Busy:  # nobody told of the send that may be in flight: only waiting helps
        office.grow_old(301)
        fate = office.deliver(courier, 2).fate
    assert fate in ("delivered", "duplicate")
    assert sorted([*arrived.values(), *courier.sent]) == [1, 2]
    found = office.message("m")
    assert (found.state, [part.outcome for part in found.parts]) == ("done", ["accepted"] * 2)


@pytest.mark.parametrize("step", range(STEPS))
def test_wherever_an_attempt_dies_the_agent_gets_it_at_once(office: Office, step: int) -> None:
    """Genesys knows a repeat by its id; nothing waits longer than the lease."""
    arrived = die(office, step, **HARMLESS)
    office.rows("update message_tracking set lease_until = now() where lease_until is not null")
    courier = Courier()
    assert office.deliver(courier, 2, **HARMLESS).fate in ("delivered", "duplicate")
    assert {*arrived.values(), *courier.sent} == {1, 2}
    assert len(courier.sent) == len(set(courier.sent))
