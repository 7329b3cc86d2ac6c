"""What a handler module declares, and the one door that every request passes.

function = Function("state", Settings, wire)

@http
@function.entry
async def handle(request): ...
"""

import functools
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.runtime.errors import ParleyError
from shared.runtime.logging import bind, describe, logger
from shared.runtime.problem import internal_problem, problem, problem_of
from shared.runtime.service_auth import ServiceTokens
from shared.runtime.settings import Settings
from shared.runtime.trace import trace_id, use_traceparent

log = logger()

DEFAULT_BODY_LIMIT = 5 * 1024 * 1024  # bytes: an event that carries a 3 MB body in base64

S = TypeVar("S", bound=Settings)
K = TypeVar("K", bound="Resources")
Handler = Callable[[Request], Awaitable[Any]]


@dataclass(frozen=True)
class Check:
    """A dependency that /readyz asks. `ping` raises when it does not answer."""

    name: str
    ping: Callable[[], Awaitable[object]]
    required: bool = True


@dataclass(kw_only=True)
class Resources:
    """What `wire` makes for the life of the process: clients, pools, settings that routes need."""

    checks: list[Check] = field(default_factory=list)


class Function(Generic[S, K]):
    """One function: its name, its settings, how its resources are made, who may call it."""

    def __init__(
        self,
        name: str,
        settings: type[S],
        wire: Callable[[S], AbstractAsyncContextManager[K]],
        *,
        public: bool = False,
        body_limit: int = DEFAULT_BODY_LIMIT,
    ) -> None:
        """`public` functions answer strangers; all others want a service token. Bytes a body."""
        self.name = name
        self.settings = settings
        self.wire = wire
        self.public = public
        self.body_limit = body_limit

    def kit(self, request: Request) -> K:
        """The resources that the host wired at start. Serves as a FastAPI dependency too."""
        kit: K = request.state.kit
        return kit

    def entry(self, handler: Handler) -> Handler:
        """Guard the handler: trace, caller, and a named answer for whatever goes wrong."""

        @functools.wraps(handler)
        async def guarded(request: Request) -> Any:
            bind(trace_id=trace_id(use_traceparent(request.headers.get("traceparent"))))
            try:
                if not self.public:
                    tokens: ServiceTokens = request.state.service_tokens
                    tokens.verify_header(request.headers.get("authorization"), self.name)
                return await handler(request)
            except ParleyError as error:
                return _answer(error)
            except Exception as error:  # noqa: BLE001  # the last door: logged, answered, nothing leaks
                log.error("unexpected_error", extra=describe(error))
                return internal_problem()

        return guarded

    def errors(self, app: FastAPI) -> None:
        """Give a FastAPI app the same answers: it runs after the handler has returned."""
        app.add_exception_handler(ParleyError, _on_parley_error)
        app.add_exception_handler(RequestValidationError, _on_invalid)
        app.add_exception_handler(HTTPException, _on_http_exception)
        app.add_middleware(_LastDoor)


def _answer(error: ParleyError) -> Response:
    if error.status >= 500:  # noqa: PLR2004  # server errors, RFC 9110
        log.warning("request_failed", extra={"code": error.code, "detail": error.detail})
    return problem_of(error)


async def _on_parley_error(_: Request, error: Exception) -> Response:
    return _answer(error) if isinstance(error, ParleyError) else internal_problem()


async def _on_invalid(_: Request, error: Exception) -> Response:
    """Say which fields are wrong and why, without the values that came."""
    if not isinstance(error, RequestValidationError):
        return internal_problem()
    faults = [f"{'.'.join(str(p) for p in e['loc'])}: {e['msg']}" for e in error.errors()]
    return problem(422, "bad_input", "; ".join(faults))


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
