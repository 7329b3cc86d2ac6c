"""Reads Genesys' error answers into SendErrors: the platform's ErrorBody and the login host's.

A code decides where there is one, else the HTTP status (contracts/genesys.md b6).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.genesys.codes import BY_STATUS, CODES, FAILED, REDIRECT, REFUSED, SERVER_FAULT
from shared.messaging.answers import json_object, retry_after, safe_detail, text_of, trace_of
from shared.messaging.outcomes import SendError, SendOutcome
from shared.messaging.verdict import Verdict

CORRELATION = "ININ-Correlation-Id"
_CODE = re.compile(r"[a-z][a-z_.]{1,63}")
_REDIRECTS = range(300, 400)
_SERVER_FAULTS = range(500, 600)
# A 5xx that says of itself that nothing was done.
_NOT_DONE = ("service.unavailable", "temporarily_unavailable")


@dataclass(frozen=True)
class _Fault:
    """What Genesys said, as far as it can be read."""

    code: str
    words: str
    trace: str | None


def refusal(
    status: int, body: bytes, headers: Mapping[str, str], private: Iterable[str] = ()
) -> SendOutcome:
    """The outcome of an answer that is no success.

    After most 5xx the message may be there: unknown, and to be repeated with the same messageId
    and time (contracts/genesys.md b9).
    """
    error = classify(status, body, headers, private)
    if status in _SERVER_FAULTS and error.provider_code not in _NOT_DONE:
        return SendOutcome.unknown(error)
    return SendOutcome.refused(error)


def classify(
    status: int, body: bytes, headers: Mapping[str, str], private: Iterable[str] = ()
) -> SendError:
    """The meaning of an error answer. `private`: values sent, which Genesys' words may quote."""
    fault = _fault_of(body)
    verdict = CODES.get(fault.code) or _by_status(status)
    return verdict.error(
        fault.code if _CODE.fullmatch(fault.code) else f"http_{status}",
        detail=safe_detail(fault.words, private),
        wait=retry_after(headers),
        trace=trace_of(headers.get(CORRELATION)) or fault.trace,
    )


def not_applied(
    answer: Mapping[str, Any], headers: Mapping[str, str], private: Iterable[str] = ()
) -> SendError | None:
    """The error that a 2xx carries in its body, as receipts do; None when there is none.

    Reasons alone mean nothing: Genesys fills them beside Delivered too (contracts/genesys.md c3).
    """
    if answer.get("status") != "Failed":
        return None
    reasons = answer.get("reasons")
    first = reasons[0] if isinstance(reasons, list) and reasons else None
    reason = first if isinstance(first, dict) else {}
    code = text_of(reason.get("code"))
    return FAILED.get(code, FAILED["GeneralError"]).error(
        code if code in FAILED else "GeneralError",
        detail=safe_detail(reason.get("message"), private),
        trace=trace_of(headers.get(CORRELATION)),
    )


def _by_status(status: int) -> Verdict:
    if status in _SERVER_FAULTS:
        return SERVER_FAULT
    if status in _REDIRECTS:
        return REDIRECT
    return BY_STATUS.get(status, REFUSED)


def _fault_of(body: bytes) -> _Fault:
    """ErrorBody {code, message, contextId}, or OAuth {error, error_description}."""
    answer = json_object(body) or {}
    words = answer.get("message") or answer.get("error_description") or answer.get("description")
    return _Fault(
        code=text_of(answer.get("code") or answer.get("error")),
        words=text_of(words),
        trace=trace_of(answer.get("contextId")),
    )
