"""A message that cannot be shown as what it is still shows the words that it holds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from shared.transforms.inbound_context import Reading
from shared.transforms.inbound_types import sent_words
from tests.wire.strategies import anything

UNSUPPORTED = {
    "code": 131051,
    "title": "Message type unknown",
    "error_data": {"details": "Message type is currently not supported."},
}


def shown(**message: Any) -> str:
    return sent_words(Reading({"id": "w", "from": "4915100000101", **message}))


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"text": {"body": "Hello"}}, "[unsupported message: unknown]\nHello"),
        ({"text": "Hello"}, "[unsupported message: unknown]\nHello"),
        ({"body": "Hello"}, "[unsupported message: unknown]\nHello"),
        (
            {"errors": [UNSUPPORTED], "unsupported": {"type": "poll_creation", "title": "Lunch?"}},
            "[unsupported message: poll creation]\nLunch?",
        ),
        (
            {"unsupported": {"type": "gif", "caption": "so\nfunny"}, "errors": [UNSUPPORTED]},
            "[unsupported message: gif]\nso funny",
        ),
        (
            {"unsupported": {"type": "gif"}, "errors": [{"code": 1, "title": "Too large"}]},
            "[unsupported message: gif: Too large]",
        ),
        (
            {"errors": [{"code": 131060, "title": "unavailable"}], "text": {"body": "Hi"}},
            "[a message that WhatsApp does not show here: ask the customer to repeat it]\nHi",
        ),
        ({"text": {"body": "\u200b"}}, "[unsupported message: unknown]"),
    ],
)
def test_an_unsupported_message_shows_its_words(message: dict[str, Any], words: str) -> None:
    assert shown(type="unsupported", **message) == words


def test_so_does_a_type_that_is_yet_to_come() -> None:
    poll = {"name": "Lunch?", "options": [{"name": "Pizza", "id": "1"}, {"name": "Soup"}]}
    told = shown(type="poll", poll=poll)
    assert told == "[unsupported message: poll]\nLunch?\nPizza\nSoup"


def test_ids_and_numbers_are_no_words_and_lines_are_bounded() -> None:
    told = shown(type="new", new={"id": "x", "user": "4915", "list": [{"text": "y" * 900}] * 90})
    head, *lines = told.splitlines()
    assert head == "[unsupported message: new]"
    assert len(lines) == 20
    assert {len(line) for line in lines} == {500}


@given(anything)
def test_any_value_is_told_in_words(value: Any) -> None:
    assert shown(type="unsupported", unsupported=value, new=value).startswith("[")
