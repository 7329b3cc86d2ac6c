"""Passes a request on with its very bytes, and the answer back.

A webhook's sender repeats what fails, so nothing is repeated here.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import aiohttp
from starlette.requests import Request
from starlette.responses import Response

from gateway_service.routes import route_of
from shared.runtime.errors import Unavailable
from shared.runtime.logging import logger
from shared.runtime.metrics import histogram
from shared.runtime.problem import problem
from shared.runtime.trace import current_traceparent

log = logger()

# Genesys waits 10 s (contracts/genesys.md c4): we must answer before it gives up.
TIMEOUT = aiohttp.ClientTimeout(total=9.0, sock_connect=1.0)
FORWARDED = ("content-type", "user-agent", "x-hub-signature-256")
RETURNED = ("content-type", "retry-after", "allow")
SECONDS = histogram("gateway_seconds", "Time of a request at the gateway", ("function", "status"))


class Proxy:
    """Knows where the functions are."""

    def __init__(self, session: aiohttp.ClientSession, urls: Mapping[str, str]) -> None:
        """`urls`: address of each function that a route names, without a trailing slash."""
        self._session = session
        self._urls = urls

    async def serve(self, request: Request) -> Response:
        """The function's answer. Raises NotFound, Unavailable."""
        route = route_of(request.url.path)
        if request.method not in route.methods:
            refusal = problem(405, "method_not_allowed", "this route takes other methods")
            refusal.headers["Allow"] = ", ".join(sorted(route.methods))
            return refusal
        started = time.perf_counter()
        response = await self._pass_on(request, route.function)
        seconds = time.perf_counter() - started
        SECONDS.labels(route.function, response.status_code).observe(seconds)
        log.info(
            "request",
            extra={
                "method": request.method,
                "function": route.function,
                "status": response.status_code,
                "ms": round(seconds * 1000, 1),
            },
        )
        return response

    async def _pass_on(self, request: Request, function: str) -> Response:
        headers = {name: request.headers[name] for name in FORWARDED if name in request.headers}
        url = self._urls[function] + request.url.path
        try:
            async with self._session.request(
                request.method,
                f"{url}?{request.url.query}" if request.url.query else url,
                data=await request.body() or None,
                headers={**headers, "traceparent": current_traceparent()},
                allow_redirects=False,
                timeout=TIMEOUT,
            ) as answer:
                body = await answer.read()
                kept = {name: answer.headers[name] for name in RETURNED if name in answer.headers}
                return Response(body, answer.status, kept)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(f"{function} does not answer", retry_after=1) from error
