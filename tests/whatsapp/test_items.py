from __future__ import annotations

from typing import Any

import pytest

from shared.whatsapp.items import message_key, message_type, read_error, refers_to, sender


@pytest.mark.parametrize("bad", ["", " ", "+", "1" * 256, "a\nb", None, [], {}, True])
def test_an_id_that_is_none_gives_way_to_the_next(bad: Any) -> None:
    customer = sender({"from": bad, "from_user_id": "US.5550001"}, None)
    assert (customer.wa_id, customer.bsuid, customer.id) == (None, "US.5550001", "US.5550001")


def test_an_id_of_no_known_form_is_kept_so_that_the_message_is_shown() -> None:
    assert sender({"from": "group-thing@x"}, None).id == "group-thing@x"
    assert sender({"from": "group-thing@x", "from_user_id": "US.1"}, None).id == "US.1"


def test_a_number_and_a_bsuid_are_both_told_and_the_number_is_the_id() -> None:
    card = {"wa_id": "15550001111", "user_id": "US.1", "profile": {"name": "A", "username": "a"}}
    customer = sender({"from_user_id": "US.1"}, card)
    assert (customer.id, customer.bsuid, customer.name, customer.username) == (
        "15550001111",
        "US.1",
        "A",
        "a",
    )


def test_a_message_without_a_usable_wamid_has_one_key_for_ever() -> None:
    first = {"type": "text", "text": {"body": "é"}, "timestamp": "1"}
    again = {"timestamp": "1", "text": {"body": "é"}, "type": "text"}
    assert message_key(first) == message_key(again) != message_key({**first, "timestamp": "2"})
    assert message_key({**first, "id": "wamid.1"}) == "wamid.1"
    assert message_key({**first, "id": "w" * 256}).startswith("nowamid.")


def test_a_type_is_a_short_label() -> None:
    assert message_type({"type": " te\nxt "}) == "te xt"
    assert message_type({"type": "x" * 500}) == "x" * 64
    assert message_type({"id": "1", "from": "2", "image": {}}) == "image"
    assert message_type({"type": 7}) == "7"
    assert message_type({}) == "unknown"


def test_a_reply_names_the_message_that_it_quotes() -> None:
    assert refers_to({"context": {"id": "wamid.Q"}}) == "wamid.Q"
    assert refers_to({"context": {"forwarded": True}}) is None


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        ({"code": "131026", "title": "T"}, 131026, "131026 T"),
        ({"code": 501, "title": "T", "details": "D"}, 501, "501 T: D"),
        ({"code": 1, "message": "M", "error_data": "x"}, 1, "1 M"),
        ({"code": 131000}, 131000, "131000"),
        ({"code": "x", "title": None}, None, ""),
        ({"code": "9" * 5000}, None, ""),
    ],
)
def test_errors_of_every_age(error: dict[str, Any], code: int | None, words: str) -> None:
    read = read_error(error)
    assert (read.code, read.words) == (code, words)
