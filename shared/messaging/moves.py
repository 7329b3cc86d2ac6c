"""What an error about a file means to who asked for it: try again or not, and words for people."""

from __future__ import annotations

from shared.media.errors import (
    Damaged,
    Denied,
    Gone,
    LinkDead,
    MediaError,
    NotAFile,
    NotAllowed,
    ProviderAway,
    TimeOver,
    TooLarge,
)
from shared.messaging.attempts import NoToken
from shared.messaging.outcomes import SendError, not_sent
from shared.messaging.verdict import Verdict
from shared.runtime.errors import BadInput, ParleyError

_ASK = "The file could not be fetched. Send it again, or ask the customer to."

_VERDICTS: dict[type[ParleyError], Verdict] = {
    NotAllowed: Verdict(
        "never",
        "GeneralError",
        "Address not allowed",
        _ASK,
        "Its host is none that files are fetched from, or has a private address: "
        "see FETCH_ALLOWED_HOSTS.",
    ),
    Denied: Verdict(
        "never",
        "GeneralError",
        "File denied",
        _ASK,
        "The provider gives it neither openly nor to the tenant's credential: see its roles.",
    ),
    Gone: Verdict(
        "never",
        "GeneralError",
        "File not there",
        "The file is not there any more. Send it again, or ask the customer to.",
        "The provider does not have it, or not for this credential.",
    ),
    TooLarge: Verdict(
        "never",
        "InvalidMediaContentLength",
        "File too large",
        "The file is too large. Use a smaller one, or a link to it.",
        "Nothing to mend here: the cap is the provider's.",
    ),
    NotAFile: Verdict(
        "never",
        "MediaTypeNotAllowed",
        "Not a file",
        _ASK,
        "A page, an error or nothing came in place of the file.",
    ),
    Damaged: Verdict(
        "never",
        "GeneralError",
        "File damaged",
        "The file came damaged. Send it again, or ask the customer to.",
        "Its SHA-256 is not the one that was told, twice: something in between changes files.",
    ),
    LinkDead: Verdict(
        "retry",
        "ServerError",
        "Links dead",
        _ASK,
        "Each link that the provider gave was refused.",
        delay=10,
        attempts=3,
    ),
    ProviderAway: Verdict(
        "retry",
        "ServerError",
        "Provider away",
        _ASK,
        "The provider's file host does not answer. Check the way out to it.",
    ),
    TimeOver: Verdict(
        "retry",
        "ServerError",
        "Took too long",
        _ASK,
        "The transfer's time was over: a slow host, a large file, or many at once (MEDIA_AT_ONCE).",
    ),
}
_FAULT = Verdict(
    "never", "GeneralError", "File not taken", _ASK, "See the detail and this function's log."
)


class Told(ParleyError):
    """A provider's own no, as its error table reads it."""

    code = "provider_error"
    title = "The provider said no"
    retryable = "no"

    def __init__(self, error: SendError) -> None:
        """`error` goes to the caller as it is."""
        super().__init__(error.title)
        self.error = error


def error_of(error: ParleyError) -> SendError:
    """What the caller of a transfer is told."""
    if isinstance(error, Told | NoToken):
        return error.error
    verdict = _VERDICTS.get(type(error))
    if verdict is None and (isinstance(error, MediaError | BadInput) or error.retryable == "no"):
        verdict = _FAULT
    if verdict is None:
        return not_sent(error.code, error.detail, retry_after=error.retry_after)
    return verdict.error(error.code, detail=error.detail, wait=error.retry_after)
