from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.whatsapp.items import status_subject
from shared.whatsapp.payloads import (
    Broken,
    MessageItem,
    OtherChange,
    StatusItem,
    guess_phone,
    guess_waba,
    walk,
)
from tests.wire.strategies import anything, mutated


def message(wamid: str, **more: Any) -> dict[str, Any]:
    return {
        "id": wamid,
        "from": "15550001111",
        "timestamp": "1795435200",
        "type": "text",
        "text": {"body": "hi"},
        **more,
    }


def change(phone: str, **value: Any) -> dict[str, Any]:
    return {
        "field": "messages",
        "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "+1 555", "phone_number_id": phone},
            **value,
        },
    }


def body(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"object": "whatsapp_business_account", "entry": list(entries)}


def entry(waba: str, *changes: Any) -> dict[str, Any]:
    return {"id": waba, "changes": list(changes)}


MIXED = body(
    entry(
        "waba-1",
        change("phone-1", messages=[message("m1"), message("m2")], statuses=[{"id": "s1"}]),
        {"field": "account_update", "value": {"event": "VERIFIED_ACCOUNT"}},
    ),
    entry("waba-2", change("phone-2", messages=[message("m3", **{"from": "4915"})])),
)


def test_every_item_of_every_entry_and_change_in_order_with_its_own_ids() -> None:
    found = walk(MIXED).items
    assert [(type(item), item.waba_id, item.phone_number_id) for item in found] == [
        (MessageItem, "waba-1", "phone-1"),
        (MessageItem, "waba-1", "phone-1"),
        (StatusItem, "waba-1", "phone-1"),
        (OtherChange, "waba-1", None),
        (MessageItem, "waba-2", "phone-2"),
    ]
    assert found[4].path == "entry[1].changes[0].messages[0]"


def test_a_contact_is_found_by_its_ids_and_never_by_its_place() -> None:
    contacts = [
        {"wa_id": "15550002222", "profile": {"name": "Two"}},
        {"user_id": "US.9", "profile": {"name": "Nine"}},
        {"wa_id": "15550001111", "profile": {"name": "One"}},
    ]
    senders: list[dict[str, Any]] = [
        {"from": "15550001111"},
        {"from": "", "from_user_id": "US.9"},
        {"from": "US.9"},
        {"from": "15550003333"},
        {},
    ]
    walked = walk(body(entry("w", change("p", contacts=contacts, messages=senders))))
    names = [item.contact and item.contact["profile"]["name"] for item in walked.messages]
    assert names == ["One", "Nine", "Nine", None, None]


def test_a_contact_is_found_by_another_spelling_of_its_number() -> None:
    contacts = [{"wa_id": "551187654321"}, {"wa_id": "15550001111"}]
    messages = [message("m1", **{"from": "5511987654321"})]
    [item] = walk(body(entry("w", change("p", contacts=contacts, messages=messages)))).messages
    assert item.contact == contacts[0]


WRITTEN = [
    "+4915112345678",
    "004915112345678",
    " 4915112345678 ",
    "+49 151 12345678",
    "+49 (151) 1234-5678",
    "\u200e+49\u00a0151\u00a012345678\u2069",
]


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize(("key", "items"), [("from", "messages"), ("recipient_id", "statuses")])
def test_a_number_finds_its_contact_however_it_is_written(
    written: str, key: str, items: str
) -> None:
    for one, other in ((written, "4915112345678"), ("4915112345678", written)):
        contacts = [{"wa_id": "4915112345679"}, {"wa_id": other, "profile": {"name": "Ana"}}]
        value = change("p", contacts=contacts, **{items: [{"id": "m1", key: one}, {"id": "m2"}]})
        found = walk(body(entry("w", value))).items[0]
        assert isinstance(found, MessageItem | StatusItem)
        assert found.contact == contacts[1]


def test_a_parent_s_user_id_finds_its_contact() -> None:
    contacts = [{"parent_user_id": "DE.ENT.7", "profile": {"name": "Ana"}}, {"wa_id": "1555000"}]
    messages = [message("m1", **{"from": "", "from_parent_user_id": "DE.ENT.7"})]
    [item] = walk(body(entry("w", change("p", contacts=contacts, messages=messages)))).messages
    assert item.contact == contacts[0]


