"""What was refused is listed once a message, with its reason, for its own tenant, page by page."""

from typing import Any

import pytest

from shared.runtime.errors import BadInput
from shared.services.state import PartResult, RefusedMessages
from state_service.refused import Wanted
from tests.moments import told_at
from tests.state.desk import Desk, accepted, new_id, refused

UNREACHABLE = {"provider_code": "131026", "agent_words": "This customer can not be reached."}


def page(desk: Desk, **wanted: Any) -> RefusedMessages:
    asked = Wanted.model_validate({"tenant_id": desk.tenant_id, "state": "refused"} | wanted)
    return RefusedMessages.model_validate(desk.runner.run(desk.state.refused(asked)))


def names(desk: Desk, **wanted: Any) -> list[str]:
    return [one.source_id for one in page(desk, **wanted).messages]


def refuse(desk: Desk, source_id: str = "m", **changes: Any) -> None:
    """Claim a message, and have the other side refuse it at once."""
    claim = desk.claim(source_id, **changes)
    part = PartResult(part=1, outcome="refused", error=UNREACHABLE)
    desk.complete(claim, part, source_id=source_id, direction=changes.get("direction", "outbound"))


def test_what_meta_refused_at_once_is_listed_in_words(desk: Desk) -> None:
    refuse(desk, conversation_id="conv-1")
    [one] = page(desk).messages
    assert (one.source_id, one.direction, one.kind) == ("m", "outbound", "text")
    assert (one.code, one.reason) == ("131026", UNREACHABLE["agent_words"])
    assert (one.parts, one.refused_parts, one.conversation_id) == (1, 1, "conv-1")


def test_what_failed_later_is_listed_and_what_arrived_after_all_is_not(desk: Desk) -> None:
    desk.sent("wamid.1")
    assert names(desk) == []
    desk.status("wamid.1", "failed", error=UNREACHABLE)
    assert names(desk) == ["m"]
    desk.status("wamid.1", "delivered")
    assert names(desk) == []


def test_a_late_failure_that_came_before_its_message_is_listed(desk: Desk) -> None:
    claim = desk.claim("m")
    desk.status("wamid.1", "failed", error=UNREACHABLE)
    desk.complete(claim, accepted(1, "wamid.1"))
    assert names(desk) == ["m"]


def test_a_message_of_several_parts_is_listed_once_with_how_many_did_not_arrive(
    desk: Desk,
) -> None:
    desk.complete(desk.claim("m"), accepted(1, "wamid.1"), refused(2), refused(3))
    [one] = page(desk).messages
    assert (one.parts, one.refused_parts) == (3, 2)
    desk.sent("wamid.9", "later")
    desk.status("wamid.1", "failed", error=UNREACHABLE, occurred_at=told_at(seconds=-60))
    [one] = page(desk).messages
    assert (one.parts, one.refused_parts) == (3, 3)


def test_what_genesys_refused_or_failed_later_is_listed_too(desk: Desk) -> None:
    refuse(desk, "wamid.in", direction="inbound")
    desk.sent("g1", "wamid.later", direction="inbound")
    desk.undelivered("g1")
    assert sorted(names(desk, direction="inbound")) == ["wamid.in", "wamid.later"]
    assert names(desk, direction="outbound") == []
    assert {one.reason for one in page(desk).messages} == {UNREACHABLE["agent_words"], "too big"}


def test_what_may_be_tried_again_or_went_past_us_is_not_listed(desk: Desk) -> None:
    desk.complete(desk.claim("m"), refused(1), final=False)
    desk.record({"source_id": "wamid.echo", "status": "failed"})
    assert names(desk) == []


def test_a_channel_and_a_span_narrow_it(desk: Desk) -> None:
    refuse(desk, "one")
    assert names(desk, channel_id=desk.channel_id) == ["one"]
    assert names(desk, channel_id=new_id()) == []
    assert names(desk, since=told_at(hours=24)) == []
    assert names(desk, since=told_at(hours=-1), until=told_at(hours=24)) == ["one"]
    assert names(desk, until=told_at(hours=-1)) == []


def test_pages_go_on_where_the_one_before_ended_also_within_one_moment(desk: Desk) -> None:
    at = told_at(seconds=-300)
    for number in range(5):
        desk.sent(f"wamid.{number}", f"m{number}")
        desk.status(f"wamid.{number}", "failed", error=UNREACHABLE, occurred_at=at)
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor is not None:
        found = page(desk, limit=2, cursor=cursor)
        seen += [one.source_id for one in found.messages]
        cursor, pages = found.next, pages + 1
    assert (sorted(seen), pages) == ([f"m{number}" for number in range(5)], 3)


@pytest.mark.parametrize("cursor", ["", "next", "1-2", "9" * 18 + "-" + "a" * 32])
def test_a_made_up_cursor_is_refused_by_name(desk: Desk, cursor: str) -> None:
    with pytest.raises(BadInput, match="cursor"):
        page(desk, cursor=cursor)


def test_another_tenant_sees_nothing_of_it(desk: Desk) -> None:
    refuse(desk)
    other = desk.other()
    other.channel_id = desk.channel_id
    assert names(other) == []
    assert names(desk) == ["m"]


def test_statuses_are_written_without_telling_any_index(desk: Desk) -> None:
    """The index of failures is on the hottest table: only a failure may cost more."""
    desk.sent("wamid.1")

    def write(session: Any) -> int:
        session.rows("select set_config('app.tenant_id', :t, true)", {"t": desk.tenant_id})
        for status in ("sent", "delivered", "read"):
            sql = f"update message_tracking set status = '{status}', {status}_at = now()"
            session.rows(f"{sql} where source_id = 'm'", {})
        sql = "select n_tup_hot_upd from pg_stat_xact_user_tables where relname = :name"
        return int(session.rows(sql, {"name": "message_tracking"})[0]["n_tup_hot_upd"])

    assert desk.runner.run(desk.database.transaction(write)) == 3
