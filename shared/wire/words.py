"""What of a string can be seen, and what must not stand in one: decided here for both sides.

Unicode's own properties decide (UAX #44), never a list of categories: a Hangul filler is a letter,
a variation selector is a mark, and neither shows anything. Joiners and tags inside emoji stay.
"""

from __future__ import annotations

import re
from typing import Any

import regex

_UNSEEN = (
    r"\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\p{Cc}\p{Cs}"
    r"\u2800"  # the braille pattern without dots
    r"\ufff9-\ufffb"  # anchors of annotations
    r"\U0001d159"  # the note head that is none
)
_SEEN = regex.compile(rf"[^{_UNSEEN}]")
_MARKS = regex.compile(
    r"[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\p{Cc}\p{Cf}]+"
)

_BREAK = re.compile("\r\n?|[\x0b\x0c\x85]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_UNCLEAN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def cleaned(text: str) -> str:
    """The text without control characters: a break of any kind is a line feed, a tab stays.

    PostgreSQL stores U+0000 in neither text nor jsonb, and both providers refuse or drop others.
    """
    if _UNCLEAN.search(text) is None:
        return text
    return _CONTROL.sub("", _BREAK.sub("\n", text))


def cleaned_json(value: Any) -> Any:
    """The same of every string of a JSON value, its keys too. The value's depth must be bounded."""
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, list):
        return [cleaned_json(one) for one in value]
    if isinstance(value, dict):
        return {cleaned(key): cleaned_json(one) for key, one in value.items()}
    return value


def visible(text: str) -> bool:
    """Whether there is anything to see: more than blanks, marks and fillers that show nothing."""
    return _SEEN.search(text) is not None


def unmarked(text: str) -> str:
    """The text without invisible marks and controls: for what is compared or read as a number."""
    return _MARKS.sub("", text)
