"""What may be printed as it is: nothing that moves a cursor, turns text around or begins a line."""

from __future__ import annotations

import re

# Controls (C0, DEL, C1), ends of lines and paragraphs, halves of pairs, and Unicode's Bidi_Control.
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def shown(text: str) -> str:
    """The text, with an escape such as JSON has for each sign that is not to be printed."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def is_printable(text: str) -> bool:
    """Whether nothing in it has to be escaped."""
    return _UNPRINTABLE.search(text) is None