def test_a_lone_contact_is_of_a_lone_message_that_names_nobody() -> None:
    contacts, nobody = [{"wa_id": "15550001111"}], {"id": "m1", "type": "request_welcome"}
    one = walk(body(entry("w", change("p", contacts=contacts, messages=[nobody]))))
    assert [item.contact for item in one.messages] == contacts
    two = change("p", contacts=contacts, messages=[nobody, message("m2")])
    assert [item.contact for item in walk(body(entry("w", two))).messages] == [None, contacts[0]]
    named = change("p", contacts=contacts, messages=[message("m1", **{"from": "15550003333"})])
    assert [item.contact for item in walk(body(entry("w", named))).messages] == [None]


def test_a_broken_item_stands_beside_good_ones() -> None:
    walked = walk(body(entry("w", change("p", messages=[message("m1"), None, 7, message("m2")]))))
    assert [item.message["id"] for item in walked.messages] == ["m1", "m2"]
    assert [(item.path, item.value) for item in walked.broken] == [
        ("entry[0].changes[0].messages[1]", None),
        ("entry[0].changes[0].messages[2]", 7),
    ]


def test_a_broken_change_or_entry_stands_beside_good_ones() -> None:
    walked = walk(body(entry("w", 5, change("p", messages=[message("m1")]), {"value": []})))
    assert len(walked.messages) == 1
    assert len(walked.broken) == 2
    walked = walk({"entry": ["x", entry("w", change("p", messages=[message("m1")]))]})
    assert len(walked.messages) == 1
    assert [item.path for item in walked.broken] == ["entry[0]"]


def test_account_errors_and_empty_changes_are_kept() -> None:
    errors = [{"code": 130429, "title": "slow down"}]
    walked = walk(body(entry("w", change("p", errors=errors), change("p"))))
    assert [item.value.get("errors") for item in walked.others] == [errors, None]
    walked = walk(body(entry("w", change("p", errors=errors, messages=[message("m1")]))))
    assert (len(walked.messages), len(walked.others)) == (1, 1)


def test_calls_are_no_statuses_and_other_products_are_no_entries() -> None:
    ringing = {"field": "calls", "value": {"statuses": [{"type": "call", "status": "RINGING"}]}}
    assert [item.field for item in walk(body(entry("w", ringing))).others] == ["calls"]
    page = {"object": "page", "entry": [entry("w", change("p", messages=[message("m1")]))]}
    assert [item.field for item in walk(page).items if isinstance(item, OtherChange)] == ["page"]


def guessed(value: Any) -> tuple[str | None, str | None]:
    raw = json.dumps(value).encode()
    return guess_phone(raw), guess_waba(raw)


def test_routing_is_guessed_from_the_first_ids_anywhere() -> None:
    assert guessed(MIXED) == ("phone-1", "waba-1")
    assert guessed({"entry": [None, {"changes": [None]}, MIXED["entry"][1]]}) == (
        "phone-2",
        "waba-2",
    )
    assert guessed([]) == (None, None)


@given(anything)
def test_any_json_is_walked(value: Any) -> None:
    found = walk(value)
    sorted_out = [*found.messages, *found.statuses, *found.others, *found.broken]
    assert len(found.items) == len(sorted_out) > 0 or value.get("entry") is not None
    guessed(value)


items = st.lists(st.one_of(st.just(message("m")), anything), max_size=4)


@given(st.lists(st.lists(st.tuples(items, items), max_size=3), max_size=3))
def test_items_in_are_items_out(entries: list[list[tuple[list[Any], list[Any]]]]) -> None:
    value = body(
        *(
            entry(
                "w",
                *(
                    change("p", messages=messages, statuses=statuses)
                    for messages, statuses in changes
                ),
            )
            for changes in entries
        )
    )
    found = walk(value).items
    assert len(found) == sum(
        max(1, len(messages) + len(statuses))
        for changes in entries
        for messages, statuses in changes
    )
    given_objects = sum(
        isinstance(item, dict)
        for changes in entries
        for messages, statuses in changes
        for item in (*messages, *(one for one in statuses if not about_another(one)))
    )
    assert sum(isinstance(item, MessageItem | StatusItem) for item in found) == given_objects
    assert all(isinstance(item, MessageItem | StatusItem | OtherChange | Broken) for item in found)


def about_another(status: Any) -> bool:
    return isinstance(status, dict) and status_subject(status) is not None


GOOD = change("phone-2", contacts=[{"wa_id": "4915"}], messages=[message("m3")])


@given(mutated(change("phone-1", contacts=[{"wa_id": "15550001111"}], messages=[message("m1")])))
def test_a_mutated_change_never_hurts_its_neighbours(bent: Any) -> None:
    walked = walk(body(entry("waba-1", GOOD, bent, GOOD), entry("waba-2", GOOD)))
    assert sum(item.phone_number_id == "phone-2" for item in walked.messages) >= 3
