"""Values as an operator types them: a moment (a date, a time, or so long ago), seconds, a count."""

from __future__ import annotations

import argparse
import math
import re
from datetime import UTC, datetime, timedelta

from shared.runtime.clock import utcnow

FORMS = "2026-11-23, 2026-11-23T10:30 (UTC unless it says otherwise), or 30m, 2h, 3d ago"
_AGO = re.compile(r"(?P<count>\d{1,6})(?P<unit>[mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def moment(text: str) -> datetime:
    """A moment. Raises ArgumentTypeError that names the forms."""
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return utcnow() - timedelta(**{_UNITS[ago["unit"]]: int(ago["count"])})
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no moment: {FORMS}") from None
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)


def day(text: str) -> datetime:
    """A day's first moment. Raises ArgumentTypeError."""
    told = moment(text)
    if told.time() != datetime.min.time():
        raise argparse.ArgumentTypeError(f"{text!r} is no day, such as 2026-11-23")
    return told


def short(told: datetime) -> str:
    """A moment for a table, in UTC."""
    return told.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def seconds(text: str) -> float:
    """A time in seconds, 0 or more. Raises ArgumentTypeError."""
    try:
        told = float(text)
    except ValueError:
        told = math.nan
    if not 0 <= told < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, such as 5 or 0.5")
    return told


def count(text: str) -> int:
    """A whole number, 1 or more. Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(text)
