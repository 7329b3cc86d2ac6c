"""Addresses in agents' Markdown: named links become `name: url`, and every address is set aside.

What is set aside is one character in the text, so that marks of emphasis are seen around it and
never become part of it. Every step reads the text once, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from shared.wire.words import visible

URL, CODE = "\0", "\1"
"""Stand for an address and for what is shown as it is; a cleaned text holds neither."""

LABEL = 1000
"""Characters of a link's name in the source."""

ADDRESS = 2048
"""Characters of its address."""

_NESTED = 8  # brackets inside brackets of an address

_CODE = r"(?P<fence>`{3,8})[^\0]*?(?P=fence)|(?<!`)(?P<tick>`{1,2})(?!`)[^`\n]+(?P=tick)(?!`)"
_DEFINITION = (
    r"^ {0,3}\[(?P<name>[^\[\]\n]{1,200})\]:[ \t]*(?P<to>[^\s]{1,2048})"
    r"(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*(?:\n|\Z)"
)
_ASIDE = re.compile(f"{_CODE}|{_DEFINITION}", re.MULTILINE)

_PLACE = r"(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}/"
_PLAIN = re.compile(
    rf"(?:(?:https?|ftp)://|(?<![\w@/.-])(?:www\.|{_PLACE}))[^\s<>\0\1]+", re.IGNORECASE
)
MARKS = 4_000
"""Brackets and escapes of a text that are read as such; what is behind them stands as it is. The
longest text that Genesys lets an agent write has 4,000 characters (contracts/genesys.md b7)."""

_HINT = re.compile(r"[./<]")
"""No address is without one of them: words without are not looked at twice."""

