"""Calls from one function to another: a service token, the trace, a limit on time, named errors.

What surely did not happen is `Unavailable`; what may have happened is `Unknown`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import quote

import aiohttp
import orjson
from pydantic import BaseModel, ValidationError
from yarl import URL

from shared.runtime.errors import BY_STATUS, NotFound, ParleyError, Unavailable, Unknown
from shared.runtime.service_auth import ServiceTokens
from shared.runtime.trace import current_traceparent

CONNECT_TIMEOUT_S = 1.0
KEEP_ALIVE_S = 30.0  # less than the server's (serve.py), so that we never write into a closing one
POOL = 256
_OK = range(200, 300)

T = TypeVar("T", bound=BaseModel)


@asynccontextmanager
async def http_session(*, pool: int = POOL) -> AsyncIterator[aiohttp.ClientSession]:
    """One keep-alive pool for the life of the process. No cookies, no proxies."""
    connector = aiohttp.TCPConnector(limit=pool, keepalive_timeout=KEEP_ALIVE_S)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True
    ) as session:
        yield session


def segment(value: str) -> str:
    """One segment of a path, whatever it holds.

    Raises NotFound for nothing and for dots alone: a gateway on the way would take them for
    another path, and nothing of ours has such a name.
    """
    if not value.strip("."):
        raise NotFound("nothing has such a name")
    return quote(value, safe="")


class Peer:
    """Another function, by its name and address."""

    def __init__(
        self, session: aiohttp.ClientSession, *, name: str, url: str, tokens: ServiceTokens
    ) -> None:
        """`url` without a trailing slash, such as `http://gateway.openfaas:8080/function/state`."""
        self.name = name
        self._session = session
        self._url = url.rstrip("/")
        self._tokens = tokens

    async def call(
        self,
        method: str,
        path: str,
        *,
        answer: type[T],
        body: BaseModel | None = None,
        params: Mapping[str, str] | None = None,
        timeout: float = 5.0,  # noqa: ASYNC109  # it is the transport's limit, in seconds
    ) -> T:
        """The peer's answer, read as `answer`. Raises a ParleyError, by the peer's own status.

        `path` is encoded: what comes of data goes through `segment`.
        """
        status, raw, retry_after = await self._exchange(method, path, body, params, timeout)
        if status not in _OK:
            raise _error_of(self.name, status, raw, retry_after)
        try:
            return answer.model_validate_json(raw)
        except ValidationError as error:
            raise Unknown(f"{self.name} answered what we can not read") from error

    async def ping(self) -> None:
        """Raise Unavailable when the peer's process does not answer."""
        limit = aiohttp.ClientTimeout(total=CONNECT_TIMEOUT_S)
        try:
            async with self._session.get(self._url + "/healthz", timeout=limit) as response:
                good = response.status in _OK
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(f"{self.name} does not answer") from error
        if not good:
            raise Unavailable(f"{self.name} is not well")

    async def _exchange(
        self,
        method: str,
        path: str,
        body: BaseModel | None,
        params: Mapping[str, str] | None,
        seconds: float,
    ) -> tuple[int, bytes, float | None]:
        headers = {
            "Authorization": f"Bearer {self._tokens.mint(self.name)}",
            "traceparent": current_traceparent(),
            "Content-Type": "application/json",
        }
        try:
            async with self._session.request(
                method,
                URL(self._url + path, encoded=True),
                data=None if body is None else body.model_dump_json().encode(),
                params=params,
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_TIMEOUT_S),
            ) as response:
                raw = await response.read()
                return response.status, raw, _seconds(response.headers.get("Retry-After"))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Unavailable(f"{self.name} can not be reached", retry_after=1) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unknown(f"{self.name} did not answer") from error


def _seconds(header: str | None) -> float | None:
    """Our own functions send whole seconds; anything else is as good as nothing."""
    return float(header) if header is not None and header.isascii() and header.isdigit() else None


def _error_of(name: str, status: int, raw: bytes, retry_after: float | None) -> ParleyError:
    """The peer's problem as our own error; a refused service token is our own trouble, not a no."""
    detail = f"{name} answered {status}"
    try:
        told = orjson.loads(raw)
        detail = f"{name}: {told['detail']}"
    except (orjson.JSONDecodeError, KeyError, TypeError):
        pass
    if status in (401, 403):
        return Unavailable(f"{name} refused our service token: compare SERVICE_TOKEN_KEY")
    if status in (429, 503):
        return Unavailable(detail, retry_after=retry_after)
    # A 502 is a gateway's: the function may have died in the midst of its work.
    return BY_STATUS.get(status, Unknown)(detail, retry_after=retry_after)
