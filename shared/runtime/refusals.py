"""Says in the log who was refused and why: so many lines a minute, and how many more there were.

What a caller only claims is cut to what an id may be and named `claimed_...`. Answers stay the same
whatever stands here.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import jwt

from shared.runtime.errors import ParleyError
from shared.runtime.logging import logger, stand_in
from shared.runtime.metrics import counter
from shared.runtime.repeats import WINDOW_S, Windows

log = logger()
write = log.warning
T = TypeVar("T")

REFUSED = counter("refusals", "Callers and webhooks that were refused", ("event", "reason"))

LONGEST_TOKEN = 8192  # characters; nothing is read out of a longer one
_ID = re.compile(r"[A-Za-z0-9._:/-]{1,96}")

_JWT: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.ExpiredSignatureError, "expired"),
    (jwt.InvalidAudienceError, "wrong_audience"),
    (jwt.InvalidIssuerError, "wrong_issuer"),
    (jwt.ImmatureSignatureError, "not_yet_valid"),
    (jwt.InvalidIssuedAtError, "not_yet_valid"),
    (jwt.MissingRequiredClaimError, "missing_claim"),
    (jwt.InvalidAlgorithmError, "wrong_algorithm"),
    (jwt.InvalidSignatureError, "wrong_signature"),
)


def claimed(value: Any) -> str | None:
    """A text that may be an id, as it is; of any other a stand-in; None for no text or an empty."""
    if not isinstance(value, str) or not value:
        return None
    return value if _ID.fullmatch(value) else f"odd:{stand_in(value)}"


async def asked(look_up: Awaitable[T]) -> T | None:
    """What a look-up for the log answers; None when it does not: the refusal stays the same."""
    try:
        return await look_up
    except ParleyError:
        return None


def why_not(error: jwt.PyJWTError) -> str:
    """The reason that a token is not good, in one word of a closed list."""
    return next((word for kind, word in _JWT if isinstance(error, kind)), "malformed")


def claims(token: str, names: Mapping[str, str]) -> dict[str, str | None]:
    """What an unverified token says of itself: log key -> claim. Nothing of it may be believed."""
    if len(token) > LONGEST_TOKEN:
        return {}
    try:
        said = jwt.decode(token, options={"verify_signature": False})
    except jwt.PyJWTError:
        return {}
    return {key: claimed(_one(said.get(name))) for key, name in names.items()}


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


class Refusals:
    """Counts refusals and writes their lines. One a process; `warning` is called as a logger is."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, *, seconds: float = WINDOW_S
    ) -> None:
        """One a process."""
        self._windows = Windows(clock, seconds=seconds)

    def warning(
        self,
        event: str,
        *,
        reason: str,
        extra: Mapping[str, Any],
        beside: Mapping[str, Any] | None = None,
    ) -> None:
        """Write `event` once for each `extra`, whose it is, in a window.

        `reason`: of a closed list. `beside`: what is written with it and does not tell two apart.
        """
        REFUSED.labels(event, reason).inc()
        told = {key: value for key, value in extra.items() if value is not None}
        if not self._windows.admits(event, (("reason", reason),), repr(sorted(told.items()))):
            return
        # A name of its caller, which tests/house holds to what an event may be.
        write(event, extra={"reason": reason, **told, **(beside or {})})


refusals = Refusals()
