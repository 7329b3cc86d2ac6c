"""The HTTP edge: one event to one function, and what its answer says. Decides nothing."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import aiohttp
import orjson

from connector.policy import Answer
from connector.values import Held
from shared.messaging.envelope import CONTENT_TYPE
from shared.runtime.service_auth import ServiceTokens

CONNECT_S = 1.0
LIFE_S = 5.0  # for /healthz, which does no work: one that takes longer is stuck
PROBLEM_BYTES = 4096
DETAIL_CHARACTERS = 300


class Target:
    """A function that takes events by POST. `name` is the audience of its service token."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: ServiceTokens,
        *,
        name: str,
        url: str,
        seconds: float,
    ) -> None:
        """`seconds`: the limit of one call, connecting included."""
        self.name = name
        self._session = session
        self._tokens = tokens
        self._url = url.rstrip("/") + "/"
        self._limit = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_S)
        self._life = aiohttp.ClientTimeout(total=min(LIFE_S, seconds))

    async def post(self, held: Held) -> Answer:
        """Deliver one event. Never raises for what the network or the function does."""
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Authorization": f"Bearer {self._tokens.mint(self.name)}",
        }
        if held.traceparent is not None:
            headers["traceparent"] = held.traceparent
        try:
            async with self._session.post(
                self._url,
                data=held.body,
                headers=headers,
                timeout=self._limit,
                allow_redirects=False,
            ) as response:
                return await _answer(response)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return Answer(trouble="unreachable", detail=f"{self.name} can not be reached")
        except (aiohttp.ClientError, TimeoutError) as error:
            detail = f"{self.name} gave no answer ({type(error).__name__})"
            return Answer(trouble="no_answer", detail=detail)

    async def lives(self) -> bool:
        """Whether the function answers anything at all."""
        try:
            async with self._session.get(self._url + "healthz", timeout=self._life):
                return True
        except (aiohttp.ClientError, TimeoutError):
            return False


async def _answer(response: aiohttp.ClientResponse) -> Answer:
    if response.ok:
        outcome, settles = _done(await response.read())
        return Answer(response.status, outcome=outcome, settles=settles)
    code, detail = _problem(await response.content.read(PROBLEM_BYTES))
    retry_after = _seconds(response.headers.get("Retry-After"))
    return Answer(response.status, retry_after=retry_after, code=code, detail=detail)


def _done(body: bytes) -> tuple[str, str]:
    """What the function says it did, and the id of the event whose fate it may have told."""
    try:
        told = orjson.loads(body[:PROBLEM_BYTES])
    except orjson.JSONDecodeError:
        return "", ""
    if not isinstance(told, dict):
        return "", ""
    settles = told.get("settles")
    return _printable(told.get("outcome")), settles if isinstance(settles, str) else ""


def _problem(body: bytes) -> tuple[str, str]:
    """Code and detail of an RFC 9457 problem; our functions keep both safe to show."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "", ""
    if not isinstance(told, dict):
        return "", ""
    code, detail = told.get("code", ""), told.get("detail", "")
    return _printable(code), _printable(detail)


def _printable(value: object) -> str:
    """Text without control characters, which PostgreSQL and headers refuse, and not long."""
    if not isinstance(value, str):
        return ""
    return "".join(c if c.isprintable() else " " for c in value)[:DETAIL_CHARACTERS]


def _seconds(header: str | None) -> float | None:
    """Seconds of a Retry-After header (RFC 9110 10.2.3: a number or a date), never negative."""
    if header is None:
        return None
    if header.isascii() and header.isdigit():
        return float(header)
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None
