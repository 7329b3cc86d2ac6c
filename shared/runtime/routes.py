"""Functions with several routes: a FastAPI app that answers what goes wrong as all others do.

Apart from `function`, because importing FastAPI costs a third of a start that most need not pay.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.runtime.errors import ParleyError
from shared.runtime.faults import said
from shared.runtime.function import inner_answer
from shared.runtime.logging import describe, logger
from shared.runtime.problem import internal_problem, problem

log = logger()


def name_errors(app: FastAPI) -> None:
    """Give the app our problems: it runs after the handler has returned, outside its guard."""
    app.add_exception_handler(ParleyError, _on_parley_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_middleware(_LastDoor)


async def _on_parley_error(_: Request, error: Exception) -> Response:
    return inner_answer(error) if isinstance(error, ParleyError) else internal_problem()


async def _on_invalid(_: Request, error: Exception) -> Response:
    """Say which fields are wrong and why, without the values that came."""
    if not isinstance(error, RequestValidationError):
        return internal_problem()
    return problem(422, "bad_input", said(error.errors()))


async def _on_http_exception(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return internal_problem()
    code = error.detail.lower().replace(" ", "_")
    return problem(error.status_code, code, error.detail)


class _LastDoor:
    """Answers what nobody caught; Starlette would raise it again into the server's log."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Any) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001  # see the class
            log.error("unexpected_error", extra=describe(error))
            if not started:
                await internal_problem()(scope, receive, send)
