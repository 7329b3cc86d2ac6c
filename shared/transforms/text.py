"""Cuts and splits text to a limit in code points, at the borders of what readers see as letters."""

from __future__ import annotations

from itertools import pairwise

import regex

from shared.wire.words import visible

_GRAPHEME = regex.compile(r"\X")


def cut(text: str, limit: int, *, mark: str = "…") -> str:
    """The text itself when it fits, else its beginning and `mark`, together within `limit`."""
    if len(text) <= limit:
        return text
    return text[: _border(text, 0, limit - len(mark))].rstrip() + mark


def split(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` code points that join to the text again, blank ones left out.

    A piece ends after white space when there is any in its second half, else between two
    graphemes. Blank text gives no piece at all.
    """
    borders = [0]
    while len(text) - borders[-1] > limit:
        borders.append(_border(text, borders[-1], limit))
    pieces = [text[start:end] for start, end in pairwise([*borders, len(text)])]
    return [piece for piece in pieces if visible(piece)]


def one_line(text: str, limit: int) -> str:
    """The text with single blanks, cut to `limit`; "" when it shows nothing."""
    return cut(" ".join(text.split()), limit) if visible(text) else ""


def _border(text: str, start: int, limit: int) -> int:
    """Where a piece that begins at `start` ends: at most `limit` further, always past `start`."""
    last = after_space = start
    for match in _GRAPHEME.finditer(text, start):
        if match.end() - start > limit:
            break
        last = match.end()
        if match[0].isspace():
            after_space = last
    if last == start:  # one grapheme longer than the limit: hundreds of marks on a letter
        return start + max(limit, 1)
    return after_space if after_space - start > limit // 2 else last
