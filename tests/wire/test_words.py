"""What can be seen in a string, and what is taken out of one."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.genesys.build import person
from shared.genesys.payloads import read
from shared.transforms.inbound_context import Reading
from shared.transforms.inbound_types import sent_words
from shared.transforms.outbound import Outbound, Refusal, to_whatsapp
from shared.whatsapp.items import customer_of
from shared.whatsapp.template import NOTHING, clean
from shared.wire.fields import first_readable, readable
from shared.wire.words import cleaned, cleaned_json, unmarked, visible
from tests.wire.strategies import anything

UNSEEN = {
    "blanks": " \t\n\u00a0\u1680\u2003\u202f\u205f\u3000\u2028\u2029",
    "marks of width and direction": "\u200b\u200c\u200d\u200e\u200f\u202e\u2066\u2069\ufeff\u061c",
    "a soft hyphen": "\u00ad",
    "Hangul fillers, which are letters": "\u115f\u1160\u3164\uffa0",
    "variation selectors, which are marks": "\ufe00\ufe0f\U000e0100\u180b",
    "the grapheme joiner": "\u034f",
    "Khmer vowels that show nothing": "\u17b4\u17b5",
    "tags without their flag": "\U000e0001\U000e0067\U000e007f",
    "the empty braille pattern": "\u2800",
    "unassigned, but to be ignored": "\u2065\ufff0\U000e0fff",
    "anchors of annotations": "\ufff9\ufffa\ufffb",
    "marks of music": "\U0001d159\U0001d173\U0001d17a",
    "controls": "\0\x1b\x7f\x85\x9b",
    "no characters": "\ufffe\uffff\ufdd0",
}
SEEN = [
    *("a", "0", ".", "\u0301", "\ufffd", "\u0600", "\u2801", "\U000f0000", "\uac00", "\u1100"),
    *("\U0001f3f4\U000e0067\U000e0062\U000e007f", "\U0001f469\u200d\U0001f467", "\u2764\ufe0f"),
]


@pytest.mark.parametrize("text", UNSEEN.values(), ids=list(UNSEEN))
def test_what_shows_nothing_counts_as_empty_whatever_its_category(text: str) -> None:
    assert not visible(text)
    assert not any(map(visible, text))
    assert readable(text) is None
    assert clean(text) == NOTHING


@pytest.mark.parametrize("text", SEEN)
def test_what_shows_something_stays_with_its_joiners_and_tags(text: str) -> None:
    assert readable(f"\u200b{text}") == f"\u200b{text}"
    assert cleaned(text) == text


def test_the_first_member_that_shows_something_is_taken() -> None:
    assert first_readable({"a": "\u3164", "b": None, "c": 7, "d": "x"}, "a", "b", "c", "d") == "7"
    assert first_readable({"a": "\u3164"}, "a", "b") is None


@given(st.text())
def test_cleaned_text_holds_no_control_but_breaks_and_tabs(text: str) -> None:
    found = cleaned(text)
    assert all(unicodedata.category(one) != "Cc" or one in "\n\t" for one in found)
    assert cleaned(found) == found
    assert [one for one in found if one not in "\n\t"] == [
        one for one in text if unicodedata.category(one) != "Cc"
    ]


@given(anything)
def test_a_cleaned_json_value_has_the_same_shape(value: object) -> None:
    assert cleaned_json(cleaned_json(value)) == cleaned_json(value)


def test_invisible_marks_are_left_out_of_what_is_compared() -> None:
    assert unmarked("\u202a+49\u200b151\u202c\ufeff\u2069\0") == "+49151"


@pytest.mark.parametrize("nothing", UNSEEN.values(), ids=list(UNSEEN))
def test_a_profile_without_a_name_to_see_has_none(nothing: str) -> None:
    assert "nickname" not in person("4915100000101", nothing)
    found = customer_of({"profile": {"name": nothing, "username": "ana"}}, "4915100000101")
    assert (found.name, found.username) == (None, "ana")


@pytest.mark.parametrize("nothing", UNSEEN.values(), ids=list(UNSEEN))
def test_a_customers_text_without_anything_to_see_is_told_as_blank(nothing: str) -> None:
    assert sent_words(Reading({"type": "text", "text": {"body": nothing}})) == "[blank message]"


@pytest.mark.parametrize("nothing", UNSEEN.values(), ids=list(UNSEEN))
def test_an_agents_text_and_labels_without_anything_to_see_are_not_sent(nothing: str) -> None:
    reply = {"contentType": "QuickReply", "quickReply": {"text": nothing, "payload": "yes"}}
    body = {"type": "Structured", "text": nothing, "content": [reply]}
    shown = to_whatsapp(read(body), "4915100000101")
    assert isinstance(shown, Outbound)
    assert [option.text for option in shown.options] == ["yes"]
    alone = to_whatsapp(read({"type": "Text", "text": nothing}), "4915100000101")
    assert isinstance(alone, Refusal)
    assert alone.reason == "InvalidMessageStructure"


def test_controls_inside_json_inside_a_string_are_cleaned() -> None:
    form = {
        "name": "flow",
        "response_json": '{"na\\u0000me": "A\\u0000na\\u001b", "l": ["x\\u0007"]}',
    }
    message = {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": form}}
    assert sent_words(Reading(message)) == "[flow]\nname: Ana\nl: x"
