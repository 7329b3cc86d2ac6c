"""One person's items leave a body; everybody else's stay as they came."""

from typing import Any

import pytest

from shared.erasure.cut import cut, cut_value, suspects
from shared.erasure.marks import Marker, Marks

TENANT = "11111111-1111-4111-8111-111111111111"
MARKER = Marker("k" * 40, TENANT)
ANN, BOB, NEAR = "491511234567", "491517654321", "4915112345678"
ANN_ID = "DE.13491208655302741918"
MARKS = Marks(
    MARKER,
    frozenset(
        MARKER.all("address", [ANN, ANN_ID])
        | MARKER.all("name", [ANN])
        | MARKER.all("message", ["wamid.ann-by-id"])
    ),
)
NOBODY: frozenset[str] = frozenset()


def said(who: str, id_: str = "wamid.x", **more: Any) -> dict[str, Any]:
    return {"from": who, "id": id_, "type": "text", "text": {"body": "hello"}, **more}


def body(*values: dict[str, Any]) -> dict[str, Any]:
    changes = [{"field": "messages", "value": value} for value in values]
    return {"object": "whatsapp_business_account", "entry": [{"id": "waba", "changes": changes}]}


def value(**lists: Any) -> dict[str, Any]:
    return {"metadata": {"phone_number_id": "1", "display_phone_number": "4930123"}, **lists}


@pytest.mark.parametrize("told", [ANN, f"+{ANN}", "+49 151 123 4567", "0049-151-1234567"])
def test_one_mark_stands_for_every_spelling_of_a_number(told: str) -> None:
    assert MARKS.has("address", told)


def test_a_mark_is_of_one_tenant_one_kind_and_one_key_and_tells_nothing() -> None:
    mark = MARKER.of("address", ANN)
    others = {
        Marker("k" * 40, TENANT.replace("1", "2")).of("address", ANN),
        Marker("l" * 40, TENANT).of("address", ANN),
        MARKER.of("name", ANN),
        MARKER.of("address", NEAR),
    }
    assert mark not in others
    assert ANN not in mark
    assert len(others) == 4


def test_a_body_of_two_people_keeps_the_other_s_items_as_they_came() -> None:
    contacts = [{"wa_id": ANN, "profile": {"name": "Ann"}}, {"wa_id": BOB}]
    done = cut(body(value(messages=[said(ANN), said(BOB)], contacts=contacts)), MARKS, NOBODY)
    assert done.left == body(value(messages=[said(BOB)], contacts=[{"wa_id": BOB}]))
    assert (done.removed, done.ids) == (2, ["wamid.x"])


@pytest.mark.parametrize(
    "lists",
    [
        {"messages": [said(ANN)], "contacts": [{"wa_id": ANN}]},
        {"messages": [{"from_user_id": ANN_ID, "id": "wamid.1"}]},
        {"statuses": [{"id": "wamid.2", "status": "read", "recipient_id": ANN}]},
        {"statuses": [{"id": "wamid.2", "recipient_user_id": ANN_ID}]},
        {"messages": [said("499", "wamid.ann-by-id")]},
        {"message_echoes": [{"from": "4930123", "to": ANN, "id": "wamid.3"}]},
        {"calls": [{"from": ANN, "to": "4930123", "id": "wacid.1"}]},
        {"user_preferences": [{"wa_id": ANN, "value": "stop"}]},
        {"user_id_update": [{"wa_id": "1", "user_id": {"previous": ANN_ID, "current": "DE.9"}}]},
        {"state_sync": [{"type": "contact", "contact": {"phone_number": ANN}}]},
        {"history": [{"threads": [{"id": ANN, "messages": [{"from": "4930123", "id": "w"}]}]}]},
    ],
)
def test_what_is_the_person_s_alone_leaves_nothing(lists: dict[str, Any]) -> None:
    assert cut(body(value(**lists)), MARKS, NOBODY).left is None


@pytest.mark.parametrize(
    "item",
    [
        said(NEAR),
        said(BOB, contacts=[{"phones": [{"phone": f"+{ANN}", "wa_id": ANN}]}]),
        said(BOB, context={"from": ANN, "id": "wamid.ann"}),
        said(BOB, text={"body": ANN}),
    ],
)
def test_a_stranger_s_message_stays_whole_even_when_it_mentions_the_person(
    item: dict[str, Any],
) -> None:
    given = body(value(messages=[item]))
    done = cut(given, MARKS, NOBODY)
    assert (done.left, done.removed) == (given, 0)


def test_a_message_from_the_number_that_was_another_s_then_stays() -> None:
    given = body(value(messages=[said(ANN, "wamid.before"), said(ANN, "wamid.now")]))
    assert list(suspects(given, MARKS)) == ["wamid.before", "wamid.now"]
    done = cut(given, MARKS, frozenset({"wamid.before"}))
    assert done.left == body(value(messages=[said(ANN, "wamid.before")]))


def test_a_card_goes_or_stays_with_the_messages_of_its_number() -> None:
    card = [{"wa_id": "499", "profile": {"name": "whoever"}}]
    theirs = body(value(messages=[said("499", "wamid.ann-by-id")], contacts=card))
    assert cut(theirs, MARKS, NOBODY).left is None
    own = [{"wa_id": ANN, "profile": {"name": "who had it before"}}]
    before = body(value(messages=[said(ANN, "wamid.before")], contacts=own))
    assert cut(before, MARKS, frozenset({"wamid.before"})).left == before
    told = [{"wa_id": ANN, "user_id": "DE.999"}, {"wa_id": ANN, "user_id": ANN_ID}]
    both = body(value(messages=[said(ANN, "wamid.before")], contacts=told))
    left = cut(both, MARKS, frozenset({"wamid.before"})).left
    assert left == body(value(messages=[said(ANN, "wamid.before")], contacts=told[:1]))


def test_of_a_shared_body_only_this_tenant_s_changes_are_looked_into() -> None:
    given = body(value(messages=[said(ANN)]))
    assert cut(given, MARKS, NOBODY, lambda _entry, _change: False).left == given
    assert cut(given, MARKS, NOBODY, lambda entry, _change: entry["id"] == "waba").left is None


@pytest.mark.parametrize("odd", [None, [], "x", {}, {"entry": {}}, {"entry": [{"changes": 3}]}])
def test_what_is_no_webhook_is_left_as_it_is(odd: Any) -> None:
    assert cut(odd, MARKS, NOBODY).left == odd


def test_a_very_deep_body_raises_nothing() -> None:
    deep: Any = {"messages": [said(ANN)]}
    for _ in range(200):
        deep = {"deep": [deep]}
    assert cut_value(deep, MARKS, NOBODY).removed == 0
