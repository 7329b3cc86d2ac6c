"""Hosts one function: health, readiness, metrics, a body within its bounds, and its resources.

The same ASGI app serves locally, under of-watchdog and on Knative.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.runtime import metrics
from shared.runtime.errors import NotFound, ParleyError, Unauthorised
from shared.runtime.function import Check, Function, Resources
from shared.runtime.incoming import Incoming
from shared.runtime.logging import describe, logger
from shared.runtime.problem import problem, problem_of
from shared.runtime.refusals import refusals
from shared.runtime.room import Room
from shared.runtime.safe_headers import with_safe_headers
from shared.runtime.service_auth import ServiceTokens
from shared.runtime.settings import ServiceAuthSettings, Settings

log = logger()

CHECK_TIMEOUT_S = 0.9  # Kubernetes' probes wait for a second, where nobody says otherwise
REQUESTS = metrics.histogram("request_seconds", "Time of a request in this function", ("status",))
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")  # the framework's own
# What the platform's gateway adds to what it brings, and it exposes every function. Its own probes
# come straight to us; others see how we are, and whom we know, with a service token alone.
BROUGHT = frozenset({"x-forwarded-for", "x-forwarded-host", "x-call-id", "forwarded"})
BODY_TIMEOUT_S = 10.0  # a body that takes longer is a client that holds us


class Host:
    """ASGI app around a function's own app. `draining` makes /readyz say no."""

    body_seconds = BODY_TIMEOUT_S

    def __init__(self, app: ASGIApp, function: Function[Any, Any], settings: Settings) -> None:
        """`app` is what functions-framework made of the handler."""
        self.draining = False
        self._app = app
        self._function = function
        self._settings = settings
        self._kit: Resources | None = None
        # All others' callers are ours, and so many at once.
        self._room = self.make_room() if function.public else None
        self._tokens = (
            ServiceTokens.of(function.name, settings)
            if isinstance(settings, ServiceAuthSettings)
            else None
        )

    def make_room(self) -> Room:
        """The room for bodies in this process."""
        return Room()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, with_safe_headers(send))

    async def _live(self, receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as stack:
            await receive()
            try:
                self._kit = await stack.enter_async_context(self._function.wire(self._settings))
            except Exception as error:  # noqa: BLE001  # told to the server, which stops
                words = {"detail": error.detail} if isinstance(error, ParleyError) else {}
                log.error("start_failed", extra=describe(error) | words)
                await send({"type": "lifespan.startup.failed", "message": type(error).__name__})
                return
            await send({"type": "lifespan.startup.complete"})
            log.info("started")
            await receive()
        log.info("stopped")
        await send({"type": "lifespan.shutdown.complete"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        own = _odd(scope) or await self._own_route(scope)
        if own is not None:
            await own(scope, receive, send)
            return
        incoming = Incoming(
            scope,
            receive,
            limit=self._function.body_limit,
            seconds=self.body_seconds,
            room=self._room,
        )
        kept = {"kit": self._kit, "service_tokens": self._tokens, "incoming": incoming}
        scope.setdefault("state", {}).update(kept)
        try:
            await self._app(scope, incoming.receive, _timed(send))
        finally:
            incoming.close()

    async def _own_route(self, scope: Scope) -> Response | None:
        path = scope["path"]
        if path == "/healthz":
            return PlainTextResponse("ok")
        if path == "/readyz":
            return await self._ready(stranger=self._refusal(scope) is not None)
        if path == "/metrics" and (refused := self._refusal(scope)) is not None:
            whose = {"route": path, **refused.whose}
            refusals.warning("caller_refused", reason=refused.reason, extra=whose)
            return problem_of(refused)
        if path == "/metrics":
            return Response(metrics.page(), media_type=metrics.CONTENT_TYPE)
        return None

    def _refusal(self, scope: Scope) -> Unauthorised | None:
        """What is wrong when a gateway or an ingress brought the request without a good token."""
        headers = Headers(scope=scope)
        if BROUGHT.isdisjoint(headers):
            return None
        if self._tokens is None:
            return Unauthorised(reason="no_token")
        try:
            self._tokens.verify_header(headers.get("authorization"), self._function.name)
        except Unauthorised as error:
            return error
        return None

    async def _ready(self, *, stranger: bool) -> Response:
        checks = self._kit.checks if self._kit is not None else []
        states = await asyncio.gather(*(_ask(check) for check in checks))
        named = {check.name: state for check, state in zip(checks, states, strict=True)}
        bad = [c.name for c, s in zip(checks, states, strict=True) if c.required and s != "ok"]
        ready = self._kit is not None and not self.draining and not bad
        words = "ready" if ready else "draining" if self.draining else "not ready"
        told = {"function": self._function.name, "checks": named}
        return JSONResponse({"status": words} | ({} if stranger else told), 200 if ready else 503)


def _odd(scope: Scope) -> Response | None:
    """The answer to what the framework would answer in words of its own: strange methods, paths."""
    if scope["method"] not in METHODS:
        refusal = problem(405, "method_not_allowed", "no route takes this method")
        refusal.headers["Allow"] = ", ".join(METHODS)
        return refusal
    if not scope["path"].isprintable():
        return problem(404, NotFound.code, "there is no such route here")
    return None


def _timed(send: Send) -> Send:
    """The same, with the time of its answer's beginning written down."""
    started = time.perf_counter()

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            REQUESTS.labels(message["status"]).observe(time.perf_counter() - started)
        await send(message)

    return sending


async def _ask(check: Check) -> str:
    try:
        await asyncio.wait_for(check.ping(), CHECK_TIMEOUT_S)
    except TimeoutError:
        return "no answer"
    except Exception as error:  # noqa: BLE001  # any failure is the answer
        return type(error).__name__
    return "ok"
