"""How large what others send may be: far above what both clouds allow, and no more.

What is larger is refused in words, or shown cut with a mark; its raw bytes are kept all the same.
A limit that stands here is what keeps the work of one message small, whoever made it.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import Any, Final, Literal, NamedTuple

import orjson

TEXT: Final = 65_536
"""Characters that are shown of one message. WhatsApp takes 4,096 for a text
(contracts/meta.md c.2), Genesys shows 4,000 for Open (contracts/genesys.md b7)."""

ELEMENTS: Final = 300
"""Elements of any list of one message, such as cards, options, parameters and times of a date
picker. WhatsApp shows 10 rows of a list; Meta's documents have up to 257 contacts in one message
(contracts/meta.md c.2)."""

PARTS: Final = 100
"""Messages at WhatsApp that one message of an agent becomes: the longest text becomes 17."""


class Size(NamedTuple):
    """What one message may hold: `text` in characters, names and strings together; `values`."""

    text: int
    values: int


AGENTS: Final = Size(TEXT, 5_000)
"""An agent's message. The largest known, a list of 10 sections, has some 500 values."""

CUSTOMERS: Final = Size(4 * TEXT, 20_000)
"""A customer's message, which is not refused: 257 contacts with all that a telephone
keeps of them have some 10,000 values, and a vCard may hold a picture."""

LEVELS: Final = 16
"""Levels of nesting in a message: no known one comes near (contracts/meta.md b, genesys.md c)."""

DEPTH: Final = 64
"""Levels of nesting in a body. The deepest known (a flow in a history chunk) stays under 16."""

ITEMS: Final = 2_000
"""Items of one body that become events: twice as many as Meta puts into one (contracts/meta.md
a.4)."""

EACH: Final = 100
"""Bytes of an element of a change, where it has many: a message of `history` or an echo has an id,
a time, a type and its customer, 150 bytes together."""

ALWAYS: Final = 1_000
"""Elements of a change that are read however few bytes they have: Meta puts no more updates into
one body (contracts/meta.md a.4), but for `history`."""

CHANGES: Final = 10_000
"""Changes of one body whose tenant is looked for: ten times as many as Meta puts into one body."""

BESIDE: Final = 2_048
"""Bytes of what each of several items has with it, such as its contact: one of Meta's has some 300,
with names in every script and all three ids (contracts/meta.md b.0)."""

Excess = Literal["text", "elements", "levels"]


def excess(value: Any, most: Size) -> Excess | None:
    """What a JSON value has too much of for one message; None for a value that is fine.

    No more of its values are looked at than it may have.
    """
    room, left = most
    waiting: list[tuple[Any, int]] = [(value, 1)]
    while waiting:
        one, level = waiting.pop()
        left -= 1
        if isinstance(one, str):
            room -= len(one)
        elif isinstance(one, dict | list):
            if level > LEVELS:
                return "levels"
            if len(one) > (ELEMENTS if isinstance(one, list) else left):
                return "elements"
            room -= sum(map(len, one)) if isinstance(one, dict) else 0
            inner = one.values() if isinstance(one, dict) else one
            waiting += [(each, level + 1) for each in inner]
        if room < 0 or left < 0:
            return "text" if room < 0 else "elements"
    return None


def pruned(value: Any) -> Any:
    """A JSON value with no more than one message of a customer may have, in its order.

    Lists and long strings are cut, what is nested too deep is None.
    """
    return _Pruned().of(value, 1)


class _Pruned:
    """What is left of a customer's size while a value is walked."""

    def __init__(self) -> None:
        self._room, self._left = CUSTOMERS

    def of(self, value: Any, level: int) -> Any:
        self._left -= 1
        if isinstance(value, str):
            return self._text(value)
        if not isinstance(value, dict | list):
            return value
        if level > LEVELS:
            return None
        if isinstance(value, list):
            return [self.of(one, level + 1) for one in value[:ELEMENTS] if self._left > 0]
        return {
            self._text(key): self.of(one, level + 1) for key, one in value.items() if self._left > 0
        }

    def _text(self, text: str) -> str:
        """Short strings stay, so that a long one does not take the place of a type or a time."""
        if len(text) <= _SHORT:
            return text
        found = text[: max(self._room, _SHORT)]
        self._room -= len(found)
        return found


_SHORT = 256


def most_of(value: Any) -> int:
    """How many elements a change may have, so that much work is only made of many bytes."""
    try:
        size = len(orjson.dumps(value))
    except TypeError:  # a number that orjson does not write
        size = len(json.dumps(value))
    return max(ALWAYS, size // EACH)


def is_small(value: Any) -> bool:
    """Whether a JSON value may be repeated for each of several items."""
    try:
        return len(orjson.dumps(value)) <= BESIDE
    except TypeError:  # a number that no event can hold
        return False


def beside(value: dict[str, Any]) -> dict[str, Any]:
    """What is repeated for each of several items: itself while it is small, else its short texts.

    So what one body becomes is not its length times its items.
    """
    return value if is_small(value) else _short_texts(value, _LEVELS_BESIDE)


def _short_texts(value: dict[str, Any], levels: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, one in islice(value.items(), _NAMES):
        if len(key) > _LONGEST_NAME:
            continue
        if isinstance(one, str):
            found[key] = one[:_SHORT]
        elif isinstance(one, dict) and levels:
            found[key] = _short_texts(one, levels - 1)
    return found


_NAMES, _LONGEST_NAME, _LEVELS_BESIDE = 16, 32, 1
