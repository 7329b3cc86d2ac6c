"""What people should know of their account, in one line without personal data.

No customer's number, name or words stand in a note: it goes to lists, logs and alarms.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from shared.transforms.text import one_line
from shared.whatsapp.items import StatusError, read_error
from shared.wire.body import Json
from shared.wire.fields import objects, text
from shared.wire.sizes import ELEMENTS

Severity = Literal["info", "warning", "alarm"]

LINE = 300
"""Code points of a note."""

NAME = 64
"""Code points of a field or an event, which become labels."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something for people to know, in one line without personal data."""

    field: str
    event: str | None
    severity: Severity
    what: str


def note(field: str, event: Any, severity: Severity, *words: str | None) -> Note:
    """A note whose parts are joined by commas, those that are None or blank left out."""
    named = one_line(free(event) or "", NAME) or None
    what = ", ".join(part for one in words if one and (part := one_line(one, LINE)))
    place = one_line(field, NAME)
    return Note(place, named, severity, one_line(what, LINE) or place)


def free(words: Any) -> str | None:
    """Words that Meta wrote, without any number that could be somebody's."""
    return _NUMBERS.sub("[number]", text(words) or "") or None


_NUMBERS = re.compile(r"\+?\d{7,}")


def error_notes(field: str, errors: Any) -> list[Note]:
    """A note an error that is of the whole account, not of one message (contracts/meta.md b.6)."""
    told, more = first_of(objects(errors), ELEMENTS)
    found = [_error_note(field, read_error(error)) for error in told]
    return [*found, *([unreadable(field, more)] if more else [])]


def first_of(elements: list[Any], most: int) -> tuple[list[Any], int]:
    """The first of a list's elements, and how many more there are: these are in the raw alone."""
    return elements[:most], max(len(elements) - most, 0)


def _error_note(field: str, error: StatusError) -> Note:
    severity: Severity = "alarm" if error.code in BLOCKING else "warning"
    return note(
        field,
        "error",
        severity,
        free(error.title or error.message),
        free(error.details),
        f"code {error.code}",
    )


BLOCKING = frozenset(
    (0, 3, 10, 190, 200, 368, 131005, 131031, 131037, 131042, 131044, 131045, 133010)
)
"""Codes after which nothing goes out until somebody acts: action A of contracts/meta.md (c.6)."""


def unreadable(field: str, count: int) -> Note:
    """Elements that are not what their place asks for, name nobody, or are too many."""
    return note(field, "unreadable", "warning", f"{count} of its elements could not be read")


def unknown_note(field: str, value: Json, *, known: bool) -> Note:
    """A change that says nothing, or of which nothing is known here."""
    if "object" in value and "entry" in value:
        return note(field, "other_product", "info", "a webhook of another product")
    if known:
        return note(field, "empty", "info", "a change with nothing in it")
    return note(field, value.get("event"), "info", "a field that is not known here")
