"""How long a provider's token is used, kept, and when it is renewed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from shared.tenancy.models import Provider

MARGIN_S = 60.0  # a token is not used in its last minute
# Longest stay in Redis. Genesys tells a token's life (`expires_in`, 300 to 172800 s by its OAuth
# client); Meta's system user tokens tell none.
LONGEST_S: dict[Provider, float] = {"genesys": 3300.0, "whatsapp": 86400.0}
EARLY = 0.1  # part of the stay in which it is renewed beforehand ...
EARLIEST_S = 300.0  # ... but no more than this


class Lifetime(NamedTuple):
    """When a token ends, when its renewal is due, and its seconds in Redis."""

    expires_at: datetime
    refresh_at: datetime
    cached: float


def lifetime(provider: Provider, now: datetime, expires_in: float) -> Lifetime:
    """Plan a token's life from its `expires_in` in seconds: never beyond it, whatever it is.

    A life shorter than two margins is used for its first half.
    """
    usable = max(0.0, expires_in - min(MARGIN_S, expires_in / 2))
    cached = min(usable, LONGEST_S[provider])
    early = min(cached * EARLY, EARLIEST_S)
    return Lifetime(
        expires_at=now + timedelta(seconds=usable),
        refresh_at=now + timedelta(seconds=cached - early),
        cached=cached,
    )
