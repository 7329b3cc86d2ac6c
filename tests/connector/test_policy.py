"""What an answer means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.policy import Again, Answer, Dead, Done, Past, Policy, Unsent, decide

FRESH = Past(attempts=0, faults=0, age=0.0)
POLICY = Policy(max_attempts=3, max_age=100.0, first_wait=1.0, longest_wait=8.0)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_success_is_done(status: int) -> None:
    assert decide(Answer(status), FRESH, POLICY, 0.5) == Done()


@pytest.mark.parametrize("status", [400, 413, 422])
def test_refusal_is_final_and_keeps_the_problems_code(status: int) -> None:
    answer = Answer(status, code="bad_input", detail="no text")
    expected = Dead("bad_input", f"answered {status} bad_input: no text")
    assert decide(answer, FRESH, POLICY, 0.5) == expected


def test_refusal_without_a_problem_is_named_by_its_status() -> None:
    assert decide(Answer(422), FRESH, POLICY, 0.5) == Dead("http_422", "answered 422")


@pytest.mark.parametrize("status", [401, 403, 404, 408, 425, 429, 503])
def test_an_outage_is_tried_again_however_often(status: int) -> None:
    decision = decide(Answer(status), Past(500, 2, 10.0), POLICY, 0.5)
    assert isinstance(decision, Again)
    assert not decision.fault


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500),
        Answer(502),
        Answer(504),
        Answer(409),
        Answer(302),
        Answer(404, code="not_found"),
        Answer(trouble="no_answer", detail="hung"),
    ],
)
def test_what_may_be_the_events_fault_counts_and_ends_it(answer: Answer) -> None:
    first = decide(answer, FRESH, POLICY, 0.5)
    assert isinstance(first, Again)
    assert first.fault
    last = decide(answer, Past(attempts=7, faults=2, age=5.0), POLICY, 0.5)
    assert isinstance(last, Dead)
    assert (last.code, last.reason[:11]) == ("attempts_exhausted", "8 attempts,")


def test_an_event_that_is_too_old_is_given_up() -> None:
    decision = decide(Answer(503), Past(5, 0, 99.9), POLICY, 0.9)
    assert isinstance(decision, Dead)
    assert decision.code == "too_old"


def test_what_never_left_is_not_an_attempt() -> None:
    answer = Answer(trouble="unreachable", detail="x can not be reached")
    assert decide(answer, Past(9, 9, 1e9), POLICY, 0.5) == Unsent("x can not be reached")


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_waits_grow_but_never_over_the_longest(attempts: int, luck: float) -> None:
    step = min(8.0, 2.0 ** min(attempts, 40))
    assert step / 10 <= POLICY.wait(attempts, luck) <= step


@pytest.mark.parametrize(("asked", "least"), [(0.0, 0.5), (20.0, 20.0)])
def test_retry_after_is_the_least_wait(asked: float, least: float) -> None:
    decision = decide(Answer(503, retry_after=asked), FRESH, POLICY, 0.5)
    assert isinstance(decision, Again)
    assert decision.delay == least


def test_a_retry_after_beyond_reason_is_cut() -> None:
    policy = Policy(longest_retry_after=60.0)
    decision = decide(Answer(429, retry_after=1e9), FRESH, policy, 0.5)
    assert isinstance(decision, Again)
    assert decision.delay == 60.0
