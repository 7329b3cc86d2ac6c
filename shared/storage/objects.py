"""Raw webhooks in any S3, over the process's own HTTP pool. Files go by `streams`, in pieces.

The minio SDK makes the buckets; the transfer is ours, because the SDK's blocks the loop.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from yarl import URL

from shared.runtime.errors import Unavailable
from shared.runtime.settings import ObjectSettings
from shared.storage.s3 import S3Away, Signer, raise_for

SPOOL_BUCKET = "webhooks-spool"  # events that the broker did not take: no lifecycle deletes them
BUCKETS = (
    "webhooks-inbound",
    "webhooks-outbound",
    "media-inbound",
    "media-outbound",
    SPOOL_BUCKET,
)
ATTEMPTS = 3  # the seeds' number
PAUSE_S = 0.05  # before the second attempt; doubles
TIMEOUT_S = 2.0  # an attempt; three of them stay within the 10 s that Genesys waits
POOL = 64
LARGE = 256 * 1024  # bytes


class Objects:
    """Puts and gets whole small objects. Make one with `Objects.open(settings)`."""

    def __init__(self, session: aiohttp.ClientSession, settings: ObjectSettings) -> None:
        """`session` belongs to `open`."""
        self._session = session
        self._signer = Signer(settings)

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
        url = self._signer.address(bucket, key)
        signed = self._signer.headers(method, url, headers, hashlib.sha256(body).hexdigest())
        try:
            async with self._session.request(
                method, URL(url, encoded=True), data=_payload(body), headers=signed
            ) as response:
                raw = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise S3Away(f"S3 does not answer ({type(error).__name__})") from error
        raise_for(response.status, bucket)
        return raw


def _payload(body: bytes) -> bytes | io.BytesIO | None:
    """Large bodies go out in pieces, so that the loop is free in between."""
    if len(body) > LARGE:
        return io.BytesIO(body)
    return body or None
