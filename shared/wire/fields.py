"""Readers of single JSON fields for payloads that promise nothing.

Each takes any JSON value and gives the asked type or a plain absence; none raises.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from shared.wire.body import Json
from shared.wire.words import cleaned, visible

MILLISECONDS_FROM = 1e11
"""Epoch numbers from here on are milliseconds: as seconds this is the year 5138."""

MICROSECONDS_FROM = 1e14


def text(value: Any) -> str | None:
    """A string that is not empty, without controls; a whole number in its digits; else None."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return None
    return cleaned(value) or None


def readable(value: Any) -> str | None:
    """The same, when there is anything to see in it; None for blanks, marks and fillers."""
    found = text(value)
    return found if found is not None and visible(found) else None


def first_readable(members: Json, *names: str) -> str | None:
    """The first of the members of these names in which there is anything to see."""
    return next((found for name in names if (found := readable(members.get(name)))), None)


def obj(value: Any) -> Json:
    """The object itself, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[Json]:
    """The objects of a list; a lone object counts as a list of one."""
    if isinstance(value, dict):
        return [value]
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def listed(value: Any) -> list[Any]:
    """The list itself; anything else but None counts as a list of that one thing."""
    return value if isinstance(value, list) else [] if value is None else [value]


def number(value: Any) -> float | None:
    """A finite number, also when it came as text ("12.50"); else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def moment(value: Any) -> datetime | None:
    """An aware UTC time from epoch seconds, milliseconds or ISO 8601; else None.

    Meta documents seconds in a string, and integers and milliseconds were seen
    (contracts/meta.md b.0); Genesys sends ISO text, also with +0000 (contracts/genesys.md h.8).
    """
    epoch = number(value)
    try:
        if epoch is None:
            return _iso(value)
        return datetime.fromtimestamp(_seconds(epoch), UTC) if epoch > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _seconds(epoch: float) -> float:
    if epoch >= MICROSECONDS_FROM:
        return epoch / 1_000_000
    return epoch / 1_000 if epoch >= MILLISECONDS_FROM else epoch


def _iso(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    found = datetime.fromisoformat(value.strip())
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
