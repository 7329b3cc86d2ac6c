"""Names of files as they may stand in a header and on a disk; letters of any language stay."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from shared.media.types import group

LONGEST = 150  # bytes of UTF-8; as percent signs three times that, and a header has 8 KB
_LONGEST_ENDING = 12  # characters, the dot with them
_SEPARATORS = re.compile(r'[\\/:*?"<>|]+')
_ODD = re.compile(r"[^A-Za-z0-9._() -]")
# Controls, marks of direction (which make "exe.pdf" of "fdp.exe"), halves of pairs, unassigned.
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_JOINERS = "\u200c\u200d"  # part of how some scripts and emoji are written


def clean_name(name: str | None) -> str | None:
    """A name without paths, controls and tricks; None when nothing of it is left."""
    words = _words(name).strip(" .")
    if not words.strip("_" + _JOINERS):
        return None
    return shortened(words)


def is_only_ending(name: str | None) -> bool:
    """Whether there is nothing before the ending, as in ".pdf"."""
    words = _words(name)
    return words.startswith(".") and "." not in words.strip(" .")


def _words(name: str | None) -> str:
    text = unicodedata.normalize("NFC", name or "")
    shown = "".join(c for c in text if c in _JOINERS or unicodedata.category(c) not in _HIDDEN)
    return " ".join(_SEPARATORS.sub("_", shown).split())


def disposition(mime: str, name: str | None) -> str:
    """Content-Disposition (RFC 6266): pictures, sound and film are shown, the rest is saved.

    The name goes in ASCII for the old and in UTF-8 for all others.
    """
    how = "attachment" if group(mime) == "file" else "inline"
    if name is None:
        return how
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = " ".join(_ODD.sub("_", plain).split()) or "file"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def shortened(name: str) -> str:
    """The name within LONGEST, its ending kept."""
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) >= _LONGEST_ENDING:
        stem, dot, ending = name, "", ""
    room = LONGEST - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore").strip() + dot + ending
