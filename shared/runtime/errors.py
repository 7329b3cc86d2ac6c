"""The one error tree. A caller decides by `code` and `retryable`, never by the words.

ParleyError
├── BadInput (422)       the request can never succeed as it is
│   └── BodyTooLarge (413)
├── NotAdmitted
│   ├── Unauthorised (401)
│   └── Forbidden (403)
├── NotFound (404)
├── Conflict (409)
├── Unavailable (503)    a dependency does not answer: surely nothing was done, try again
│   ├── Busy (503)       somebody else is at it: try again a little later
│   ├── Unsettled (503)  it may have been done: a later word tells
│   ├── NotTaken (503)   the body was not read to its end: nothing of ours is wrong
│   │   └── BodyTooSlow (503)
│   └── Limited (429)    over a provider's limit: its line waits, nothing is wrong
├── Unknown (504)        the request may have arrived: reconcile before repeating
├── TooMuchWork (500)    it was stopped, for the others' sake: it will not do better the next time
└── SettingsError        the process cannot start as it is configured
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

Retryable = Literal["yes", "no", "unknown"]


class ParleyError(Exception):
    """Something went wrong in a way we have a name for.

    `detail` is safe to show: no secret, no personal data, no message text.
    `retry_after` is in seconds.
    """

    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"
    status: ClassVar[int] = 500
    retryable: ClassVar[Retryable] = "unknown"

    def __init__(self, detail: str = "", *, retry_after: float | None = None) -> None:
        """Keep what may be shown, and when to come back."""
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.retry_after = retry_after


class BadInput(ParleyError):
    """The request can never succeed as it is."""

    code = "bad_input"
    title = "The request can not be processed"
    status = 422
    retryable = "no"


class BodyTooLarge(BadInput):
    """The body is over the limit of this door."""

    code = "body_too_large"
    title = "The body is too large"
    status = 413


class NotAdmitted(ParleyError):
    """Turned away. `reason` and `whose` are for the log alone: the answer tells neither.

    `reason` is of a closed list; `whose` holds ids, those that are only claimed by such names.
    """

    reason: str
    whose: Mapping[str, str | None]

    def __init__(
        self,
        detail: str = "",
        *,
        retry_after: float | None = None,
        reason: str = "",
        whose: Mapping[str, str | None] | None = None,
    ) -> None:
        """Keep what is for the caller, and what is for the log."""
        super().__init__(detail, retry_after=retry_after)
        self.reason = reason or self.code
        self.whose = whose or {}


class Unauthorised(NotAdmitted):
    """No credential, or not a good one. The words never say which."""

    code = "unauthorised"
    title = "Unauthorised"
    status = 401
    retryable = "no"


class Forbidden(NotAdmitted):
    """Known, but not allowed here."""

    code = "forbidden"
    title = "Forbidden"
    status = 403
    retryable = "no"


class NotFound(ParleyError):
    """Nothing by that name in this tenant."""

    code = "not_found"
    title = "Not found"
    status = 404
    retryable = "no"


class Conflict(ParleyError):
    """The thing has changed, or somebody else holds it."""

    code = "conflict"
    title = "Conflict"
    status = 409
    retryable = "no"


class Unavailable(ParleyError):
    """A dependency does not answer; nothing was done."""

    code = "unavailable"
    title = "Try again later"
    status = 503
    retryable = "yes"


class Busy(Unavailable):
    """Another attempt holds the work; it will be done or free soon."""

    code = "busy"
    title = "In work elsewhere"


class Unsettled(Unavailable):
    """It may have been done already: a word of the provider's, or time, tells whether to repeat."""

    code = "unsettled"
    title = "Not known whether it was done"


class NotTaken(Unavailable):
    """A body was not read to its end. `reason`: of a closed list, for a count."""

    code = "not_taken"
    title = "The body was not taken"

    def __init__(self, detail: str = "", *, reason: str) -> None:
        """It may be sent again in a second."""
        super().__init__(detail, retry_after=1)
        self.reason = reason


class BodyTooSlow(NotTaken):
    """A sender of webhooks takes a 408 as final, so this is a 503 (contracts/genesys.md c4)."""

    code = "body_too_slow"
    title = "The body came too slowly"


class Limited(Unavailable):
    """It would be over a provider's limit: this line waits its turn, the others may go."""

    code = "limited"
    title = "Over a limit for the moment"
    status = 429


class Unknown(ParleyError):
    """The request may have arrived: whether it was done is not known."""

    code = "unknown_outcome"
    title = "The outcome is not known"
    status = 504
    retryable = "unknown"


class TooMuchWork(ParleyError):
    """It took the processor for too long, and was stopped for the others' sake."""

    code = "too_much_work"
    title = "It takes too much work"
    status = 500
    retryable = "unknown"


class SettingsError(ParleyError):
    """The process cannot start as it is configured."""

    code = "settings"
    title = "Settings are missing or wrong"
    retryable = "no"


# What a peer's status says. 400, 405 and 415 are as certain a no as 422.
BY_STATUS: dict[int, type[ParleyError]] = {
    400: BadInput,
    401: Unauthorised,
    403: Forbidden,
    404: NotFound,
    405: BadInput,
    409: Conflict,
    413: BodyTooLarge,
    415: BadInput,
    422: BadInput,
    503: Unavailable,
    504: Unknown,
}
