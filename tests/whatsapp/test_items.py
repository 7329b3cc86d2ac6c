from __future__ import annotations

from typing import Any

import pytest

from shared.whatsapp.items import (
    Media,
    media_of,
    message_key,
    message_type,
    read_error,
    refers_to,
    sender,
    tapped,
)


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
    ("message", "about"),
    [
        ({"type": "reaction", "reaction": {"message_id": "w"}, "context": {"id": "c"}}, "w"),
        ({"type": "reaction", "reaction": {"emoji": "x"}, "context": {"id": "c"}}, "c"),
        ({"type": "edit", "edit": {"original_message_id": "w"}}, "w"),
        ({"type": "revoke", "revoke": {"original_message_id": "w"}}, "w"),
        ({"type": "text", "text": {"message_id": "w"}}, None),
    ],
)
def test_what_a_message_is_about(message: dict[str, Any], about: str | None) -> None:
    assert refers_to(message) == about


TRACKING = "0b54c6a1-2f0e-4c55-9a6d-7b1d1f2e3a4b"


@pytest.mark.parametrize(
    ("message", "option"),
    [
        ({"interactive": {"button_reply": {"id": f"{TRACKING}.1"}}}, (TRACKING, 1)),
        ({"interactive": {"list_reply": {"id": f"{TRACKING}.12"}}}, (TRACKING, 12)),
        ({"button": {"payload": f"{TRACKING}.3"}}, (TRACKING, 3)),
        ({"interactive": {"list_reply": {"id": "their-own"}}}, None),
        ({"interactive": {"button_reply": [f"{TRACKING}.1"]}}, None),
        ({}, None),
    ],
)
def test_an_option_of_ours_is_known_again(
    message: dict[str, Any], option: tuple[str, int] | None
) -> None:
    assert tapped(message) == option


def test_a_file_is_told_with_all_that_meta_says_of_it() -> None:
    told = {"id": "7", "mime_type": "audio/ogg; codecs=opus", "sha256": "x=", "voice": True}
    found = media_of({"type": "audio", "audio": {**told, "url": "https://a.example/1"}})
    assert found == Media("7", "voice", "audio/ogg; codecs=opus", "x=", url="https://a.example/1")
    long = media_of({"type": "document", "document": {"id": "7", "filename": "n" * 2000 + ".pdf"}})
    assert long is not None
    assert (len(long.filename or ""), (long.filename or "")[-4:]) == (1000, ".pdf")


@pytest.mark.parametrize(
    "message",
    [
        {"type": "text", "text": {"id": "7"}},
        {"type": "image", "image": {}},
        {"type": "image", "image": {"id": "a/b"}},
        {"type": "image", "image": {"id": "7" * 256}},
        {"type": "image", "image": {"id": "7"}, "errors": [{"code": 400}]},
    ],
)
def test_what_cannot_be_fetched_is_no_file(message: dict[str, Any]) -> None:
    assert media_of(message) is None


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
