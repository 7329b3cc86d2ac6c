"""The platform's error bodies (genesys (b6))."""

from __future__ import annotations

import uuid
from typing import Any

import orjson

from local.sandbox.room.desk import Answer
from local.sandbox.room.faults import Fault

SYNTAX = "The request could not be understood by the server due to malformed syntax."
MESSAGES: dict[str, tuple[int, str]] = {
    "bad.request": (400, SYNTAX),
    "invalid.value": (400, "Value is not valid for field type."),
    "invalid.date": (400, "Invalid date."),
    "authentication.required": (401, "No authentication bearer token specified in header."),
    "bad.credentials": (401, "Invalid login credentials."),
    "credentials.expired": (401, "The authentication token has expired."),
    "missing.permissions": (403, "Unable to perform the requested action."),
    "not.authorized": (403, "You are not authorized to perform the requested action."),
    "not.found": (404, "The requested resource was not found."),
    "request.too.large": (413, "The request is over the size limit."),
    "unsupported.media.type": (415, "Unsupported Media Type."),
    "too.many.requests": (429, "Rate limit exceeded the maximum."),
    "internal.server.error": (500, "The server encountered an unexpected condition."),
    "service.unavailable": (503, "Service Unavailable."),
    "request.timeout": (504, "The request timed out."),
}
BY_STATUS = {
    400: "bad.request",
    401: "bad.credentials",
    403: "missing.permissions",
    404: "not.found",
    413: "request.too.large",
    415: "unsupported.media.type",
    429: "too.many.requests",
    503: "service.unavailable",
    504: "request.timeout",
}


class Refused(Exception):
    """The request is refused with `answer`."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def refusal(
    code: str,
    message: str | None = None,
    *,
    status: int | None = None,
    note: dict[str, Any] | None = None,
) -> Answer:
    """An ErrorBody of `code`; its status and words from the table unless given."""
    usual, words = MESSAGES.get(code, (status or 400, code))
    body = {
        "message": message or words,
        "code": code,
        "status": status or usual,
        "messageParams": {},
        "contextId": str(uuid.uuid4()),
        "details": [],
        "errors": [],
    }
    return Answer(status or usual, orjson.dumps(body), note=note or {})


def too_many(seconds: int, allowed: int) -> Answer:
    """429 with Retry-After in seconds."""
    words = (
        f"Rate limit exceeded the maximum [{allowed}] requests within [60] seconds."
        f" Retry the request in [{seconds}] seconds"
    )
    answer = refusal("too.many.requests", words)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def of_fault(fault: Fault) -> Answer:
    """The answer a fault asks for: by its code, its status, or both."""
    code = str(fault.code) if fault.code is not None else ""
    if not code:
        code = BY_STATUS.get(fault.status or 500, "internal.server.error")
    answer = refusal(code, status=fault.status)
    answer.headers["ININ-Correlation-Id"] = str(uuid.uuid4())
    return answer
