"""What is found in raw bytes is what a parser finds there first, at a cost that is bounded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.genesys.payloads import guess_integration, read
from shared.wire.scan import LONGEST, SCANNED, TOKENS, first
from tests.growth import linear

names = st.sampled_from(["a", "b", "id", "", 'i"d', "i\\", "\u00e9", "{"])
values = st.recursive(
    st.none() | st.booleans() | st.integers(0, 99) | st.floats(0.5, 9.5) | st.text('ab"\\{}[]:\n'),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=25,
)


def parsed(value: Any, path: tuple[str, ...]) -> Iterator[str]:
    """The same of a value that was read, in its order."""
    if isinstance(value, list):
        for one in value:
            yield from parsed(one, path) if isinstance(one, dict | list) else ()
    elif isinstance(value, dict):
        for name, one in value.items():
            if isinstance(one, dict | list):
                # A list's or object's empty name leads nowhere further.
                inner = path if name == "" else path[1:] if path[:1] == (name,) else None
                if inner is not None:
                    yield from parsed(one, inner)
            elif (name,) == path and isinstance(one, str | int) and not isinstance(one, bool):
                yield str(one)


@given(st.dictionaries(names, values, max_size=5), st.booleans())
def test_what_is_found_is_what_a_parser_finds_first(value: dict[str, Any], ascii_: bool) -> None:  # noqa: FBT001  # drawn
    raw = json.dumps(value, ensure_ascii=ascii_).encode()
    for path in (("id",), ("a", "id"), ("a", "b", "id"), ("\u00e9", 'i"d'), ("{", "i\\")):
        wanted = next((one for one in parsed(value, path) if one), None)
        assert first(raw, *path) == wanted


@given(st.binary(max_size=80))
def test_any_bytes_may_be_given(raw: bytes) -> None:
    first(raw, "a")


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b'{"a":{"id":"1"},"id":"2"}', "2"),
        (b'{"id":"1","id":"2"}', "1"),
        (b'{"x":"\\"id\\":\\"1\\"","id":"2"}', "2"),
        (b'{"x":"\\\\","id":"2"}', "2"),
        (b'{"x\\"":"1","\\"id":"3","id":"2"}', "2"),
        (b'{"\\u0069d":"\\u0032"}', "2"),
        (b'{"id" :\n "2"', "2"),
        (b'[[{"id":"2"}]]', "2"),
        (b'{"id":["1"],"id":{"id":"3"},"id":17}', "17"),
        (b'{"id":-17}', None),
        (b'{"id":1.5}', None),
        (b'{"id":1e2}', None),
        (b'{"id":"1', None),
        (b'{"id":"\\ud83d"}', None),
        (b'{"id":""}', None),
        (b'{"id":"\xff"}', None),
        (b'{"id":"%s"}' % (b"1" * LONGEST), "1" * LONGEST),
        (b'{"id":"%s"}' % (b"1" * (LONGEST + 1)), None),
        (b'{"x":[%s],"id":"2"}' % (b'"",' * TOKENS), None),
        (b'{"x":"%s","id":"2"}' % (b"x" * SCANNED), None),
        (b'{"x":"%s","id":"2"}' % (b"x" * (SCANNED - 100)), "2"),
        (b"id", None),
        (b"", None),
    ],
)
def test_what_is_and_what_is_no_member(raw: bytes, found: str | None) -> None:
    assert first(raw, "id") == found


@pytest.mark.parametrize(
    "body",
    [
        {"channel": {"id": "1", "from": {"id": "2"}}, "integrationId": "3"},
        {"channel": {"from": {"id": "2"}, "to": {"id": "4"}}, "integrationId": "3"},
        {"channel": {"to": {"id": "4"}}, "id": "5", "integrationId": "3"},
        {
            "metadata": {"channel": {"id": "6"}},
            "text": '"channel":{"id":"7"}',
            "channel": {"id": 1},
        },
        {"content": [{"integrationId": "8"}], "channel": {"id": ""}, "integrationId": "3"},
        {"channel": []},
    ],
)
def test_an_integration_is_guessed_as_it_is_read(body: dict[str, Any]) -> None:
    assert guess_integration(json.dumps(body).encode()) == read(body).integration_id


PUMPS = (
    *(b'"', b"\\", b'\\"', b'"\\', b'"a":', b'"id":1', b'"id" ', b"{", b"[{", b"}", b"1", b" "),
    *(b'{"":', b'"a"' + b" " * 100, b"\\ud83d", b"\xff", b'"id":"1",'),
)


@pytest.mark.parametrize("pump", PUMPS)
def test_hostile_bytes_are_read_once(pump: bytes) -> None:
    for begun in (b"", b"{", b'{"a":"', b'{"id":'):
        assert linear(lambda size: lambda: first(begun + pump * (size // len(pump)), "id"))  # noqa: B023  # called at once
