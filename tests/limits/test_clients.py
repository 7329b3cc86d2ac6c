"""What an OAuth client may call in a minute: the same in Redis and in a process alone."""

from typing import Any

import pytest

from shared.limits.client_math import Heard, Spent, Taken
from shared.limits.clients import heard
from tests.limits.conftest import MakeClients

NEAR: Any = pytest.approx
CAP = 294  # of 300: a fiftieth is spared for calls that are under way as a minute begins
SLOW = 2.0  # seconds that a busy machine may take for a few hundred calls


def test_a_minute_has_its_calls_and_the_next_one_again(clients: MakeClients) -> None:
    budget = clients()
    assert budget.many(400) == CAP
    budget.pass_time(62)
    assert budget.many(400) == CAP


def test_those_turned_away_come_back_as_fast_as_a_minute_lets_them(clients: MakeClients) -> None:
    budget = clients(per_minute=60)
    budget.many(58)
    first, second = budget(), budget()
    assert isinstance(first, Spent)
    assert isinstance(second, Spent)
    assert first.retry_after == NEAR(61, abs=SLOW)
    assert second.wait == NEAR(61, abs=SLOW)
    assert second.retry_after == NEAR(first.retry_after + 60 / 58, abs=SLOW / 2)


def test_the_last_fifth_of_a_minute_is_for_messages_alone(clients: MakeClients) -> None:
    budget = clients()
    assert budget.many(400, kind="receipt") == 235
    assert isinstance(budget(kind="receipt"), Spent)
    assert budget.many(400) == CAP - 235


def test_receipts_do_not_push_into_the_line_of_messages(clients: MakeClients) -> None:
    budget = clients(per_minute=60)
    budget.many(60)
    budget.many(100, kind="receipt")
    message = budget()
    assert isinstance(message, Spent)
    assert message.retry_after == NEAR(61 + 2 * 60 / 58, abs=SLOW)


def test_what_the_headers_allow_takes_the_place_of_the_setting(clients: MakeClients) -> None:
    budget = clients()
    assert isinstance(budget(heard=Heard(1, 400, 60)), Taken)  # more than the setting's 300
    assert budget.many(450) == 390
    assert isinstance(budget(heard=Heard(2, 100, 40)), Spent)  # in the same minute, even if late


def test_calls_of_others_by_the_same_client_count(clients: MakeClients) -> None:
    budget = clients()
    first = budget(heard=Heard(280, 300, 30))
    assert first == Taken(0, 13)
    assert budget.many(100) == 13
    spent = budget()
    assert isinstance(spent, Spent)
    assert spent.wait == NEAR(31, abs=SLOW)
    budget.pass_time(32)
    assert isinstance(budget(), Taken)


def test_a_count_that_is_behind_ours_changes_nothing(clients: MakeClients) -> None:
    budget = clients()
    budget.many(100)
    assert budget(heard=Heard(90, 300, 60)) == Taken(0, CAP - 101)


def test_a_new_minute_that_genesys_began_earlier_is_taken_over(clients: MakeClients) -> None:
    budget = clients()
    budget(heard=Heard(1, 300, 60))
    budget.many(250)
    budget.pass_time(60.5)  # ours ends a second later than theirs
    assert budget(heard=Heard(3, 300, 60)) == Taken(0, CAP - 4)


def test_what_was_heard_in_the_last_minute_is_over(clients: MakeClients) -> None:
    budget = clients()
    budget(heard=Heard(290, 300, 30))
    budget.pass_time(40)
    assert budget(heard=Heard(290, 300, 30, age=40)) == Taken(0, CAP - 1)


def test_of_several_clients_the_one_with_most_left_makes_the_call(clients: MakeClients) -> None:
    budget = clients()
    budget.many(10, "a")
    assert budget("a", "b") == Taken(1, CAP - 1)
    assert budget.many(1000, "a", "b") == 2 * CAP - 11
    budget.pass_time(62)
    assert budget.many(1000, "a", "b", "c") == 3 * CAP


def test_a_client_of_a_larger_budget_does_more(clients: MakeClients) -> None:
    budget = clients()
    budget("big", heard=Heard(1, 3000, 60))
    places = [budget("small", "big") for _ in range(100)]
    assert all(isinstance(one, Taken) and one.place == 1 for one in places)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"inin-ratelimit-count": ""},
        {"inin-ratelimit-count": "-1"},
        {"inin-ratelimit-allowed": "many"},
        {"inin-ratelimit-reset": "1e9"},
        {"inin-ratelimit-reset": "\u0661"},
    ],
)
def test_headers_are_believed_only_when_all_three_are_numbers(changes: dict[str, str]) -> None:
    whole = {
        "inin-ratelimit-count": "1",
        "inin-ratelimit-allowed": "300",
        "inin-ratelimit-reset": "61",
    }
    assert heard(whole) == Heard(1, 300, 61)
    assert heard(whole | changes if changes else {}) is None
