"""Moments as an operator types them: a date, a date and time, or so long ago."""

from __future__ import annotations

import argparse
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
