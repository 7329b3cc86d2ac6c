"""Reads the vCard beside a shared contact (RFC 6350, RFC 2426, vCard 2.1) into plain strings.

Line by line and once: a line that cannot be read is left out, whatever it holds, and nothing
raises. The libraries for it give up the whole card at one such line, or run for minutes on one.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from shared.wire.words import cleaned, visible

LONGEST = 65_536
"""Characters of a card that are read; a picture at its end is not."""

LINE = 4_000
"""Characters of a property; longer are pictures, sounds and keys."""

MOST = 20
"""Values of one kind that are shown."""

ASKED = 100
"""Values of one kind among which those are looked for that show something."""

_PROPERTY = re.compile(
    r"(?:[\w-]{1,64}\.)?(?P<name>[A-Za-z-]{1,32})"
    r"(?P<parameters>(?:;[^:\"]*+(?:\"[^\"]*+\"[^:\"]*+)*+)?+):(?P<value>.*+)",
    re.DOTALL,
)
_PART = re.compile(r"((?:[^;\\]++|\\.?+)*+)(?:;|\Z)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_QUOTED_PRINTABLE = re.compile(r";(?:ENCODING=)?QUOTED-PRINTABLE(?=[;:])", re.IGNORECASE)
_CHARSETS = re.compile(
    r"iso-8859-\d{1,2}|windows-125\d|koi8-[ru]|gb2312|gbk|gb18030|big5|shift_jis|euc-(?:jp|kr)"
    r"|iso-2022-jp|us-ascii",
    re.IGNORECASE,
)
_NO_KIND = ("pref", "voice", "internet", "type", "text", "uri", "x-internet")


@dataclass(frozen=True, slots=True)
class Property:
    """A line of a card: its name and kind ("cell") in lower case, and the parts of its value."""

    name: str
    kind: str | None
    wa_id: str | None
    parts: tuple[str, ...]

    @property
    def words(self) -> str:
        """The parts that say something, by commas."""
        return ", ".join(filter(visible, self.parts))


@dataclass(frozen=True, slots=True)
class VCard:
    """What a card says of one person; every part may be missing.

    `written`: its lines by the names of their properties, each read once it is asked for.
    """

    written: dict[str, list[re.Match[str]]]

    def all(self, name: str) -> list[Property]:
        """The properties of this name that show something, the first of them."""
        made = (_property(name, one["parameters"], one["value"]) for one in self._first(name))
        return [*islice((one for one in made if one and visible(one.words)), MOST)]

    def _first(self, name: str) -> list[re.Match[str]]:
        return self.written.get(name, [])[:ASKED]

    @property
    def person(self) -> str | None:
        """The name as it is shown, else put together from its parts."""
        for one in self.all("fn"):
            return one.words
        for one in self.all("n"):
            family, given, middle, prefix, suffix = (*one.parts, "", "", "", "", "")[:5]
            ordered = (prefix, given, middle, family, suffix)
            return " ".join(filter(visible, ordered))
        return next((one.words for one in self.all("nickname")), None)


def read_vcard(text: str) -> VCard:
    """Read the first card of a text."""
    written: dict[str, list[re.Match[str]]] = {}
    for line in _unfolded(cleaned(text[:LONGEST]).split("\n")):
        found = _PROPERTY.fullmatch(line) if len(line) <= LINE else None
        name = found["name"].lower() if found else ""
        if name == "end":
            break
        if found is not None:
            written.setdefault(name, []).append(found)
    return VCard(written)


def _unfolded(lines: list[str]) -> Iterator[str]:
    """Whole properties: those that go on in the next line have their pieces put together."""
    held: list[str] = []
    quoted = soft = False  # quoted-printable, and the last line ended in the middle of the value
    for line in lines:
        if held and (soft or line[:1] in (" ", "\t")):
            held.append(line if soft else line[1:])
        else:
            yield "".join(held)
            held, quoted = [line], _QUOTED_PRINTABLE.search(line) is not None
        soft = quoted and line.endswith("=")
        if soft:
            held[-1] = held[-1][:-1]
    yield "".join(held)


def _property(name: str, written: str, value: str) -> Property | None:
    parameters = [one.strip() for one in written.replace('"', "").split(";") if one.strip()]
    named = dict(_parameter(one) for one in parameters)
    encoding = named.get("encoding", "").lower()
    if encoding in ("b", "base64") or "base64" in named:
        return None
    if encoding == "quoted-printable" or "quoted-printable" in named:
        value = _decoded(value, named.get("charset", ""))
    parts = tuple(_plain(part) for part in _PART.findall(value))
    return Property(name, _kind(named), named.get("waid"), parts)


def _parameter(written: str) -> tuple[str, str]:
    """`TYPE=cell`, or as in 2.1 a lone `CELL`."""
    name, is_, value = written.partition("=")
    return (name.strip().lower(), value.strip()) if is_ else (written.lower(), "")


def _decoded(value: str, charset: str) -> str:
    raw = quopri.decodestring(value.encode("ascii", "ignore"))
    known = charset if _CHARSETS.fullmatch(charset) else "utf-8"
    return cleaned(raw.decode(known, "replace"))


def _kind(named: dict[str, str]) -> str | None:
    kinds = [*named.get("type", "").lower().split(","), *(one for one in named if not named[one])]
    return next((one for one in kinds if one.isalpha() and one not in _NO_KIND), None)


def _plain(part: str) -> str:
    said = _ESCAPED.sub(lambda one: " " if one[1] in "nN" else one[1], part)
    return " ".join(said.split())
