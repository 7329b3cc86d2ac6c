"""Wishes, notices, and messages that Genesys failed after it had taken them."""

from typing import Any

import pytest

from shared.services.state import Noticed, Preferred
from tests.moments import told_at
from tests.state.desk import NOON, Desk, accepted

LATER = told_at(hours=1)


def prefer(desk: Desk, value: str = "stop", **changes: Any) -> Preferred:
    told = {"wa_id": "491701", "value": value} | changes
    found = desk.runner.run(desk.people.prefer(desk.preference(**told)))
    return Preferred.model_validate(found)


def wishes(desk: Desk) -> list[tuple[str, str]]:
    found = desk.rows("select customer, value from opt_outs order by 1")
    return [(row["customer"], row["value"]) for row in found]


def test_a_wish_is_kept_of_the_person(desk: Desk) -> None:
    desk.hear("1", "491701", "DE.1")
    assert prefer(desk, wa_id="", bsuid="DE.1") == Preferred(customer="491701", changed=True)
    assert wishes(desk) == [("491701", "stop")]


STOP, RESUME = ("stop", NOON), ("resume", LATER)


@pytest.mark.parametrize("told", [[STOP, RESUME], [RESUME, STOP]])
def test_the_last_word_by_its_time_counts(desk: Desk, told: list[tuple[str, str]]) -> None:
    for value, at in told:
        prefer(desk, value, occurred_at=at)
    assert wishes(desk) == [("491701", "resume")]


def test_a_wish_told_twice_changes_nothing(desk: Desk) -> None:
    assert [prefer(desk).changed for _ in range(2)] == [True, False]


def test_a_wish_of_a_stranger_holds_when_he_writes(desk: Desk) -> None:
    prefer(desk, bsuid="DE.1")
    assert desk.hear("1", None, "DE.1").customer == "491701"


def test_a_wish_of_nobody_is_nobody_s(desk: Desk) -> None:
    assert prefer(desk, wa_id="") == Preferred(customer=None, changed=False)
    assert wishes(desk) == []


def test_wishes_of_two_names_of_one_person_become_the_later_one(desk: Desk) -> None:
    prefer(desk, "stop", occurred_at=LATER)
    prefer(desk, "resume", wa_id="", bsuid="DE.1", occurred_at=NOON)
    [name] = {desk.talk("both", "491701", "DE.1").customer}
    assert dict(wishes(desk))[name] == "stop"


def notice(desk: Desk, event_id: str = "e1", **changes: Any) -> bool:
    found = desk.runner.run(desk.people.notice(desk.noted(event_id=event_id, **changes)))
    return Noticed.model_validate(found).new


def test_a_notice_is_kept_once(desk: Desk) -> None:
    assert [notice(desk), notice(desk), notice(desk, "e2", channel_id=None)] == [True, False, True]
    found = desk.rows("select event, value, channel_id from notices order by event_id")
    assert [row["value"] for row in found] == [{"reason": "a\ufffdb"}] * 2
    assert [row["channel_id"] for row in found] == [desk.channel_id, None]


def test_a_message_that_genesys_failed_later_is_marked_once(desk: Desk) -> None:
    desk.talk("m1", "491701", None)
    first = desk.undelivered("g-m1")
    assert (first.known, first.changed, first.source_id) == (True, True, "m1")
    assert (first.customer, first.conversation_id) == ("491701", "conv-m1")
    assert not desk.undelivered("g-m1").changed
    part = desk.message("m1").parts[0]
    assert (part.status, part.error) == ("failed", {"title": "too big"})
    assert desk.history("conv-m1").messages[0].status == "failed"
    assert desk.hear("m1", "491701", None).outcome == "duplicate"


def test_a_failure_that_came_before_the_answer_waits_for_it(desk: Desk) -> None:
    claim = desk.hear("m1", "491701", None)
    assert not desk.undelivered("g1").known
    done = {"direction": "inbound", "source_id": "m1"}
    assert desk.complete(claim, accepted(1, "g1"), **done).receipt is None
    assert desk.message("m1").parts[0].status == "failed"


def test_a_failure_of_a_part_marks_the_part(desk: Desk) -> None:
    claim = desk.hear("m1", "491701", None)
    parts = [accepted(1, "g1"), accepted(2, "g2")]
    desk.complete(claim, *parts, source_id="m1", direction="inbound")
    desk.undelivered("g2")
    assert [part.status for part in desk.message("m1").parts] == ["accepted", "failed"]


def test_an_outbound_message_is_never_marked_so(desk: Desk) -> None:
    desk.sent("wamid.1")
    assert not desk.undelivered("wamid.1").known
    assert desk.message("m").parts[0].status == "accepted"
