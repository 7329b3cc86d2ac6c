"""Statuses in any order, any number of times, before or after their message: one result."""

from itertools import permutations
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.services.state import MessageStatus
from tests.moments import told_at
from tests.state.desk import NOON, Desk, accepted, new_id

# What Meta sends; `accepted` is our own.
SENT = [status for status in get_args(MessageStatus) if status != "accepted"]
ORDER = list(get_args(MessageStatus))


def advance(statuses: list[str]) -> str:
    """The rule in words: the one that beats all others."""
    return max(statuses, key=ORDER.index)


def test_the_api_and_the_schema_have_one_order(desk: Desk) -> None:
    [row] = desk.rows("select enum_range(null::message_status)::text[] as statuses")
    assert row["statuses"] == ORDER


@pytest.mark.parametrize(
    ("current", "incoming", "result"),
    [
        ("accepted", "sent", "sent"),
        ("accepted", "failed", "failed"),
        ("sent", "failed", "failed"),
        ("failed", "sent", "failed"),
        ("delivered", "failed", "delivered"),
        ("failed", "delivered", "delivered"),
        ("failed", "read", "read"),
        ("read", "delivered", "read"),
        ("read", "played", "played"),
        ("played", "failed", "played"),
    ],
)
def test_which_beats_which(desk: Desk, current: str, incoming: str, result: str) -> None:
    desk.sent("wamid.1")
    if current != "accepted":
        desk.status("wamid.1", current)
    advanced = desk.status("wamid.1", incoming)
    assert (advanced.status, advanced.changed) == (result, result != current)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(SENT), min_size=1, max_size=6), st.integers(0, 6))
def test_any_order_any_repeats_before_or_after_the_answer(
    desk: Desk, statuses: list[str], before: int
) -> None:
    """`before` of them come while the send's answer is still on its way."""
    source, target = new_id(), f"wamid.{new_id()}"
    claim = desk.claim(source)
    for status in statuses[:before]:
        assert not desk.status(target, status).known
    desk.complete(claim, accepted(1, target), source_id=source)
    for status in statuses[before:]:
        assert desk.status(target, status).known
    part = desk.message(target).parts[0]
    assert part.status == advance(["accepted", *statuses])
    told = {name for name in SENT if getattr(part, f"{name}_at") is not None}
    assert told == set(statuses)


def test_every_permutation_ends_the_same_with_both_facts_kept(desk: Desk) -> None:
    ends = set()
    for number, order in enumerate(permutations(["sent", "failed", "delivered", "read"])):
        desk.sent(f"wamid.{number}", f"m{number}")
        for status in order:
            error = {"provider_code": "131000"} if status == "failed" else None
            desk.status(f"wamid.{number}", status, error=error)
        part = desk.message(f"m{number}").parts[0]
        ends.add((part.status, part.failed_at is not None, str(part.error)))
    assert ends == {("read", True, "{'provider_code': '131000'}")}


def test_the_earliest_time_of_a_status_counts(desk: Desk) -> None:
    desk.sent("wamid.1")
    for second in (5, 3, 9):
        desk.status("wamid.1", "delivered", occurred_at=told_at(seconds=second))
    at = desk.message("m").parts[0].delivered_at
    assert at is not None
    assert at.second == 3


def test_a_repeated_status_changes_nothing_and_is_written_once(desk: Desk) -> None:
    desk.sent("wamid.1")
    assert desk.status("wamid.1", "sent").changed
    assert not desk.status("wamid.1", "sent").changed
    events = desk.rows("select kind from message_events where kind <> 'message'")
    assert events == [{"kind": "sent"}]


def test_history_keeps_every_status_at_the_provider_s_time(desk: Desk) -> None:
    desk.sent("wamid.1")
    for status in ("read", "failed", "sent"):
        desk.status("wamid.1", status)
    events = desk.rows('select kind, at from message_events order by kind collate "C"')
    assert [row["kind"] for row in events] == ["failed", "message", "read", "sent"]
    assert {row["at"].isoformat()[:19] for row in events} == {NOON[:19]}


def test_a_status_of_a_message_that_never_comes_waits(desk: Desk) -> None:
    advanced = desk.status("wamid.other", "sent", customer="491701")
    assert (advanced.known, advanced.changed, advanced.customer) == (False, False, "491701")
    assert len(desk.rows("select * from waiting_statuses")) == 1


def test_a_status_finds_its_part(desk: Desk) -> None:
    desk.complete(desk.claim(), accepted(1, "wamid.1"), accepted(2, "wamid.2"))
    assert desk.status("wamid.2", "read").part == 2
    assert [p.status for p in desk.message("m").parts] == ["accepted", "read"]


FOREIGN = {
    "empty": "",
    "a word": "order-17",
    "as long as can be": "x" * 512,
    "an id of nobody": f"{new_id()}:1",
    "part 0 of nobody": f"{new_id()}:0",
}


@pytest.mark.parametrize("data", FOREIGN.values(), ids=FOREIGN)
def test_another_app_s_callback_data_means_nothing(desk: Desk, data: str) -> None:
    assert not desk.status("wamid.x", "sent", tracking_id=data).known


def test_an_inbound_message_s_status_is_written_and_owes_no_receipt(desk: Desk) -> None:
    desk.sent("g1", direction="inbound")
    advanced: Any = desk.status("g1", "failed")
    assert (advanced.status, advanced.receipt) == ("failed", None)
