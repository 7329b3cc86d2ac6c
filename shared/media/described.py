"""What is known of a file from its first bytes: its type, its name, its form.

The bytes decide. What was told, and the ending of the name, say only which of several types that
the bytes allow it is; the ending of the name that is given on always fits the bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from shared.media.form import form_of
from shared.media.names import clean_name, is_only_ending, shortened
from shared.media.types import HEAD, content_type, group, is_text, runs, seen_type
from shared.wire.file_types import BYTES, Form, ending_of, endings_of, plain, type_of

_GENERIC: Final = frozenset({BYTES, "application/zip", "application/x-ole-storage"})


@dataclass(frozen=True)
class Described:
    """`mime`: to store and serve it under; `name`: with an ending that fits; `text`: is text."""

    mime: str
    name: str
    text: bool
    form: Form | None


def describe(begin: bytes, told: str | None, name: str | None) -> Described:
    """Describe a file by its first LOOK bytes, or all. `told`: its type, as somebody said."""
    head = begin[:HEAD]
    claimed = plain(told)
    named = type_of(_ending(clean_name(name) or ""))
    if claimed in _GENERIC and named is not None:
        claimed = named
    found = content_type(head, claimed)
    text = seen_type(head) in (None, "application/rtf") and is_text(head)
    served = BYTES if runs(head, found) else found
    return Described(served, fitting_name(name, head, found), text, form_of(served, begin))


def fitting_name(name: str | None, head: bytes, mime: str) -> str:
    """The name, made clean, with an ending that fits a file of this type and first bytes.

    A wrong ending that is some type's is replaced, whatever else stands behind a dot is kept. A
    file without a name is called by its kind: "image.jpg", "file.pdf".
    """
    stem, bare = clean_name(name) or "", is_only_ending(name)
    while not bare and "." in stem:
        before, ending = stem.rpartition(".")[::2]
        if _stands(ending, head, mime):
            return shortened(f"{before}.{ending.lower()}")
        if type_of(ending) is None:
            break
        stem = before.rstrip(" .")
    if not stem or bare:
        stem = group(mime)
    return shortened(f"{stem}.{_given(head, mime)}")


def _stands(ending: str, head: bytes, mime: str) -> bool:
    """Whether a file of these bytes may end so."""
    if ending.lower() in endings_of(mime):
        return True
    claimed = type_of(ending)
    if claimed in (None, BYTES):  # it may be true of what nobody knows, or of a program
        return (plain(mime) == BYTES or runs(head, mime)) and not is_text(head)
    loose = plain(mime) in _GENERIC or (seen_type(head) is None and is_text(head))
    return loose and content_type(head, claimed) == claimed


def _given(head: bytes, mime: str) -> str:
    """The ending for a name without a fitting one; never one that a machine would run."""
    if not runs(head, mime):
        return ending_of(mime)
    if seen_type(head) is not None or not is_text(head):
        return "bin"
    return "xml" if mime.endswith("xml") and "html" not in mime and "svg" not in mime else "txt"


def _ending(name: str) -> str:
    return name.rpartition(".")[2] if "." in name else ""
