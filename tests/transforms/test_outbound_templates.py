"""What agents put into templates: taken as it is, encoded, or refused in words."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.genesys.payloads import read
from shared.transforms.outbound import Outbound, Refusal, to_whatsapp
from shared.whatsapp.template import url_end
from tests.wire.graph_rules import broken


def sent(**template: Any) -> Outbound | Refusal:
    element = {"contentType": "Notification", "template": {"id": "shop@t", "language": "en"}}
    element["template"] |= template  # type: ignore[operator]
    made = to_whatsapp(
        read({"id": "g", "type": "Structured", "content": [element]}), "4915100000101"
    )
    assert isinstance(made, Outbound | Refusal)
    return made


def button(kind: str, value: str) -> Outbound | Refusal:
    return sent(buttons=[{"type": kind, "text": "Open", "parameters": [{"text": value}]}])


def parameter(made: Outbound | Refusal) -> dict[str, Any]:
    assert isinstance(made, Outbound)
    [part] = made.parts
    assert broken(part.body) == []
    [component] = part.body["template"]["components"]
    [found] = component["parameters"]
    return dict(found)


@pytest.mark.parametrize(
    ("written", "end"),
    [
        ("8812", "8812"),
        ("order 88/12", "order%2088/12"),
        ("m\u00fcnchen?x=a b&y=1", "m%C3%BCnchen?x=a%20b&y=1"),
        ("https://shop.example/t/8812", "https://shop.example/t/8812"),
        ("8812#part-2", "8812#part-2"),
        (" 8812\n", "8812"),
        ("a%20b 50%", "a%20b%2050%25"),
        ("a\u200bb", "a%E2%80%8Bb"),
        ("one\ntwo", "one%0Atwo"),
        ('<"x">', "%3C%22x%22%3E"),
    ],
)
def test_the_end_of_a_buttons_link_is_encoded_and_nothing_is_left_out(
    written: str, end: str
) -> None:
    assert parameter(button("Url", written)) == {"type": "text", "text": end}


def test_a_whole_link_is_not_put_behind_its_own_beginning() -> None:
    given = {"type": "Url", "text": "Open", "url": "https://shop.example/t/{{1}}"}
    one = {**given, "parameters": [{"text": "https://shop.example/t/88 12"}]}
    assert parameter(sent(buttons=[one])) == {"type": "text", "text": "88%2012"}


@given(st.text(max_size=40))
def test_a_link_holds_all_that_was_written_and_is_encoded_once(text: str) -> None:
    end = url_end(text)
    assert end.isascii()
    assert not set(end) & set(' \n\t<>"')
    assert url_end(end) == end
    if "%" not in text:
        assert unquote(end) == text.strip()


def test_a_link_that_is_too_long_is_refused_in_words() -> None:
    made = button("Url", "\u00e9" * 400)
    assert isinstance(made, Refusal)
    assert "too long" in made.words


def test_a_coupon_code_goes_as_it_is() -> None:
    assert parameter(button("CopyCode", " SAVE20 ")) == {
        "type": "coupon_code",
        "coupon_code": "SAVE20",
    }


@pytest.mark.parametrize("code", ["SAVE 20", "SAVE-20", "S" * 16, "\u00dcBER", "SA\u200bVE", "20%"])
def test_a_coupon_code_that_meta_refuses_is_refused_in_words_and_never_changed(code: str) -> None:
    made = button("copy_code", code)
    assert isinstance(made, Refusal)
    assert made.reason == "InvalidMessageStructure"
    assert "1 to 15 letters and digits" in made.words


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("Abc               bed", "Abc bed"),
        ("88\n12\tx", "88 12 x"),
        ("", "-"),
        ("\u200b", "-"),
        ("\u3164", "-"),
        ("Ana\u2028Lima", "Ana Lima"),
        ("\u00a0\u00a0\u00a0\u00a0\u00a08812", "8812"),
    ],
)
def test_a_parameter_is_such_as_meta_takes(written: str, value: str) -> None:
    made = sent(body={"text": "Hello {{1}}", "parameters": [{"name": "1", "text": written}]})
    assert parameter(made) == {"type": "text", "text": value}


@pytest.mark.parametrize("part", ["header", "body"])
def test_the_agent_is_told_when_the_words_of_a_template_were_cut(part: str) -> None:
    words = {"text": "Hello {{1}}", "parameters": [{"name": "1", "text": "word " * 400}]}
    made = sent(**{part: words})
    assert isinstance(made, Outbound)
    assert [lost.reason for lost in made.lost] == ["InvalidMessageStructure"]
    assert parameter(made)["text"].endswith("\u2026")
