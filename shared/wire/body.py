"""Turns the raw bytes of a webhook into a JSON object, or says in words why it cannot.

A body that the sender signed is taken whenever it can be: half an emoji does not lose a batch.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

import orjson

from shared.wire.sizes import DEPTH
from shared.wire.words import cleaned, cleaned_json

Json = dict[str, Any]

_HALF = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


HEAVIEST = 24 * 1024 * 1024
"""Bytes of memory of a body that is read. The largest known, 3 MB of history, takes 17 MB by the
same count: 10,000 messages of three objects and seven commas each."""

_STRINGS = 100_000  # that are looked at one by one, for texts full of commas
_OBJECT, _VALUE = 320, 100  # bytes of an object or list, and of a value, as orjson makes them


class PayloadError(ValueError):
    """A body or value that cannot be read or sent; the message says which and why."""


def loads(raw: bytes, max_depth: int = DEPTH) -> Json:
    """Parse a JSON object nested at most `max_depth` levels.

    An escaped surrogate without its other half, which text cut in the middle of an emoji
    leaves behind, is read as U+FFFD. Control characters are taken out of every string. Raises
    PayloadError for anything else that is not a JSON object in UTF-8, and for one that would take
    more memory than HEAVIEST.
    """
    if weight(raw) > HEAVIEST:
        raise PayloadError("body holds too many values")
    value = _parse(raw)
    if not isinstance(value, dict):
        raise PayloadError(f"body is a JSON {type(value).__name__}, expected an object")
    if raw.count(b"{") + raw.count(b"[") > max_depth and _deeper_than(raw, max_depth):
        raise PayloadError(f"body is nested deeper than {max_depth} levels")
    if _MAY_HOLD_CONTROLS.search(raw) is None:
        return value
    return {cleaned(key): cleaned_json(one) for key, one in value.items()}


def weight(raw: bytes) -> int:
    """About how many bytes of memory a JSON text takes once it is read; told without reading it."""
    found = _weight(raw)
    if found <= HEAVIEST:
        return found
    for string in islice(_STRING.finditer(raw), _STRINGS):  # what stands in one is no value
        found -= _weight(string[0]) - len(string[0])
    return found


def _weight(raw: bytes) -> int:
    return len(raw) + _OBJECT * (raw.count(b"{") + raw.count(b"[")) + _VALUE * raw.count(b",")


# JSON holds the controls up to U+001F as escapes alone, the others also as they are. A line feed
# and a tab, which may stay, are \n and \t nearly always.
_MAY_HOLD_CONTROLS = re.compile(rb"\\[bfr]|\\u00[0-9]|[\x7f]|\xc2[\x80-\x9f]|\\u007[fF]")


def _parse(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        mended = _without_halves(raw)
        if mended == raw:
            raise PayloadError(_reason(raw, error)) from error
    try:
        return orjson.loads(mended)
    except orjson.JSONDecodeError as error:
        raise PayloadError(_reason(mended, error)) from error


def _without_halves(raw: bytes) -> bytes:
    """The body with U+FFFD for each half of a pair, by a few calls that read it once.

    No JSON holds a NUL: two of them stand for an escaped backslash, which must not lend its second
    half to a following u.
    """
    if b"\0" in raw:
        return raw
    marked = raw.replace(rb"\\", b"\0\0")
    return _HALF.sub(rb"\\ufffd", marked).replace(b"\0\0", rb"\\")


def _reason(raw: bytes, error: orjson.JSONDecodeError) -> str:
    """Words without any of the body: they go to a log."""
    if not raw.strip():
        return "body is empty"
    try:
        raw.decode()
    except UnicodeDecodeError as fault:
        return f"body is not UTF-8: byte {fault.start}"
    if "depth limit" in error.msg:
        return "body is nested deeper than the parser allows"
    return f"body is not JSON: {error.msg} at character {error.pos}"


def _deeper_than(raw: bytes, max_depth: int) -> bool:
    """Count levels of a body that was parsed, so its strings end and its brackets match.

    Each round takes the innermost pairs away: a few C calls, no recursion, also for a body made
    to be costly, which reaches this before its signature is checked.
    """
    brackets = _STRING.sub(b"", raw).translate(_SQUARE, _REST)
    for _ in range(max_depth):
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


_STRING = re.compile(rb'"[^"\\]*+(?:\\.?+[^"\\]*+)*+"?+', re.DOTALL)
_SQUARE = bytes.maketrans(b"{}", b"[]")
_REST = bytes(set(range(256)) - set(b"[]{}"))
