"""Reads a change of Meta's that is neither message nor status into typed values, a row a field.

Any JSON value is accepted, nothing raises, and every change gives at least one value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shared.transforms.account_notes import NOTES
from shared.transforms.calls import read_calls
from shared.transforms.echoes import Echo, HistoryMessage, read_echoes, read_history
from shared.transforms.notes import (
    Note,
    Severity,
    error_notes,
    first_of,
    free,
    note,
    unknown_note,
    unreadable,
)
from shared.whatsapp.identities import (
    IdChange,
    Ids,
    PreferenceChange,
    id_change,
    id_update,
    preference,
)
from shared.wire.body import Json
from shared.wire.fields import listed
from shared.wire.sizes import most_of

__all__ = [
    "CHANGES",
    "Change",
    "Echo",
    "HistoryMessage",
    "IdChange",
    "Ids",
    "Note",
    "PreferenceChange",
    "Severity",
    "id_change",
    "read_change",
]

Change = Echo | HistoryMessage | IdChange | PreferenceChange | Note


def read_change(field: str | None, value: Json) -> tuple[Change, ...]:
    """Read what `walk` gives as an OtherChange; never empty."""
    name = field or "messages"
    row = CHANGES.get(name)
    found: list[Change] = [*row.read(value)] if row else []
    found += error_notes(name, value.get("errors"))
    return tuple(found) or (unknown_note(name, value, known=row is not None),)


@dataclass(frozen=True, slots=True)
class Row:
    """How a field is read, and the same in words for the documentation."""

    read: Callable[[Json], Iterator[Change]]
    becomes: str


def _each(field: str, read: Callable[[Json], Change | None]) -> Callable[[Json], Iterator[Change]]:
    """Reads the elements of the list that is named like its field; the rest are told."""

    def changes(value: Json) -> Iterator[Change]:
        told, bad = first_of(listed(value.get(field)), most_of(value))
        for element in told:
            found = read(element) if isinstance(element, dict) else None
            if found is not None:
                yield found
            bad += found is None
        if bad:
            yield unreadable(field, bad)

    return changes


def _preference(element: Json) -> PreferenceChange | Note | None:
    found = preference(element)
    other = free(element.get("value")) if found is None else None
    if other is None:
        return found
    return note("user_preferences", other, "warning", "a preference that changes nothing here")


def _note(field: str) -> Callable[[Json], Iterator[Change]]:
    def read(value: Json) -> Iterator[Change]:
        yield NOTES[field].note(field, value)

    return read


def _nothing(_: Json) -> Iterator[Change]:
    """The messages and statuses of this field have their own events: only errors are left."""
    yield from ()


_ECHO = Row(read_echoes, "history, as sent by us: never sent again")

CHANGES: dict[str, Row] = {
    "messages": Row(
        _nothing, "a note for an error of the account; messages and statuses go their own way"
    ),
    "smb_message_echoes": _ECHO,
    "message_echoes": _ECHO,
    "history": Row(read_history, "history; a note when the business does not share it"),
    "user_id_update": Row(_each("user_id_update", id_update), "the customer's new user id"),
    "user_preferences": Row(
        _each("user_preferences", _preference),
        "no marketing from now on, or again: kept, and holds nothing back yet",
    ),
    **{field: Row(_note(field), row.becomes) for field, row in NOTES.items()},
    "calls": Row(read_calls, NOTES["calls"].becomes),
}
"""Fields of contracts/meta.md (b.6); any other is kept, told in a note and counted."""
