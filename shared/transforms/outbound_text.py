"""Words on their way to WhatsApp: its formatting, and lengths kept whichever way Meta counts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import regex

from shared.transforms.text import split
from shared.whatsapp.limits import FILENAME, size
from shared.wire.words import visible

# Genesys' editors and bots write Markdown. Only what can mean nothing else is rewritten: pairs that
# stand around words, as in "**now**"; `_x_` and `*x*` mean the same or nothing at WhatsApp.
_STRONG = re.compile(r"(?<![\w*/])\*\*(?![\s*])([^*\n]+?)(?<!\s)\*\*(?![\w*])")
_STRUCK = re.compile(r"(?<![\w~/])~~(?![\s~])([^~\n]+?)(?<!\s)~~(?![\w~])")
_NAMED_LINK = re.compile(r"(?<![!\\])\[([^\[\]\n]{1,200})\]\((https?://[^\s()]{1,2000})\)")


def formatted(text: str) -> str:
    """Markdown's strong, struck and named links as WhatsApp shows them; all else as it stands."""
    text = _STRONG.sub(r"*\1*", text)
    text = _STRUCK.sub(r"~\1~", text)
    return _NAMED_LINK.sub(_link, text)


def _link(match: re.Match[str]) -> str:
    label, url = match[1].strip(), match[2]
    return f"{label}: {url}" if label and label != url else url


def within(text: str, limit: int) -> str:
    """The text, cut between two graphemes when it is longer than `limit` UTF-16 units."""
    if size(text) <= limit:
        return text
    room, end = limit - 1, 0  # the mark takes one
    for letter in _GRAPHEME.finditer(text):
        room -= size(letter[0])
        if room < 0:
            break
        end = letter.end()
    # a lone letter of hundreds of marks is cut inside, where half as many points surely fit
    return text[: end or max(1, limit // 2 - 1)].rstrip() + "…"


_GRAPHEME = regex.compile(r"\X")


def line(text: str, limit: int) -> str:
    """The text on one line, within the limit; "" when it shows nothing."""
    return within(" ".join(text.split()), limit) if visible(text) else ""


def pieces(text: str, limit: int) -> list[str]:
    """The text in pieces of at most `limit` UTF-16 units, the blank ones left out."""
    room = limit
    found = split(text, room)
    while any(size(piece) > limit for piece in found):
        room = room * 7 // 8
        found = split(text, room)
    return found


def tail(text: str, limit: int, head_limit: int) -> tuple[list[str], str]:
    """What does not fit into the last piece, in pieces of its own, and that last piece."""
    *first, last = pieces(text, limit) or [""]
    return pieces("".join(first), head_limit), last


def distinct(titles: Iterable[str], limit: int) -> Iterator[str]:
    """The titles on one line within the limit, each unlike those before it."""
    seen: set[str] = set()
    for title in titles:
        found, times = line(title, limit), 1
        while found in seen:
            times += 1
            mark = f" ({times})"
            found = line(title, limit - len(mark)) + mark
        seen.add(found)
        yield found


def file_name(name: str) -> str:
    """A name that no telephone takes for a path, its extension kept when it is cut."""
    plain = "".join(one if one.isprintable() and one not in '/\\:*?"<>|' else "_" for one in name)
    stem, dot, extension = plain.strip(" .").rpartition(".")
    if not dot or size(extension) > _EXTENSION:
        return line(plain.strip(" ."), FILENAME) or "file"
    return f"{line(stem, FILENAME - len(dot) - size(extension)) or 'file'}.{extension}"


_EXTENSION = 16


def joined(lines: Iterable[str | None]) -> str:
    """The lines that say something, under each other."""
    return "\n".join(one for one in lines if one and visible(one))
