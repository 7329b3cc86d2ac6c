from __future__ import annotations

import json
import tracemalloc
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.wire.body import HEAVIEST, PayloadError, loads, weight
from shared.wire.words import cleaned_json
from tests.wire.strategies import anything


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"{", "not JSON"),
        (b'{"a":1}x', "not JSON"),
        (b"hub.mode=subscribe", "not JSON"),
        (b'{"a":"\xff"}', "not UTF-8: byte 6"),
        ('{"a":"ä"}'.encode("latin-1"), "not UTF-8"),
        (b"[]", "a JSON list"),
        (b"null", "a JSON NoneType"),
        (b'"text"', "a JSON str"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "deeper than 64"),
        (b'{"a":' + b"[" * 100 + b"]" * 100 + b"}", "deeper than 64"),
        (b'{"a":' + b"[" * 500_000 + b"]" * 500_000 + b"}", "too many"),
        (b"[" * 1_000_000, "too many"),
        (b"[" * 50_000, "not JSON|deeper than"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused_in_words(raw: bytes, words: str) -> None:
    with pytest.raises(PayloadError, match=words):
        loads(raw)


def test_refusal_words_hold_nothing_of_the_body() -> None:
    with pytest.raises(PayloadError) as refused:
        loads(b'{"body":"my card is 4111"')
    assert "4111" not in str(refused.value)


def test_exactly_the_allowed_depth_passes() -> None:
    assert loads(b'{"a":' * 64 + b"1" + b"}" * 64)
    assert loads(b'{"a":[[1]]}', max_depth=3)
    with pytest.raises(PayloadError, match="deeper than 2"):
        loads(b'{"a":[[1]]}', max_depth=2)


def test_many_brackets_are_not_depth() -> None:
    assert len(loads(b'{"a":[' + b"{}," * 10_000 + b"{}]}")["a"]) == 10_001


@pytest.mark.parametrize(
    ("escaped", "read"),
    [
        (rb"cut \ud83d", "cut \ufffd"),
        (rb"\ude00 tail", "\ufffd tail"),
        (rb"\ud83d\ude00", "😀"),
        (rb"\ud83d\ude00\ud83d", "😀\ufffd"),
        (rb"\\ud83d", r"\ud83d"),
        (rb"\\\ud83d", "\\\ufffd"),
        (rb"\ud83d\ud83d\ude00", "\ufffd😀"),
    ],
)
def test_half_an_emoji_does_not_lose_the_batch(escaped: bytes, read: str) -> None:
    assert loads(b'{"body":"' + escaped + b'"}') == {"body": read}


def test_a_body_that_would_take_much_memory_is_not_read() -> None:
    for one in (b'{"":1},', b"[],", b'"",', b'{"":{"":[{}]}},'):
        raw = b'{"x":[' + one * (3_000_000 // len(one)) + b"1]}"
        with pytest.raises(PayloadError, match="too many values"):
            loads(raw)


def test_a_weight_is_about_the_memory_that_a_body_takes_and_not_less() -> None:
    for one in (b'{"":1},', b"[],", b'{"a":"b","c":1.5},', b'[[],{"":{}}],'):
        raw = b'{"x":[' + one * 10_000 + b"1]}"
        tracemalloc.start()
        value = json.loads(raw)
        took, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert value
        assert took < weight(raw) < HEAVIEST, one


def test_what_stands_in_strings_is_no_weight() -> None:
    assert loads(b'{"text":"%s"}' % (b",{[" * 1_000_000))


def test_the_largest_body_of_history_is_read() -> None:
    message: dict[str, Any] = {
        "from": "491",
        "id": "wamid." + "x" * 60,
        "timestamp": "1",
        "type": "text",
    }
    message |= {"text": {"body": "x" * 80}, "history_context": {"status": "READ"}, "to": "492"}
    assert loads(json.dumps({"messages": [message] * 10_000}).encode())


def _depth(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    children = value.values() if isinstance(value, dict) else value
    return 1 + max(map(_depth, children), default=0)


@given(st.dictionaries(st.sampled_from(['a"[', "\\", "{"]), anything, max_size=3))
def test_depth_is_levels_of_values_and_never_brackets_in_strings(value: dict[str, Any]) -> None:
    raw = json.dumps(value).encode()
    depth = _depth(value)
    assert loads(raw, max_depth=depth).keys() == value.keys()
    with pytest.raises(PayloadError, match="deeper"):
        loads(raw, max_depth=depth - 1)


@given(st.dictionaries(st.text(max_size=5), anything, max_size=3))
def test_what_another_writer_made_is_read_back(value: dict[str, Any]) -> None:
    try:
        raw = orjson.dumps(value)
    except TypeError:  # an integer beyond 64 bits, which that writer does not know
        return
    assert loads(raw) == cleaned_json(value)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        value = loads(raw)
    except PayloadError:
        return
    assert isinstance(value, dict)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r'{"a": "x\u0000y"}', {"a": "xy"}),
        (r'{"a": {"b": ["x\u001by", {"c\u0000": "\b\f"}]}}', {"a": {"b": ["xy", {"c": "\n"}]}}),
        ('{"a": "x\x7fy\x85z\x9b"}', {"a": "xy\nz"}),
        (r'{"a": "one\r\ntwo\rthree\tfour\n"}', {"a": "one\ntwo\nthree\tfour\n"}),
        (r'{"a": "C:\\u0000"}', {"a": "C:\\u0000"}),
        ('{"a": "\U0001f3f4\U000e0067\U000e0062\U000e007f \u200d"}', None),
    ],
)
def test_no_control_character_is_left_in_any_string(written: str, read: Any) -> None:
    assert loads(written.encode()) == (json.loads(written) if read is None else read)
