"""The state function goes away in the middle of a delivery, and comes back."""

import asyncio
import signal
from collections.abc import Iterator

import pytest

from shared.messaging.outcomes import SendOutcome
from shared.runtime.errors import Unavailable
from tests.services.office import WAIT, Courier, Doing, Office, taken
from tests.services.processes import Process


@pytest.fixture(autouse=True)
def _back(state: Process) -> Iterator[None]:
    """No outage of one test outlives it."""
    yield
    if not state.running:
        state.launch().ready()


def outage(state: Process, outcome: SendOutcome, back: list[asyncio.Task[Process]]) -> Doing:
    """A send during which state is killed; it comes back while its outcome is to be told."""

    async def doing() -> SendOutcome:
        await asyncio.to_thread(state.stop, signal.SIGKILL)
        back.append(asyncio.create_task(asyncio.to_thread(lambda: state.launch().ready())))
        return outcome

    return doing


def test_the_outcome_of_a_send_is_written_down_when_it_is_back(
    office: Office, state: Process
) -> None:
    back: list[asyncio.Task[Process]] = []
    courier = Courier(outage(state, taken("wamid.1"), back))
    assert office.deliver(courier, 2).fate == "delivered"
    assert courier.sent == [1, 2]
    assert office.deliver(courier, 2).fate == "duplicate"
    assert [part.outcome for part in office.message("m").parts] == ["accepted", "accepted"]


def test_the_claim_of_a_send_refused_for_now_is_given_back_when_it_is_back(
    office: Office, state: Process
) -> None:
    back: list[asyncio.Task[Process]] = []
    with pytest.raises(Unavailable, match="not taken yet"):
        office.deliver(Courier(outage(state, WAIT, back)))
    assert office.deliver(Courier()).fate == "delivered"


def test_while_it_is_away_nothing_is_sent(office: Office, state: Process) -> None:
    state.stop(signal.SIGKILL)
    courier = Courier()
    with pytest.raises(Unavailable):
        office.deliver(courier)
    assert courier.sent == []
