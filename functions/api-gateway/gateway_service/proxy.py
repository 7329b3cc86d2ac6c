"""The way to the functions: one connection pool, a breaker and a time limit each.

What may be sent twice is sent once more where it surely was not done, or does no harm; a webhook's
sender repeats by itself, so its bytes go once and without a breaker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus

import aiohttp
from yarl import URL

from shared.runtime.errors import Unavailable, Unknown
from shared.runtime.metrics import counter
from shared.runtime.trace import current_traceparent
from shared.storage.cache import Breaker, CacheLimits

# Genesys waits 10 s (contracts/genesys.md c4): we must answer before it gives up.
SECONDS = 9.0
CONNECT_S = 1.0
AGAIN_S = 0.1  # before the one retry
BREAKER = CacheLimits(trip_after=5, probe_every=0.5, call=1.0)
TROUBLE = (502, 503, 504)
RETRIES = counter("gateway_retries", "Calls that the gateway made once more", ("function",))
SHUT = counter("gateway_shut", "Calls refused because their function fails", ("function",))


@dataclass(frozen=True)
class Call:
    """What goes to a function. `target`: path and query, encoded."""

    function: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None = None
    repeatable: bool = False
    guarded: bool = True  # by the breaker


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Unreached(Unavailable):
    """No connection was made: nothing was sent."""


class Proxy:
    """Knows where the functions are, and which of them fail."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        urls: Mapping[str, str],
        seconds: float = SECONDS,
        again: float = AGAIN_S,
    ) -> None:
        """`urls`: address of each function of a route. `seconds` of a try, `again` between two."""
        self._again = again
        self._session = session
        self._urls = {name: url.rstrip("/") for name, url in urls.items()}
        self._timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_S)
        self._breakers = {
            name: Breaker(partial(self._probe, url), BREAKER) for name, url in self._urls.items()
        }

    async def send(self, call: Call) -> Answered:
        """The function's answer. Raises Unavailable, or Unknown when it may have been done."""
        breaker = self._breakers[call.function]
        if call.guarded and breaker.open:
            SHUT.labels(call.function).inc()
            raise Unavailable(f"{call.function} fails; it is being watched", retry_after=1)
        try:
            answered = await self._tried(call)
        except (Unavailable, Unknown):
            breaker.failed()
            raise
        if answered.status in TROUBLE:
            breaker.failed()
        else:
            breaker.succeeded()
        return answered

    async def close(self) -> None:
        """Stop watching."""
        for breaker in self._breakers.values():
            await breaker.close()

    async def _tried(self, call: Call) -> Answered:
        """Once more, where nothing was sent or a repeat does no harm.

        A webhook that its sender has to repeat may be overtaken by the next one of its line.
        """
        try:
            answered = await self._once(call)
            if not call.repeatable or answered.status != HTTPStatus.SERVICE_UNAVAILABLE:
                return answered
        except Unreached:
            pass
        RETRIES.labels(call.function).inc()
        await asyncio.sleep(self._again)
        return await self._once(call)

    async def _once(self, call: Call) -> Answered:
        try:
            async with self._session.request(
                call.method,
                URL(self._urls[call.function] + call.target, encoded=True),
                data=call.body,
                headers={**call.headers, "traceparent": current_traceparent()},
                allow_redirects=False,
                timeout=self._timeout,
            ) as answer:
                return Answered(answer.status, answer.headers, await answer.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unreached(f"{call.function} can not be reached", retry_after=1) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            if call.guarded:
                raise Unknown(f"{call.function} did not answer") from error
            raise Unavailable(f"{call.function} does not answer", retry_after=1) from error

    async def _probe(self, url: str) -> None:
        """Raise what the breaker takes for trouble, unless the function is ready."""
        try:
            async with self._session.get(f"{url}/readyz", timeout=self._timeout) as answer:
                ready = answer.status == HTTPStatus.OK
        except aiohttp.ClientError as error:
            raise ConnectionError from error
        if not ready:
            raise ConnectionError
