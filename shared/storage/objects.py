"""Raw webhooks and media in any S3, over the process's own HTTP pool.

The minio SDK makes buckets and signs; the transfer is ours, because the SDK's blocks the loop.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

import aiohttp
from minio.credentials.credentials import Credentials
from minio.signer import sign_v4_s3
from yarl import URL

from shared.runtime.errors import BadInput, NotFound, ParleyError, Unavailable
from shared.runtime.settings import ObjectSettings

BUCKETS = ("webhooks-inbound", "webhooks-outbound", "media-inbound", "media-outbound")
ATTEMPTS = 3  # the seeds' number
PAUSE_S = 0.05  # before the second attempt; doubles
TIMEOUT_S = 2.0  # an attempt; three of them stay within the 10 s that Genesys waits
POOL = 64
LARGE = 256 * 1024  # bytes
_EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


class Objects:
    """Puts and gets whole small objects. Make one with `Objects.open(settings)`."""

    def __init__(self, session: aiohttp.ClientSession, settings: ObjectSettings) -> None:
        """`session` belongs to `open`."""
        self._session = session
        self._endpoint = settings.s3_endpoint_url.rstrip("/")
        self._region = settings.s3_region
        self._credentials = Credentials(
            settings.s3_access_key.get_secret_value(), settings.s3_secret_key.get_secret_value()
        )

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: ObjectSettings) -> AsyncIterator[Objects]:
        """The store for the life of the process; connects at the first call."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        connector = aiohttp.TCPConnector(limit=POOL, keepalive_timeout=15)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
            yield cls(session, settings)

    async def put(
        self, bucket: str, key: str, body: bytes, content_type: str = "application/json"
    ) -> None:
        """Store an object, in at most three attempts. Raises Unavailable."""
        for attempt in itertools.count(1):
            try:
                await self._request("PUT", bucket, key, body, {"Content-Type": content_type})
            except Unavailable:
                if attempt == ATTEMPTS:
                    raise
                await asyncio.sleep(PAUSE_S * 2 ** (attempt - 1))
            else:
                return

    async def get(self, bucket: str, key: str) -> bytes:
        """The object's bytes. Raises NotFound, Unavailable."""
        return await self._request("GET", bucket, key, b"", {})

    async def ping(self) -> None:
        """Raise when the store does not answer, or does not know our keys or buckets."""
        await self._request("HEAD", BUCKETS[0], "", b"", {})

    async def _request(
        self, method: str, bucket: str, key: str, body: bytes, headers: dict[str, str]
    ) -> bytes:
        url = f"{self._endpoint}/{bucket}/{quote(key)}".rstrip("/")
        signed = self._sign(method, url, body, headers)
        try:
            async with self._session.request(
                method, URL(url, encoded=True), data=_payload(body), headers=signed
            ) as response:
                raw = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(f"S3 does not answer ({type(error).__name__})") from error
        _raise_for(response.status, bucket)
        return raw

    def _sign(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> dict[str, str]:
        parts = urlsplit(url)
        now = datetime.now(UTC)
        digest = hashlib.sha256(body).hexdigest() if body else _EMPTY_SHA256
        to_sign: dict[str, str | list[str] | tuple[str]] = {
            **headers,
            "Host": parts.netloc,
            "x-amz-content-sha256": digest,
            "x-amz-date": now.strftime("%Y%m%dT%H%M%SZ"),
        }
        signed = sign_v4_s3(
            method=method,
            url=parts,
            region=self._region,
            headers=to_sign,
            credentials=self._credentials,
            content_sha256=digest,
            date=now,
        )
        return {name: str(value) for name, value in signed.items()}


def _payload(body: bytes) -> bytes | io.BytesIO | None:
    """Large bodies go out in pieces, so that the loop is free in between."""
    if len(body) > LARGE:
        return io.BytesIO(body)
    return body or None


def _raise_for(status: int, bucket: str) -> None:
    error: ParleyError
    if status < 300:  # noqa: PLR2004  # success, RFC 9110
        return
    if status == 404:  # noqa: PLR2004
        error = NotFound(f"no such object in {bucket}")
    elif status in (400, 405):
        error = BadInput(f"S3 refused the request ({status})")
    elif status in (401, 403):
        error = Unavailable(f"S3 refused our keys ({status}): see S3_ACCESS_KEY, S3_SECRET_KEY")
    else:
        error = Unavailable(f"S3 answered {status}")
    raise error
