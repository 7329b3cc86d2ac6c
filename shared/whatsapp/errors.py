"""Reads Meta's error answers and failed statuses into SendErrors, by code and never by words.

The HTTP status counts only where Meta gave no code: rate limits come as 400
(contracts/meta.md c.6).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from shared.messaging.answers import (
    bounded_wait,
    json_object,
    retry_after,
    safe_detail,
    text_of,
    trace_of,
)
from shared.messaging.outcomes import SendError, SendOutcome
from shared.messaging.verdict import Verdict
from shared.whatsapp.codes import (
    BY_STATUS,
    CODES,
    FAILED_LATER,
    FAMILIES,
    REDIRECT,
    REFUSED,
    SERVER_FAULT,
    UNKNOWN_OBJECT,
)

_USAGE_HEADER = "X-Business-Use-Case-Usage"
_INVALID_PARAMETER, _NO_SUCH_OBJECT = 100, 33
_REDIRECTS = range(300, 400)
_SERVER_FAULTS = range(500, 600)


@dataclass(frozen=True)
class _Fault:
    """What Meta said, as far as it can be read."""

    code: int
    subcode: int | None
    words: str
    trace: str | None


def refusal(
    status: int, body: bytes, headers: Mapping[str, str], private: Iterable[str] = ()
) -> SendOutcome:
    """The outcome of an answer that is no success: refused, or unknown where nobody says so.

    A 5xx without an error of Meta's own comes from a machine in between: it may have been taken.
    """
    error = classify(status, body, headers, private)
    if status in _SERVER_FAULTS and _fault_of(body) is None:
        return SendOutcome.unknown(
            error.model_copy(update={"retryable": False, "action": "wait", "retry_after": None})
        )
    return SendOutcome.refused(error)


def classify(
    status: int, body: bytes, headers: Mapping[str, str], private: Iterable[str] = ()
) -> SendError:
    """The meaning of an error answer. `private`: values sent, which Meta's words may quote."""
    fault = _fault_of(body)
    wait = _wait_of(headers)
    if fault is None:
        return _by_status(status).error(f"http_{status}", wait=wait)
    return _by_code(fault, status).error(
        str(fault.code), detail=safe_detail(fault.words, private), wait=wait, trace=fault.trace
    )


def from_status_errors(errors: Any) -> SendError:
    """The meaning of `statuses[].errors` of a failed message (contracts/meta.md b.5).

    The message was accepted before: `retryable` says whether sending a new one could help.
    """
    items = errors if isinstance(errors, list) else []
    faults = [fault for item in items if (fault := _read(item)) is not None]
    if not faults:
        return FAILED_LATER.error("none")
    fault = next((f for f in faults if f.code in CODES), faults[0])
    verdict = _known(fault) or FAILED_LATER
    return verdict.error(str(fault.code), detail=safe_detail(fault.words))


def _by_code(fault: _Fault, status: int) -> Verdict:
    return _known(fault) or _by_status(status)


def _known(fault: _Fault) -> Verdict | None:
    if (fault.code, fault.subcode) == (_INVALID_PARAMETER, _NO_SUCH_OBJECT):
        return UNKNOWN_OBJECT
    if fault.code in CODES:
        return CODES[fault.code]
    return next((verdict for family, verdict in FAMILIES if fault.code in family), None)


def _by_status(status: int) -> Verdict:
    if status in _SERVER_FAULTS:
        return SERVER_FAULT
    if status in _REDIRECTS:
        return REDIRECT
    return BY_STATUS.get(status, REFUSED)


def _fault_of(body: bytes) -> _Fault | None:
    answer = json_object(body)
    return None if answer is None else _read(answer.get("error"))


def _read(error: Any) -> _Fault | None:
    """An error object of an answer or of a status; members come and go between versions."""
    if not isinstance(error, dict) or (code := _number(error.get("code"))) is None:
        return None
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else error.get("details")
    words = next((w for w in (details, error.get("message"), error.get("title")) if w), "")
    return _Fault(
        code=code,
        subcode=_number(error.get("error_subcode")),
        words=text_of(words),
        trace=trace_of(error.get("fbtrace_id")),
    )


def _number(value: Any) -> int | None:
    text = text_of(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None  # noqa: PLR2004 - longer is no code


def _wait_of(headers: Mapping[str, str]) -> float | None:
    """Seconds that the headers ask for: the longer of Retry-After and the usage header."""
    waits = [*_usage_waits(headers.get(_USAGE_HEADER, "")), retry_after(headers) or 0]
    return max(waits) or None


def _usage_waits(header: str) -> list[float]:
    """Minutes per account and kind of call, as seconds: {"<WABA id>": [{..., minutes}]}."""
    try:
        usage = orjson.loads(header)
    except orjson.JSONDecodeError:
        return []
    lists = usage.values() if isinstance(usage, dict) else ()
    entries = [entry for entries in lists if isinstance(entries, list) for entry in entries]
    minutes = [e.get("estimated_time_to_regain_access") for e in entries if isinstance(e, dict)]
    waits = [bounded_wait(m * 60) for m in minutes if isinstance(m, int | float)]
    return [wait for wait in waits if wait is not None]
