"""Cuts and splits text to a limit in code points, at the borders of what readers see as letters."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from shared.wire.words import visible

_GRAPHEME = regex.compile(r"\X")
_BLOCK = 256
"""Code points in which letters are looked for at once: `\\X` counts back through rows of flags."""


def cut(text: str, limit: int, *, mark: str = "…") -> str:
    """The text itself when it fits, else its beginning and `mark`, together within `limit`."""
    if len(text) <= limit:
        return text
    return text[: _border(text, 0, limit - len(mark))].rstrip() + mark


def split(text: str, limit: int) -> list[str]:
    """All pieces that `each_piece` gives."""
    return [*each_piece(text, limit)]


def each_piece(text: str, limit: int) -> Iterator[str]:
    """Pieces of at most `limit` code points that join to the text again, blank ones left out.

    A piece ends after white space when there is any in its second half, else between two
    graphemes. Blank text gives no piece at all.
    """
    start = 0
    while start < len(text):
        end = _border(text, start, limit) if len(text) - start > limit else len(text)
        if visible(text[start:end]):
            yield text[start:end]
        start = end


def one_line(text: str, limit: int) -> str:
    """The text with single blanks, cut to `limit`; "" when it shows nothing."""
    return cut(" ".join(text.split()), limit) if visible(text) else ""


def letters(text: str, start: int, stop: int) -> Iterator[int]:
    """Where the letters behind `start` end that readers see as one, those that end up to `stop`.

    Nothing behind `stop` is read, so that a text is read once however many pieces are cut of it.
    """
    room = _BLOCK
    while start < min(stop, len(text)):
        block = text[start : min(start + room, stop + 1)]
        ends = [start + match.end() for match in _GRAPHEME.finditer(block)]
        if start + len(block) < len(text) or ends[-1] > stop:
            ends.pop()  # it may go on behind the block
        if not ends and start + len(block) > stop:
            return
        yield from ends
        start, room = (ends[-1], _BLOCK) if ends else (start, 2 * room)


def _border(text: str, start: int, limit: int) -> int:
    """Where a piece that begins at `start` ends: at most `limit` further, always past `start`."""
    if text[start : start + limit + 1].isascii():
        return _plain_border(text, start, max(limit, 1))
    last = after_space = start
    for end in letters(text, start, start + limit):
        if text[last:end].isspace():
            after_space = end
        last = end
    if last == start:  # one grapheme longer than the limit: hundreds of marks on a letter
        return start + max(limit, 1)
    return after_space if after_space - start > limit // 2 else last


def _plain_border(text: str, start: int, limit: int) -> int:
    """The same in ASCII, where each character is a letter but for the two that end a line."""
    last = start + limit
    if text[last - 1 : last + 1] == "\r\n" and last - 1 > start:
        last -= 1
    after_space = 1 + max(text.rfind(space, start, last) for space in _SPACES)
    return after_space if after_space - start > limit // 2 else last


_SPACES = [chr(one) for one in range(128) if chr(one).isspace()]
