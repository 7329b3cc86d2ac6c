"""Many statuses of one message cost one write, keep every fact, and come to an end."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.lease import Lease
from connector.tidy import tidy
from local.services import Endpoints
from shared.storage.database import Database
from tests.connector.harness import eventually
from tests.moments import told_at
from tests.state.desk import Desk, accepted, new_id
from tests.state.test_statuses import SENT

SECONDS = st.integers(0, 3).map(lambda second: told_at(seconds=second))
FACTS = st.lists(st.tuples(st.sampled_from(SENT), SECONDS), min_size=1, max_size=8)
OLD = "select 1 as one from waiting_statuses where received_at < now() - interval '7 days'"
PLACE = "select ctid::text as place from message_tracking"
KEPT = (
    "select part, status::text, sent_at, delivered_at, read_at, played_at, failed_at"
    " from message_tracking where source_id = :source"
)
TOLD = (
    "select e.kind, e.at from message_events e"
    " join message_tracking t using (tenant_id, tracking_id) where t.source_id = :source"
    " and e.kind <> 'message' order by 1, 2"
)


def fact(told: tuple[str, str]) -> dict[str, str]:
    return {"status": told[0], "occurred_at": told[1]}


def one_by_one(desk: Desk, wamid: str, facts: list[tuple[str, str]]) -> None:
    for status, at in facts:
        desk.status(wamid, status, occurred_at=at)


def at_once(desk: Desk, wamid: str, facts: list[tuple[str, str]]) -> None:
    *earlier, (status, at) = facts
    desk.status(wamid, status, occurred_at=at, earlier=[fact(one) for one in earlier])


Teller = Callable[[Desk, str, list[tuple[str, str]]], None]


def story(desk: Desk, tell: Teller, facts: list[tuple[str, str]], *, early: bool) -> Any:
    """What is known at the end of a message whose statuses come before its answer, or after."""
    source, wamid = new_id(), f"wamid.{new_id()}"
    claim = desk.claim(source)
    if early:
        tell(desk, wamid, facts)
    desk.complete(claim, accepted(1, wamid), source_id=source)
    if not early:
        tell(desk, wamid, facts)
    return desk.rows(KEPT, source=source), desk.rows(TOLD, source=source)


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(FACTS, st.booleans(), st.randoms(use_true_random=False))
def test_together_or_alone_in_any_order_they_say_the_same(
    desk: Desk, facts: list[tuple[str, str]], early: Any, chance: Any
) -> None:
    shuffled = chance.sample(facts, len(facts))
    alone = story(desk, one_by_one, facts, early=early)
    assert story(desk, at_once, shuffled, early=not early) == alone
    assert [(row["kind"], row["at"]) for row in alone[1]] == sorted(
        {(row["kind"], row["at"]) for row in alone[1]}
    )
    assert len(alone[1]) == len(set(facts))


def test_a_thousand_of_one_message_are_one_write(desk: Desk) -> None:
    desk.sent("wamid.1")
    desk.status("wamid.1", "read")
    [before] = desk.rows(PLACE)
    facts = [fact((status, told_at())) for status in SENT * 200]
    told = desk.status("wamid.1", "delivered", earlier=facts[:-1])
    assert (told.status, told.changed) == ("played", True)
    [after] = desk.rows(PLACE)
    assert before != after
    assert len(desk.rows("select kind from message_events")) == 1 + len(SENT)


def test_a_repeat_writes_nothing(desk: Desk) -> None:
    desk.sent("wamid.1")
    desk.status("wamid.1", "read")
    [before] = desk.rows(PLACE)
    for _ in range(20):
        assert not desk.status("wamid.1", "read").changed
    assert desk.rows(PLACE) == [before]


@pytest.mark.parametrize("order", ["failed delivered", "delivered failed", "read delivered"])
def test_both_facts_stay_when_meta_contradicts_itself(desk: Desk, order: str) -> None:
    desk.sent("wamid.1")
    for second, status in enumerate(order.split()):
        desk.status("wamid.1", status, occurred_at=told_at(seconds=second))
    facts = "select kind from message_events where kind <> 'message' order by at"
    assert [row["kind"] for row in desk.rows(facts)] == order.split()


def test_what_waited_a_week_for_no_message_is_forgotten(desk: Desk, migrated: Endpoints) -> None:
    for number in range(3):
        desk.status(f"wamid.stray{number}", "sent")
    aged = "update waiting_statuses set received_at = now() - interval '8 days' where message_id = "
    desk.rows(f"{aged} 'wamid.stray1'")

    left = "select message_id from waiting_statuses order by 1"

    async def keep_house() -> None:
        url = migrated.database_url("connector")
        async with Database.open(url, size=1) as connector, Lease.open(url, new_id()) as lease:
            keeper = asyncio.create_task(tidy(connector, lease, seconds=0.1))

            async def none_left() -> bool:
                return not await connector.rows(OLD)

            await eventually(none_left)
            keeper.cancel()

    asyncio.run(keep_house())
    assert [row["message_id"] for row in desk.rows(left)] == ["wamid.stray0", "wamid.stray2"]
