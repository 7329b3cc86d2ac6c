"""Whose items of one webhook share a line: those that name an id in common."""

from __future__ import annotations

from typing import Any

import pytest

from shared.doors.arrival import Arrival
from shared.doors.groups import groups_of
from shared.doors.whatsapp_events import posts_of, told_apart
from shared.messaging.envelope import EventType
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES, INBOUND_WHATSAPP_STATUSES
from shared.runtime.clock import utcnow
from shared.whatsapp.payloads import walk
from tests.doors.owner import OWNER

OTHER = OWNER.model_copy(update={"channel_id": "1c7b1f44-3d0a-4c6e-8a53-3a4bb9c8f1aa"})
ARRIVAL = Arrival(utcnow(), "webhooks-inbound", "a/b.json")
OLD, NEW, U1, U2 = "4915100000001", "4915100000002", "DE.1", "DE.2"
NEWS = {"type": "system", "from": OLD, "system": {"type": "user_changed_number", "wa_id": NEW}}


def items(*messages: dict[str, Any], field: str = "messages", **value: Any) -> list[Any]:
    value |= {"messages": list(messages)} if messages else {}
    body = {"entry": [{"id": "w", "changes": [{"field": field, "value": value}]}]}
    return told_apart([(item, OWNER) for item in walk(body).items])


def wrote(**ids: Any) -> dict[str, Any]:
    return {"type": "text", "text": {"body": "hi"}, **ids}


def of_user(update: dict[str, Any]) -> dict[str, Any]:
    return {"user_id_update": [update]}


TOGETHER = {
    "a number, and later the id with it": (
        wrote(**{"from": OLD}),
        wrote(from_user_id=U1, **{"from": OLD}),
    ),
    "an id, and later the number with it": (
        wrote(from_user_id=U1),
        wrote(from_user_id=U1, **{"from": OLD}),
    ),
    "the number written in two ways": (wrote(**{"from": "+4915100000001"}), wrote(**{"from": OLD})),
    "two spellings of a country": (
        wrote(**{"from": "5511987654321"}),
        wrote(**{"from": "551187654321"}),
    ),
    "a parent's id": (
        wrote(from_parent_user_id="DE.ENT.7"),
        wrote(from_user_id=U1, from_parent_user_id="DE.ENT.7"),
    ),
    "a new number, and who writes with it": (NEWS, wrote(**{"from": NEW})),
    "the same the other way round": (wrote(**{"from": NEW}), NEWS),
    "a new user id that names the one before": (
        {"type": "system", "system": {"user_id": U2, "previous_user_id": U1}},
        wrote(from_user_id=U2),
    ),
}


@pytest.mark.parametrize("case", TOGETHER)
def test_items_with_an_id_in_common_share_a_line(case: str) -> None:
    first, second = TOGETHER[case]
    stranger = wrote(**{"from": "15550009999"})
    made = [post.event.partitionkey for post in posts_of(items(first, stranger, second), ARRIVAL)]
    assert len(made) == 3
    assert made[0] == made[2] != made[1]


def test_the_contact_s_ids_count_too() -> None:
    contacts = [{"wa_id": OLD, "user_id": U1}, {"wa_id": "15550009999"}]
    made = items(wrote(**{"from": OLD}), wrote(from_user_id=U1), contacts=contacts)
    assert len({post.event.partitionkey for post in posts_of(made, ARRIVAL)}) == 1


def test_the_line_is_the_one_of_before_when_ids_change_and_else_the_user_id_s() -> None:
    [group] = groups_of(items(wrote(**{"from": NEW}), NEWS))
    assert (group.own, list(group.ids)) == (OLD, [NEW, OLD])
    [group] = groups_of(items(wrote(from_user_id=U1, **{"from": OLD})))
    assert (group.own, list(group.ids)) == (U1, [U1, OLD])


def test_changes_of_one_person_are_told_in_the_webhook_s_order() -> None:
    user_id = {"type": "system", "system": {"user_id": U2, "previous_user_id": U1}}
    both = wrote(from_user_id=U2, **{"from": NEW})
    [group] = groups_of(items(user_id, NEWS, both))
    assert [change.previous.bsuid for change in group.changes] == [U1, None]
    assert [change.previous.wa_id for change in group.changes] == [None, OLD]
    assert len(group.paths) == 3


def test_people_of_two_channels_share_nothing() -> None:
    [(one, _)] = items(wrote(**{"from": OLD}))
    assert len(groups_of([(one, OWNER), (one, OTHER)])) == 2


def test_news_of_user_ids_goes_person_by_person_the_way_of_messages() -> None:
    updates = [
        {"wa_id": OLD, "user_id": {"previous": U1, "current": U2}},
        {"wa_id": "15550009999", "user_id": {"previous": "US.1", "current": "US.2"}},
    ]
    cards = [{"wa_id": OLD}, {"wa_id": "15550009999"}]
    made = items(field="user_id_update", user_id_update=updates, contacts=cards)
    posts = list(posts_of([*made, *items(wrote(from_user_id=U2))], ARRIVAL))
    assert {post.exchange for post in posts} == {INBOUND_WHATSAPP_MESSAGES}
    changes = [post.event for post in posts if post.event.type == EventType.WHATSAPP_CHANGE]
    assert [event.data["value"] for event in changes] == [of_user(one) for one in updates]
    assert len({event.id for event in changes}) == 2
    keys = [post.event.partitionkey for post in posts]
    assert keys[0] == keys[2] != keys[1]


def test_news_that_is_no_change_stays_a_note() -> None:
    odd: list[Any] = [[{"user_id": {"current": U2}}], [7], [], {"user_id": {}}]
    for told in odd:
        [post] = posts_of(items(field="user_id_update", user_id_update=told), ARRIVAL)
        assert post.exchange == INBOUND_WHATSAPP_STATUSES
        assert post.event.data["value"]["user_id_update"] == told


def test_a_suspended_tenant_s_items_are_on_no_line() -> None:
    away = OWNER.model_copy(update={"tenant_status": "suspended"})
    assert told_apart([(item, away) for item, _ in items(NEWS)]) == []