_TAIL = "*_~`.,;:!?'\")]}"
_AUTO = re.compile(
    r"<((?:https?|ftp|mailto|tel):[^\s<>\0\1]{1,2048}|[^\s<>@\0\1:]{1,64}@[^\s<>@\0\1]{1,255})>",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\\[!-/:-@\[-`{-~]|!?\[|\]")
_TO = re.compile(r"[^\s()<>\\\0\1]+|\\[^\s\0\1]|[()]")
_BLANKS = re.compile(r"\s{0,9}")
_ANGLED = re.compile(r"<([^<>\n\0\1]{0,2048})>")
_END = re.compile(r"(?:\s{1,9}(?:\"[^\"]{0,500}\"|'[^']{0,500}'|\([^()]{0,500}\)))?\s{0,9}\)")
_REFERENCE = re.compile(r"\[([^\[\]\n]{0,200})\]")
_KNOWN = re.compile(r"(?:(?:https?|ftp)://|mailto:|tel:|sms:|whatsapp:|www\.)\S+", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_UNSHOWN = re.compile(r"(?:mailto|tel|sms):", re.IGNORECASE)
_SIGNS = re.compile(f"([{URL}{CODE}])")
_GLUED = re.compile(r"[^\s.,;:!?'\")\]}*_~`\\\0]")


@dataclass
class Aside:
    """The text without its addresses and code, and both in their order."""

    text: str = ""
    urls: list[str] = field(default_factory=list)
    code: list[str] = field(default_factory=list)

    def whole(self, text: str) -> str:
        """A text with the same signs in the same order, all of them put back."""
        urls, code = iter(self.urls), iter(self.code)
        return "".join(
            next(urls) if one == URL else next(code) if one == CODE else one
            for one in _SIGNS.split(text)
        )


def set_aside(text: str) -> Aside:
    """Take code and addresses out of a text, the named ones as `name: url`."""
    found = Aside()
    definitions: dict[str, _Definition] = {}

    def aside(match: re.Match[str]) -> str:
        if match["name"] is None:
            if _touched(match[0]):
                return match[0]
        elif (url := _address(match["to"].strip("<>"))) is not None:
            known = _Definition(url, len(found.code))
            definitions.setdefault(_folded(match["name"]), known)
        else:
            return match[0]
        found.code.append(match[0])
        return CODE

    plain = text.translate({0: None, 1: None})
    plain = _ASIDE.sub(aside, plain)
    found.text = _Links(plain, definitions, found).read()
    for one in definitions.values():
        if one.used:
            found.code[one.place] = ""
    return found


@dataclass
class _Definition:
    """Where `[name]: url` points to, its place among the code, and whether a link needed it."""

    url: str
    place: int
    used: bool = False


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _touched(code: str) -> bool:
    """Whether a mark of code would become part of an address in it."""
    inner = code.strip("`")
    last = inner[max(map(inner.rfind, " \t\n")) + 1 :]
    return _PLAIN.match(inner) is not None or _PLAIN.search(last) is not None


def _address(written: str) -> str | None:
    """An address that people can open, as it is shown; None for any other."""
    url = _ESCAPED.sub(r"\1", written).replace("&amp;", "&")
    if len(url) > ADDRESS or _KNOWN.fullmatch(url) is None:
        return None
    return _UNSHOWN.sub("", url, count=1)


class _Links:
    """One reading of a text, from its beginning to its end."""

    def __init__(self, text: str, definitions: dict[str, _Definition], found: Aside) -> None:
        self._text, self._definitions, self._found = text, definitions, found
        self._out: list[str] = []
        # Of each open bracket: its place in the output and in the source; whether it may be a link.
        self._open: list[tuple[int, int, bool]] = []
        self._links_from = 0  # brackets before this many have a link inside, so are none

    def read(self) -> str:
        at = 0
        for _ in range(MARKS):
            match = _TOKEN.search(self._text, at)
            if match is None:
                break
            self._plain(self._text[at : match.start()])
            at = match.end()
            if match[0] in ("[", "!["):
                self._open.append((len(self._out), match.start(), match[0] == "!["))
                self._out.append(match[0])
            elif match[0] == "]" and self._open:
                at = self._close(at)
            else:
                self._out.append(match[0])
        self._plain(self._text[at:])
        return "".join(self._out)

    def _close(self, at: int) -> int:
        """A bracket ends at `at`: a link, when an address follows; where to read on."""
        place, start, image = self._open.pop()
        inactive = not image and len(self._open) < self._links_from
        self._links_from = min(self._links_from, len(self._open))
        to = None if inactive or at - start > LABEL else self._target(place, at)
        if to is None:
            self._out.append("]")
            return at
        url, end = to
        label = "".join(self._out[place + 1 :])
        del self._out[place:]
        self._name(label, url, self._text[end : end + 1])
        if not image:
            self._links_from = len(self._open)
        return end

    def _target(self, place: int, at: int) -> tuple[str, int] | None:
        """The address after a bracket, in place or by reference, and where it ends."""
        if self._text.startswith("(", at):
            return self._inline(at + 1)
        if not self._definitions:
            return None
        named = _REFERENCE.match(self._text, at)
        label = named[1] if named and named[1].strip() else "".join(self._out[place + 1 :])
        known = self._definitions.get(_folded(label))
        if known is None:
            return None
        known.used = True
        return known.url, named.end() if named else at

    def _inline(self, at: int) -> tuple[str, int] | None:
        blanks = _BLANKS.match(self._text, at)
        at = blanks.end() if blanks else at
        angled = _ANGLED.match(self._text, at)
        if angled is not None:
            written, at = angled[1].strip().replace(" ", "%20"), angled.end()
        else:
            start = at
            at = self._balanced(at)
            written = self._text[start:at]
        end, url = _END.match(self._text, at), _address(written.strip())
        return None if end is None or url is None else (url, end.end())

    def _balanced(self, at: int) -> int:
        """Where an address ends whose own brackets are in pairs."""
        start, depth = at, 0
        while (match := _TO.match(self._text, at)) is not None and at - start <= ADDRESS:
            depth += {"(": 1, ")": -1}.get(match[0], 0)
            if not 0 <= depth <= _NESTED:
                break
            at = match.end()
        return at

    def _name(self, label: str, url: str, after: str) -> None:
        """`label: url`; a picture inside a link gives its name alone."""
        inner = label.count(URL)
        if inner and visible(label.replace(URL, "").strip(" :")):
            label = label.replace(f": {URL}", "").replace(URL, "")
            del self._found.urls[-inner:]
        elif inner:
            label = ""
            del self._found.urls[-inner:]
        label = " ".join(label.split()).rstrip(":")
        same = _bare(label) == _bare(url)
        self._out.append(f"{label}: " if visible(label) and not same else "")
        self._url(url, after)

    def _url(self, url: str, after: str) -> None:
        self._found.urls.append(url)
        self._out.append(URL + (" " if _GLUED.match(after) else ""))

    def _plain(self, text: str) -> None:
        """Words between brackets, with the addresses that stand in them as they are."""
        if not _HINT.search(text):
            self._out.append(text)
            return
        for one, match in _split(_AUTO, text):
            self._out += self._bare_in(one)
            if match is not None:
                self._url(_UNSHOWN.sub("", match[1], count=1), text[match.end() : match.end() + 1])

    def _bare_in(self, text: str) -> Iterator[str]:
        for one, match in _split(_PLAIN, text):
            yield one
            if match is not None:
                url = match[0].rstrip(_TAIL)
                self._found.urls.append(url)
                yield URL + match[0][len(url) :]


def _split(pattern: re.Pattern[str], text: str) -> Iterator[tuple[str, re.Match[str] | None]]:
    """The text in pieces, each with the match behind it."""
    at = 0
    for match in pattern.finditer(text):
        yield text[at : match.start()], match
        at = match.end()
    yield text[at:], None


def _bare(url: str) -> str:
    """An address without what makes no difference to a reader."""
    plain = url.casefold().removeprefix("https://").removeprefix("http://")
    return plain.removeprefix("mailto:").removeprefix("tel:").rstrip("/")
