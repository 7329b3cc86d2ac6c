"""Words on their way to WhatsApp: its formatting, and lengths kept whichever way Meta counts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from shared.transforms.outbound_links import URL, set_aside
from shared.transforms.text import each_piece, letters
from shared.whatsapp.limits import FILENAME, size
from shared.wire.words import visible

# Genesys' editors and bots write Markdown. Only what can mean nothing else is rewritten: pairs that
# stand around words, as in "**now**"; `_x_` and `*x*` mean the same or nothing at WhatsApp.
_STRONG = re.compile(rf"(?<![^\W_])(?<![*/{URL}])\*\*(?![\s*])([^*\n]+?)(?<!\s)\*\*(?![^\W_]|\*)")
_STRUCK = re.compile(rf"(?<![^\W_])(?<![~/{URL}])~~(?![\s~])([^~\n]+?)(?<!\s)~~(?![^\W_]|~)")
_PAIRS = [
    re.compile(
        rf"(?<![^\W_])(?<![{one}{URL}])({one}{{1,3}})(?![\s{one}])([^{one}\n]+)(?<!\s)\1(?![^\W_]|{one})"
    )
    for one in (r"\*", "_", "~", "`")
]
_BEFORE = re.compile(rf"(?<![\w*_~`])[*_~`]+(?={URL})")
_BEHIND = re.compile(rf"(?<={URL})(\*{{2,3}}|_{{2,3}}|~~|`{{2,3}})")
_BLANKS = re.compile(r"(\s+)")
_NESTING = 3


def formatted(text: str) -> str:
    """Markdown's strong, struck and links as WhatsApp shows them; all else as it stands.

    No mark of emphasis touches an address, of which it would become a part.
    """
    aside = set_aside(text)
    found = _STRONG.sub(lambda pair: _marked("*", pair[1]), aside.text)
    found = _STRUCK.sub(lambda pair: _marked("~", pair[1]), found)
    return aside.whole(_apart(found) if URL in found else found)


def _apart(text: str) -> str:
    """The text without marks that touch an address; a lone one is no mark of the text's own."""
    for _ in range(_NESTING):
        for pair in _PAIRS:
            text = pair.sub(_pair_apart, text)
    text = _BEFORE.sub("", text)
    runs = Counter(_RUN.findall(text))
    return _BEHIND.sub(lambda end: "" if runs[end[0]] > 1 else end[0], text)


_RUN = re.compile(r"\*+|_+|~+|`+")


def _pair_apart(pair: re.Match[str]) -> str:
    return _marked(pair[1], pair[2]) if _touches(pair[2]) else pair[0]


def _touches(words: str) -> bool:
    """Whether a mark before or behind the words would become part of an address."""
    last = max(words.rfind(" "), words.rfind("\t")) + 1
    return words.startswith(URL) or URL in words[last:]


def _marked(mark: str, words: str) -> str:
    """The words in the mark; where it would touch an address, around the words beside it alone."""
    if not _touches(words):
        return f"{mark}{words}{mark}"
    runs = [""]
    for one in _BLANKS.split(words):
        if URL in one or URL in runs[-1]:
            runs.append(one)
        else:
            runs[-1] += one
    return "".join(one if URL in one else _around(mark, one) for one in runs)


def _around(mark: str, words: str) -> str:
    core = words.strip()
    start = words.find(core)
    if not any(map(str.isalnum, core)):
        return words
    return f"{words[:start]}{mark}{core}{mark}{words[start + len(core) :]}"


def within(text: str, limit: int) -> str:
    """The text, cut between two graphemes when it is longer than `limit` UTF-16 units."""
    if size(text) <= limit:
        return text
    room, end = limit - 1, 0  # the mark takes one
    if text[:limit].isascii():  # each character is a letter
        return text[: room or 1].rstrip() + "…"
    for after in letters(text, 0, limit):
        room -= size(text[end:after])
        if room < 0:
            break
        end = after
    # a lone letter of hundreds of marks is cut inside, where half as many points surely fit
    return text[: end or max(1, limit // 2 - 1)].rstrip() + "…"


def line(text: str, limit: int) -> str:
    """The text on one line, within the limit; "" when it shows nothing."""
    return within(" ".join(text.split()), limit) if visible(text) else ""


def pieces(text: str, limit: int) -> list[str]:
    """The text in pieces of at most `limit` UTF-16 units, the blank ones left out."""
    room = limit
    while (found := _fitting(text, room, limit)) is None:
        room = room * 7 // 8
    return found


def _fitting(text: str, room: int, limit: int) -> list[str] | None:
    """Pieces of at most `room` code points; None, at once, when one of them is over the limit."""
    found = []
    for piece in each_piece(text, room):
        if size(piece) > limit:
            return None
        found.append(piece)
    return found


def tail(text: str, limit: int, head_limit: int) -> tuple[list[str], str]:
    """What does not fit into the last piece, in pieces of its own, and that last piece."""
    *first, last = pieces(text, limit) or [""]
    return pieces("".join(first), head_limit), last


def distinct(titles: Iterable[str], limit: int) -> Iterator[str]:
    """The titles on one line within the limit, each unlike those before it."""
    seen: set[str] = set()
    alike: Counter[str] = Counter()  # how many marks were given to titles that begin so
    for title in titles:
        found = line(title, limit)
        short = line(title, limit - _MARK) if found in seen else ""
        while found in seen:
            alike[short] += 1
            mark = f" ({alike[short] + 1})"
            found = line(title, limit - len(mark)) + mark
        seen.add(found)
        yield found


_MARK = 8
"""The longest mark that tells titles apart: ` (99999)`."""


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
