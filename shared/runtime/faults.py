"""Faults of an input in the user's words: where, and what is wrong, never the value.

A pattern is declared with its words, since a regular expression tells nobody what to type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_WORDS: dict[str, str] = {}
_OTHERS = {"extra_forbidden": "unknown key", "missing": "is missing"}


def in_words(pattern: str, words: str) -> str:
    """The pattern, once it is known what is said of a text that does not match it."""
    _WORDS[pattern] = words
    return pattern


def has_words(pattern: str) -> bool:
    """Whether words are known for a pattern."""
    return pattern in _WORDS


def words_of(fault: Mapping[str, Any]) -> str:
    """What is wrong, of a fault as pydantic tells it."""
    kind = str(fault["type"])
    if kind == "string_pattern_mismatch":
        return _WORDS.get(str(fault.get("ctx", {}).get("pattern")), "has not the form of one")
    return _OTHERS.get(kind) or str(fault["msg"]).removeprefix("Value error, ")


def said(faults: Iterable[Mapping[str, Any]], whole: str = "body") -> str:
    """All faults in one line, each with its place. `whole`: the place of one about everything."""
    return "; ".join(f"{'.'.join(map(str, f['loc'])) or whole}: {words_of(f)}" for f in faults)
