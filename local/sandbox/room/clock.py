"""Times as the three parties write them."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def unix_text(at: float | None = None) -> str:
    """Whole seconds since 1970 as text: Meta's `timestamp`."""
    return str(int(time.time() if at is None else at))


def now(offset_s: float) -> float:
    """The time on a clock that is `offset_s` ahead."""
    return time.time() + offset_s


def iso_ms(at: float | None = None) -> str:
    """RFC 3339 UTC with milliseconds and Z: Genesys' `time`, and that of our records."""
    moment = datetime.fromtimestamp(time.time() if at is None else at, UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
