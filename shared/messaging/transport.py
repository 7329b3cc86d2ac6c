"""One request to a provider, never repeated here: what surely did not leave is told apart.

surely not sent   no address, refused, connect or pool time over, TLS failed   -> refused, retryable
perhaps taken     time over or connection lost after that, answer not readable -> unknown
"""

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from pydantic import SecretStr

from shared.messaging.outcomes import SendOutcome, may_have_arrived, not_sent

ANSWER_LIMIT = 256 * 1024  # bytes; the providers' answers are under 4 KB
KEEP_ALIVE_S = 15.0  # less than any provider's, so that we seldom write into a closing connection
POOL = 512
_USER_AGENT = "Parley"

# Codes of a request that surely did not leave.
NOT_SENT = frozenset(
    {"name_not_found", "tls_failed", "connect_timeout", "bad_address", "connect_failed"}
)


@dataclass(frozen=True)
class Limits:
    """Seconds. `connect` covers waiting for a free connection, TCP and TLS; `read` the answer.

    `send` is what a long body may take on its way.
    """

    connect: float = 3.0
    read: float = 10.0
    send: float = 0.0

    @property
    def timeout(self) -> aiohttp.ClientTimeout:
        """The same as aiohttp wants it."""
        return aiohttp.ClientTimeout(
            total=self.connect + self.send + self.read,
            connect=self.connect,
            sock_connect=self.connect,
            sock_read=self.read,
        )


@dataclass(frozen=True)
class Answer:
    """What the provider answered; `whole` is false when the body was cut or over the limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool

    @property
    def success(self) -> bool:
        """Any 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110


@asynccontextmanager
async def provider_session(*, pool: int = POOL) -> AsyncIterator[aiohttp.ClientSession]:
    """Keep-alive connections to the providers, apart from those to our own functions."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=pool, keepalive_timeout=KEEP_ALIVE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": _USER_AGENT},
    ) as session:
        yield session


@dataclass(frozen=True)
class Post:
    """One request as it goes out. `repeatable`: a repeat is right when its fate is not known."""

    url: str
    token: SecretStr
    body: bytes
    repeatable: bool


async def post(
    session: aiohttp.ClientSession, request: Post, limits: Limits
) -> Answer | SendOutcome:
    """The provider's answer, or the outcome when there is none. Raises nothing of the network."""
    return await exchange(
        session,
        Exchange("POST", request.url, request.token, request.body, request.repeatable),
        limits,
    )


@dataclass(frozen=True)
class Exchange:
    """A request of any kind. A payload brings its own Content-Type; bytes are JSON."""

    method: str
    url: str
    token: SecretStr
    body: bytes | aiohttp.Payload | None = None
    repeatable: bool = True


async def exchange(
    session: aiohttp.ClientSession, request: Exchange, limits: Limits
) -> Answer | SendOutcome:
    """As `post` does.

    Foreign exceptions end here: their words and arguments hold addresses and headers.
    """
    headers = {"Authorization": f"Bearer {request.token.get_secret_value()}"}
    if isinstance(request.body, bytes):
        headers["Content-Type"] = "application/json"
    try:
        async with session.request(
            request.method,
            request.url,
            data=request.body,
            headers=headers,
            allow_redirects=False,
            timeout=limits.timeout,
        ) as response:
            return await _read(response)
    except (
        aiohttp.ClientConnectorError,
        aiohttp.ConnectionTimeoutError,
        aiohttp.InvalidURL,
    ) as error:
        code, words = _why_not_sent(error)
        return SendOutcome.refused(not_sent(code, words))
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        late = isinstance(error, TimeoutError)
        code = "read_timeout" if late else "connection_lost"
        words = f"no answer within {limits.read:g} s" if late else "the connection broke"
        return SendOutcome.unknown(may_have_arrived(code, words, repeatable=request.repeatable))


async def _read(response: aiohttp.ClientResponse) -> Answer:
    """The answer; its status counts even when the body is cut or too long."""
    chunks: list[bytes] = []
    whole = True
    try:
        while whole and (chunk := await response.content.read(ANSWER_LIMIT)):
            chunks.append(chunk)
            whole = sum(map(len, chunks)) <= ANSWER_LIMIT
    except (aiohttp.ClientError, TimeoutError, OSError):
        whole = False
    if not whole:
        response.close()
    return Answer(response.status, response.headers, b"".join(chunks) if whole else b"", whole)


def _why_not_sent(error: Exception) -> tuple[str, str]:
    """Code and words. The order matters: DNS and TLS errors are connector errors too."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "name_not_found", "the provider's host name has no address"
    if isinstance(error, aiohttp.ClientSSLError) or isinstance(error.__cause__, ssl.SSLError):
        return "tls_failed", "no secure connection to the provider: check certificates and clock"
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return "connect_timeout", "no connection to the provider in time"
    if isinstance(error, aiohttp.InvalidURL):
        return "bad_address", "the provider's base URL is not an address: check the settings"
    return "connect_failed", "the provider does not take connections"
