"""What a number and a pair may send: the same in Redis and in a process alone."""

from typing import Any

import pytest

from shared.limits.number_math import spacing
from shared.limits.values import Ask, Go, Held, Lane, Rules
from tests.limits.conftest import LANE, MakeTwin

NUMBER = Lane("106540352242922", 80.0)
NEAR: Any = pytest.approx
# Redis' own clock goes on while a test runs, also on a busy machine.
SLOW = 1.0


def waits(answers: list[object]) -> list[float]:
    return [answer.wait for answer in answers if isinstance(answer, Go)]


def test_a_few_may_leave_at_once_and_the_rest_one_after_the_other(twin: MakeTwin) -> None:
    got = waits(list(twin(longest_wait=60).admit_many(84, NUMBER)))
    assert len(got) == 84
    assert got[:4] == [0, 0, 0, 0]
    assert got == sorted(got)
    assert got[83] <= 80 / 77 + 0.001
    assert got[83] >= 80 / 77 - SLOW


def test_a_turn_that_is_too_far_off_is_not_counted(twin: MakeTwin) -> None:
    limits = twin(longest_wait=0.0)
    slow = Lane("1", 1.0)
    assert isinstance(limits.admit(slow), Go)
    first, second, third = limits.admit_many(3, slow)
    assert isinstance(first, Held)
    assert first == Held("number", NEAR(1.0, abs=SLOW))
    assert isinstance(second, Held)
    assert isinstance(third, Held)
    # They come back one after the other, not all at once.
    assert second.retry_after == NEAR(first.retry_after + 1, abs=SLOW / 2)
    assert third.retry_after == NEAR(first.retry_after + 2, abs=SLOW / 2)
    limits.pass_time(1.0)
    assert isinstance(limits.admit(slow), Go)


def test_the_line_of_those_turned_away_has_an_end(twin: MakeTwin) -> None:
    limits = twin(longest_wait=0.0)
    slow = Lane("1", 1.0)
    last = limits.admit_many(800, slow)[-1]
    assert isinstance(last, Held)
    assert 590 < last.retry_after <= 600


@pytest.mark.parametrize("rate", [1.0, 7.5, 20.0, 80.0, 1000.0])
def test_no_second_has_more_than_the_limit_wherever_it_begins(rate: float) -> None:
    step, early = spacing(rate)
    # Of a bucket that is full: so many at once, and what comes back within the second.
    at_once = round(early / step) + 1
    assert at_once - 1 + 1 / step <= rate + 1e-9
    assert 1 / step >= 0.9 * rate


def test_another_number_is_another_matter(twin: MakeTwin) -> None:
    limits = twin(longest_wait=0.0)
    assert isinstance(limits.admit(Lane("1", 1.0)), Go)
    assert isinstance(limits.admit(Lane("1", 1.0)), Held)
    assert isinstance(limits.admit(Lane("2", 1.0)), Go)


def test_a_customer_may_have_45_messages_ahead_and_then_all_is_paid_back(twin: MakeTwin) -> None:
    limits = twin(longest_wait=10)
    assert all(isinstance(one, Go) for one in limits.admit_many(45))
    held = limits.admit()
    assert isinstance(held, Held)
    assert held == Held("pair", NEAR(270, abs=2 * SLOW))
    limits.pass_time(200)
    later = limits.admit()
    assert isinstance(later, Held)
    assert later.retry_after == NEAR(70, abs=2 * SLOW)
    limits.pass_time(71)
    assert all(isinstance(one, Go) for one in limits.admit_many(45))
    assert isinstance(limits.admit(), Held)


def test_payback_at_the_rate_lets_one_go_every_six_seconds(twin: MakeTwin) -> None:
    limits = twin(longest_wait=5, payback="rate")
    limits.admit_many(45)
    held = limits.admit()
    assert held == Held("pair", NEAR(6, abs=SLOW))
    limits.pass_time(6.1)
    assert isinstance(limits.admit(), Go)
    assert isinstance(limits.admit(), Held)


