"""A function that can not be reached: one probe at a time, and each of them ends."""

import contextlib

import pytest

from connector.gate import Gate
from shared.messaging.amqp import Backoff


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def closed(clock: Clock) -> Gate:
    """A gate that a call at 0 s closed, at most until 1 s."""
    gate = Gate(clock, Backoff(first=1.0))
    with gate.call() as call:
        call.reached = False
    assert not gate.is_open
    assert not gate.admits()
    return gate


def test_an_open_gate_lets_all_pass_and_one_that_did_not_arrive_closes_it(clock: Clock) -> None:
    gate = Gate(clock, Backoff(first=1.0))
    with gate.call() as first, gate.call() as second:
        assert gate.admits()
        first.reached, second.reached = True, False
    assert not gate.is_open


def test_a_closed_gate_lets_one_probe_through_at_a_time(clock: Clock) -> None:
    gate = closed(clock)
    clock.now = 1.0
    assert gate.admits()
    with gate.call() as probe:
        assert not gate.admits()
        probe.reached = False
    assert not gate.admits(), "it waits longer now"
    clock.now = 3.0
    with gate.call() as probe:
        probe.reached = True
    assert gate.is_open


def test_calls_that_began_before_it_closed_neither_open_it_nor_end_its_probe(clock: Clock) -> None:
    gate = Gate(clock, Backoff(first=1.0))
    with contextlib.ExitStack() as late, contextlib.ExitStack() as later:
        slow, slower = late.enter_context(gate.call()), later.enter_context(gate.call())
        with gate.call() as call:
            call.reached = False
        clock.now = 1.0
        with gate.call() as probe:
            slow.reached = False
            late.close()
            assert not gate.admits(), "the probe is still under way"
            slower.reached = True
            later.close()
            assert not gate.is_open, "it says nothing of now"
            probe.reached = True
    assert gate.is_open


def test_a_probe_that_crashes_ends_and_the_next_one_may_go(clock: Clock) -> None:
    gate = closed(clock)
    clock.now = 1.0
    with pytest.raises(ZeroDivisionError), gate.call():
        _ = 1 / 0
    assert not gate.is_open
    clock.now = 10.0
    assert gate.admits()


def test_a_probe_that_ends_untold_ends(clock: Clock) -> None:
    gate = closed(clock)
    clock.now = 1.0
    with gate.call():
        pass
    assert not gate.is_open
    clock.now = 10.0
    assert gate.admits()
