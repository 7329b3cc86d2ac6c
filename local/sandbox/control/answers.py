"""Answers of the control interface, and its way of refusing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

M = TypeVar("M", bound=BaseModel)
Handler = Callable[[Request], Awaitable[Response]]


class WrongError(Exception):
    """The control request cannot be done; `status` and words go back."""

    def __init__(self, words: str, status: int = 422) -> None:
        super().__init__(words)
        self.status = status


def shown(value: Any, status: int = 200) -> Response:
    """Answer `value` as JSON."""
    body = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    return Response(body, status, media_type="application/json")


async def taken(request: Request, model: type[M]) -> M:
    """Read the body as `model`; raises `WrongError` naming each wrong field."""
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as wrong:
        raise WrongError(worded(wrong)) from wrong


def worded(wrong: ValidationError) -> str:
    """Each fault of a body in words."""
    errors = wrong.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {_told(e)}" for e in errors)


def _told(fault: Any) -> str:
    if fault["type"] == "string_pattern_mismatch":  # addresses alone have a pattern here
        return "is no address such as http://127.0.0.1:3000/webhook/meta"
    return str(fault["msg"]).removeprefix("Value error, ")


def guarded(handler: Handler) -> Handler:
    """Turn `WrongError` into its answer."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except WrongError as wrong:
            return shown({"error": str(wrong)}, wrong.status)

    return answer
