"""Genesys' error codes: one row a code, with what to do and what people are told.

Codes: contracts/genesys.md (b6), OAuth (a), reasons of receipts (b2). Retry policy: (b6).
"""

from typing import get_args

from shared.genesys.build import Reason
from shared.messaging.verdict import Verdict

_LATER = "Genesys did not take it in time. Tell your administrator if this happens again."
_ADMIN = "Messages do not reach Genesys for now. Tell your administrator."
_LOST = "A message of the customer could not be shown here. Ask the customer to send it again."

_WAIT = "Genesys' own fault; it mends itself. If it lasts, see status.mypurecloud.com."
_SLOW_DOWN = "Over the calls a minute of the OAuth client: spread them out, or add a client."
_BUILD = "The body that we built is wrong: see the detail. The same message will fail again."
_CLIENT = (
    "Store a valid client id, secret and region: parley tenants apply. "
    "The tenant's messages wait for them."
)
_PERMISSION = "Give the OAuth client's role conversation:message:receive for all divisions."
_INTEGRATION = "Compare the channel's integration id and region with the integration in Genesys."


def _retry(title: str, delay: float) -> Verdict:
    return Verdict("retry", "ServerError", title, _LATER, _WAIT, delay=delay)


def _hold(title: str, operator: str, *, token: bool = False) -> Verdict:
    """All that this credential sends fails alike, and an operator can mend it."""
    return Verdict(
        "alarm", "GeneralError", title, _ADMIN, operator, delay=60, hold=True, token=token
    )


def _never(title: str, operator: str = _BUILD, reason: Reason = "GeneralError") -> Verdict:
    return Verdict("never", reason, title, _LOST, operator)


_MALFORMED = _never("Request not understood", reason="InvalidMessageStructure")
_TOO_LARGE = _never("Body too large", reason="InvalidMediaContentLength")
_TOKEN = _hold("Access token expired or not valid", _CLIENT, token=True)
_NO_PERMISSION = _hold("Permission missing", _PERMISSION)
_NOT_FOUND = Verdict("alarm", "UnknownMessage", "Integration not found", _ADMIN, _INTEGRATION)
_TOO_MANY = Verdict("wait", "RateLimited", "Too many requests", _LATER, _SLOW_DOWN, delay=15)
_BAD_CLIENT = _hold("OAuth client refused", _CLIENT)

CODES: dict[str, Verdict] = {
    "bad.request": _MALFORMED,
    "invalid.value": _MALFORMED,
    "invalid.date": _MALFORMED,
    "authentication.required": _TOKEN,
    "bad.credentials": _TOKEN,
    "credentials.expired": _TOKEN,
    "missing.permissions": _NO_PERMISSION,
    "missing.any.permissions": _NO_PERMISSION,
    "not.authorized": _NO_PERMISSION,
    "not.found": _NOT_FOUND,
    "unsupported.media.type": _never("Media type of the request refused"),
    "too.many.requests": _TOO_MANY,
    "internal.server.error": _retry("Fault at Genesys", 2),
    "service.unavailable": _retry("Genesys is down for a moment", 2),
    "request.timeout": _retry("Genesys took too long", 2),
    # The login host: OAuth style, {"error", "error_description"} (RFC 6749 5.2).
    "invalid_client": _BAD_CLIENT,
    "unauthorized_client": _BAD_CLIENT,
    "invalid_grant": _BAD_CLIENT,
    "access_denied": _BAD_CLIENT,
    "invalid_scope": _BAD_CLIENT,
    "invalid_request": _hold("OAuth request not understood", _CLIENT),
    "unsupported_grant_type": _hold("OAuth client is not of type client credentials", _CLIENT),
    "server_error": _retry("Fault at Genesys' login", 2),
    "temporarily_unavailable": _retry("Genesys' login is down for a moment", 5),
}

# Where there is no code, or one that Genesys added.
BY_STATUS: dict[int, Verdict] = {
    400: _MALFORMED,
    401: _TOKEN,
    403: _NO_PERMISSION,
    404: _NOT_FOUND,
    407: _hold("A proxy wants credentials", "Mend the way out to the internet."),
    408: _retry("Request came too slowly", 1),
    409: _never("Conflict"),
    413: _TOO_LARGE,
    415: CODES["unsupported.media.type"],
    429: _TOO_MANY,
}
REDIRECT = _hold("Sent elsewhere", "Compare the region: Genesys' own address never redirects.")
SERVER_FAULT = _retry("Fault at Genesys", 2)
REFUSED = _never("Refused by Genesys")

# A 2xx whose body says Failed: the receipt or message was not applied (contracts/genesys.md b2).
# Never repeated: a receipt for a message that Genesys does not know will not be known later.
FAILED: dict[str, Verdict] = {
    reason: Verdict("never", reason, "Not applied by Genesys", _LOST, "See the detail.")
    for reason in get_args(Reason)
}