def test_ten_a_minute_may_go_on_for_ever(twin: MakeTwin) -> None:
    limits = twin()
    for _ in range(100):
        assert isinstance(limits.admit(), Go)
        limits.pass_time(6)


def test_the_wait_of_a_pair_is_asked_again_when_it_is_short(twin: MakeTwin) -> None:
    limits = twin(pair_seconds=0.4, pair_burst=1, longest_wait=0.5)
    limits.admit()
    assert limits.admit() == Ask(NEAR(0.4, abs=0.4))


def test_a_customer_who_waits_takes_nothing_of_the_number(twin: MakeTwin) -> None:
    limits = twin(pair_burst=1, longest_wait=0.0)
    slow = Lane("1", 1.0, "one"), Lane("1", 1.0, "two")
    limits.admit(slow[0])
    limits.pass_time(2)
    assert [limits.admit(slow[0]).__class__ for _ in range(5)] == [Held] * 5
    assert isinstance(limits.admit(slow[1]), Go)


def test_what_was_not_sent_is_given_back(twin: MakeTwin) -> None:
    limits = twin(pair_burst=2, longest_wait=0.0)
    slow = Lane("1", 1.0, "one")
    assert isinstance(limits.admit(slow), Go)
    limits.give_back(slow)
    assert isinstance(limits.admit(slow), Go)
    assert isinstance(limits.admit(slow), Held)


def test_too_much_halves_a_number_once_a_second_at_most(twin: MakeTwin) -> None:
    limits = twin()
    rates = [limits.slow_down() for _ in range(3)]
    assert rates == [40, 40, 40]
    limits.pass_time(1.1)
    assert limits.slow_down() == NEAR(20)
    for _ in range(10):
        limits.pass_time(1.1)
        limits.slow_down()
    admitted = limits.admit()
    assert isinstance(admitted, Go)
    assert admitted.rate == NEAR(1)


def test_it_rests_and_then_comes_back_slowly(twin: MakeTwin) -> None:
    limits = twin()
    limits.slow_down()
    limits.pass_time(4)
    before, limits_at = limits.admit(), []
    assert isinstance(before, Go)
    assert before.rate == 40
    for _ in range(6):
        limits.pass_time(10)
        now = limits.admit()
        assert isinstance(now, Go)
        limits_at.append(now.rate)
    assert limits_at == NEAR([47, 55, 63, 71, 79, 80], abs=1.5)


def test_what_meta_holds_is_held(twin: MakeTwin) -> None:
    limits = twin()
    limits.hold(60)
    assert limits.admit() == Held("hold", NEAR(60, abs=SLOW))
    limits.hold(5)
    assert limits.admit() == Held("hold", NEAR(60, abs=SLOW))
    limits.pass_time(61)
    assert isinstance(limits.admit(), Go)


def test_each_refusal_of_a_pair_in_a_row_holds_it_four_times_as_long(twin: MakeTwin) -> None:
    limits = twin()
    assert [limits.hold_pair() for _ in range(6)] == [4, 16, 64, 256, 256, 256]
    held = limits.admit()
    assert held == Held("pair", NEAR(256, abs=SLOW))
    assert isinstance(limits.admit(Lane(LANE.number, 80, "another")), Go)
    limits.pass_time(257)
    assert isinstance(limits.admit(), Go)
    limits.pass_time(600)
    assert limits.hold_pair() == 4


def test_a_clock_that_was_set_back_holds_nothing_for_long(twin: MakeTwin) -> None:
    limits = twin(longest_wait=5)
    limits.admit_many(3)
    limits.pass_time(-100_000)
    assert isinstance(limits.admit(NUMBER), Go)
    pair = limits.admit()
    assert not isinstance(pair, Held) or pair.retry_after <= 271


def test_the_share_of_one_of_five_is_a_fifth() -> None:
    assert Rules().share(0.2) == Rules(pair_seconds=30, pair_burst=9)
    assert Rules(pair_burst=1).share(0.2).pair_burst == 1
