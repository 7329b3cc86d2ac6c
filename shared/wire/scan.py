"""Finds a member in the raw bytes of a JSON text, without building anything of it.

For bodies whose signature is not checked yet: what is found may only choose the secret to check
with. The first such member counts; a parser may find another one later.
"""

from __future__ import annotations

import re
from itertools import islice

import orjson

SCANNED = 65_536
"""Bytes that are read. In both providers' bodies the ids stand within the first kilobyte
(contracts/meta.md b.0, contracts/genesys.md c2)."""

TOKENS = 1_000
"""Strings and brackets that are looked at; the ids are among the first forty."""

LONGEST = 256
"""Bytes of a name or an id as it is written; no id of ours has more than 64 characters."""

# A string, with its end if it has one; then a colon, if it is a name, and a whole number behind it.
_TOKEN = re.compile(
    rb'"((?:[^"\\]++|\\.)*+)("?)(?:[ \t\r\n]*+(:)[ \t\r\n]*+(\d{1,64}+(?![.eE\d]))?)?|([\[{}\]])',
    re.DOTALL,
)


def first(raw: bytes, *path: str) -> str | None:
    """The first string or whole number at a path of names, however many lists lie between.

    None when there is none within SCANNED bytes and TOKENS tokens. Any bytes may be given.
    """
    wanted, last = [name.encode() for name in path[:-1]], path[-1].encode()
    above: list[bytes] = []  # the name of each object and list that is open; in a list ""
    name = b""
    for token in islice(_TOKEN.finditer(raw, 0, SCANNED), TOKENS):
        value, end, colon, number, bracket = token.groups()
        if bracket:
            if bracket in b"{[":
                above.append(name)
                name = b""
            elif above:
                name = above.pop()
            continue
        if colon:
            name, value = _read(value) if b"\\" in value else value, number
        if value and end and name == last and [one for one in above if one] == wanted:
            return _read(value).decode() or None
    return None


def _read(written: bytes) -> bytes:
    """What a short string says. One that is long or broken is no name and no id."""
    if len(written) > LONGEST:
        return b""
    try:
        said: str = orjson.loads(b'"' + written + b'"')
    except orjson.JSONDecodeError:
        return b""
    return said.encode()
