"""Answers for what went wrong: RFC 9457 problem details, never an echo of the input."""

from __future__ import annotations

import math
from http import HTTPStatus

import orjson
from starlette.responses import Response

from shared.runtime.errors import ParleyError

MEDIA_TYPE = "application/problem+json"


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    title: str | None = None,
    retry_after: float | None = None,
) -> Response:
    """A problem answer. `code` is for programs, `detail` for people, `retry_after` in seconds."""
    body = {
        "type": "about:blank",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    headers = {} if retry_after is None else {"Retry-After": str(max(1, math.ceil(retry_after)))}
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)


def problem_of(error: ParleyError) -> Response:
    """The answer that one of our own errors gives."""
    return problem(
        error.status, error.code, error.detail, title=error.title, retry_after=error.retry_after
    )


def internal_problem() -> Response:
    """The answer to an error that we have no name for; its story is in the log."""
    return problem(
        500, ParleyError.code, "something went wrong here; the log has it under the same trace"
    )
