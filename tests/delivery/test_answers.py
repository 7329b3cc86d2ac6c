"""What is kept of a provider's words and headers, and what is not."""

import math
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.answers import (
    DETAIL_LIMIT,
    LONGEST_WAIT,
    LOOKED_AT,
    bounded_wait,
    json_object,
    private_values,
    retry_after,
    safe_detail,
)

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3),
        (" 2.5 ", 2.5),
        ("-1", 0),
        ("99999999", LONGEST_WAIT),
        ("inf", None),
        ("nan", None),
        ("", None),
        ("soon", None),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("Mon, 23 Nov 2026 12:00:30 -0000", 30),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": header}, now=NOW) == seconds


@given(st.text())
def test_no_header_breaks_it(header: str) -> None:
    wait = retry_after({"Retry-After": header}, now=NOW)
    assert wait is None or 0 <= wait <= LONGEST_WAIT


@given(st.floats())
def test_a_wait_is_bounded(seconds: float) -> None:
    wait = bounded_wait(seconds)
    assert (wait is None) == (not math.isfinite(seconds))
    assert wait is None or 0 <= wait <= LONGEST_WAIT


@pytest.mark.parametrize(
    ("words", "safe"),
    [
        ("(#100) Invalid parameter", "(#100) Invalid parameter"),
        ("Session has expired on 02-Jan-25 10:00", "Session has expired on 02-Jan-25 10:00"),
        (
            "maximum [300] requests within [60] seconds",
            "maximum [300] requests within [60] seconds",
        ),
        ("to +49 151 234 5678 now", "to … now"),
        ("to (0151) 234-5678", "to (…"),
        ("says 'two words' and 'one'", "says … and 'one'"),
        ("it's the customer's", "it's the customer's"),
        ('"naïve"', "…"),
        ("a\nb\tc  d", "a b c d"),
        ("x " * 400, ("x " * 400)[:DETAIL_LIMIT]),
        (None, ""),
        ({"a": 1}, ""),
        (5, "5"),
    ],
)
def test_words_are_kept_without_what_may_be_private(words: Any, safe: str) -> None:
    assert safe_detail(words) == safe


def test_what_was_sent_is_taken_out_wherever_it_stands() -> None:
    assert safe_detail("cannot read helloworld here", ["helloworld"]) == "cannot read … here"
    assert safe_detail("value abc and abcd", ["abc", "abcd"]) == "value … and …"


def test_words_of_the_api_in_a_body_are_not_private() -> None:
    body = {
        "messaging_product": "whatsapp",
        "type": "template",
        "to": "491511234567",
        "template": {
            "name": "order_update",
            "language": {"code": "en_US"},
            "components": [{"type": "body", "parameters": [{"type": "text", "text": "Anna"}]}],
        },
        "contacts": [{"name": {"formatted_name": "Bob"}}],
        "location": {"latitude": 52.5, "name": "Home"},
        "n": True,
    }
    assert set(private_values(body)) == {"491511234567", "Anna", "Bob", "Home", "52.5"}


leaves = st.text(
    min_size=3, max_size=12, alphabet=st.characters(min_codepoint=97, max_codepoint=122)
)


@given(st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(leaves, inner)))
def test_no_leaf_of_a_body_survives_in_the_words(value: Any) -> None:
    private = list(private_values({"text": value}))
    kept = safe_detail(" ".join(private), private)
    assert not any(word in kept for word in private)


PRIVATE = (
    *("anna@shop.example", "https://shop.example/a?b=1", "wamid.HBgNNDkxNTE=", "EAAJZ"),
    *("+49 151 234 5678", "(0151) 234-5678", "abcdefghij0123456789klm", '"what was said"'),
    *("'two words'", "Value [what was said]", "value [a\nb]", "Value [what was said, and no end"),
)


@pytest.mark.parametrize("private", PRIVATE)
def test_what_may_be_private_is_hidden_wherever_the_words_are_cut(private: str) -> None:
    """It stands so that the cut comes before, in and behind it."""
    told = set(private.removeprefix("Value ").removeprefix("value ").strip("'\"[]()").split())
    for place in range(LOOKED_AT - len(private) - 2, LOOKED_AT + 3):
        # One long secret in front of it leaves room for the end of what is looked at.
        front = f"not sent: {'9' * (place - 12)} "
        kept = safe_detail(f"{front}{private} and so on")
        assert not told & set(kept.replace("…", " ").split()), (place, kept)
        assert not any(len(one) > 3 and one[:4] in kept for one in told), (place, kept)


@pytest.mark.parametrize("length", [3, 500, 3 * LOOKED_AT])
def test_a_value_is_hidden_that_ends_behind_what_is_looked_at(length: int) -> None:
    value = ("how are you " * length)[:length]
    for place in (0, 100, LOOKED_AT - length - 1, LOOKED_AT - 5, LOOKED_AT - 2):
        front = f"not sent: {'9' * (place - 11)} " if place > 11 else ""
        kept = safe_detail(f"{front}{value} is too long" + " x" * LOOKED_AT, [value])
        assert "how" not in kept


def test_of_long_words_the_beginning_is_told() -> None:
    words = "(#100) Invalid parameter: " + "it is too long " * 400
    assert safe_detail(words).startswith("(#100) Invalid parameter: it is too long")
    assert safe_detail("a" * 3 * LOOKED_AT) == "…"
    assert safe_detail("Field 'name' is wrong. " + "x " * LOOKED_AT).startswith("Field 'name' is")


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"null", b'"x"', b"{", b"\xff", b"{}{}"])
def test_what_is_no_object_is_nothing(body: bytes) -> None:
    assert json_object(body) is None


def test_an_object_is_read() -> None:
    assert json_object(orjson.dumps({"a": 1})) == {"a": 1}
