"""Files in any S3, piece by piece: of one file there is never more than one part in memory.

A file is there whole or not at all: whatever goes wrong while its pieces come, its upload is
aborted. A file of less than one part is a plain PUT.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import quote

import aiohttp
from yarl import URL

from shared.runtime.errors import NotFound, ParleyError, Unavailable
from shared.runtime.logging import logger
from shared.runtime.settings import ObjectSettings
from shared.storage.objects import ATTEMPTS, BUCKETS, PAUSE_S
from shared.storage.parts import PART, PIECE, Part, parts_of
from shared.storage.s3 import S3Away, Signer, raise_for

log = logger()

POOL = 32
CONNECT_S = 2.0
STALL_S = 15.0  # without a byte
PART_S = 60.0  # one part, or one question
CLEAN_UP_S = 10.0

_UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")


class Reading:
    """A file on its way out of S3. `failed` says why its chunks ended early, if they did."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.size = response.content_length or 0  # bytes
        self.failed: S3Away | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        """What is in it, once. Raises S3Away."""
        try:
            async for chunk in self._response.content.iter_chunked(PIECE):
                yield chunk
        except (aiohttp.ClientError, TimeoutError) as error:
            self.failed = _away(error)
            raise self.failed from error


@dataclass(frozen=True)
class _Request:
    """One question to S3. `query` is encoded, its keys in order."""

    method: str
    bucket: str
    key: str = ""
    query: str = ""
    part: Part = field(default_factory=Part)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Answer:
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class _Upload:
    """An upload in parts, under way."""

    bucket: str
    key: str
    id: str

    def request(self, method: str, query: str = "", part: Part | None = None) -> _Request:
        """A question about it."""
        whole = f"{query}uploadId={quote(self.id, safe='')}"
        return _Request(method, self.bucket, self.key, whole, part or Part())


class Streams:
    """Writes and reads files of any length. Make one with `Streams.open(settings)`."""

    def __init__(self, session: aiohttp.ClientSession, settings: ObjectSettings) -> None:
        """`session` belongs to `open`."""
        self._session = session
        self._signer = Signer(settings)
        self._cleaning: set[asyncio.Task[None]] = set()

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: ObjectSettings) -> AsyncIterator[Streams]:
        """The store for the life of the process; at its end what was begun is cleaned up."""
        timeout = aiohttp.ClientTimeout(total=PART_S, sock_connect=CONNECT_S, sock_read=STALL_S)
        connector = aiohttp.TCPConnector(limit=POOL, keepalive_timeout=15)
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout, auto_decompress=False
        ) as session:
            streams = cls(session, settings)
            try:
                yield streams
            finally:
                await asyncio.gather(*streams._cleaning, return_exceptions=True)

    async def write(
        self, bucket: str, key: str, chunks: AsyncIterable[bytes], headers: Mapping[str, str]
    ) -> int:
        """Store what comes; its length in bytes. `headers`: Content-Type and Content-Disposition.

        Raises S3Away, and whatever `chunks` raises: then nothing is stored.
        """
        parts = parts_of(chunks)
        part = await anext(parts)
        if len(part.body) < PART:
            await self._ask(_Request("PUT", bucket, key, part=part, headers=headers))
            return len(part.body)
        upload = await self._begin(bucket, key, headers)
        try:
            size = len(part.body)
            tags = [await self._send(upload, 1, part)]
            async for part in parts:
                size += len(part.body)
                tags.append(await self._send(upload, len(tags) + 1, part))
            await self._complete(upload, tags)
        except BaseException:  # a cancelled transfer too
            self._abandon(upload)
            raise
        return size

    @asynccontextmanager
    async def read(self, bucket: str, key: str) -> AsyncIterator[Reading]:
        """The file as it comes out of S3. Raises NotFound, S3Away."""
        url = self._signer.address(bucket, key)
        limit = aiohttp.ClientTimeout(sock_connect=CONNECT_S, sock_read=STALL_S)
        try:
            response = await self._session.get(
                URL(url, encoded=True), headers=self._signer.headers("GET", url, {}), timeout=limit
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _away(error) from error
        async with response:
            raise_for(response.status, bucket)
            yield Reading(response)

    def link(self, bucket: str, key: str, lifetime: timedelta) -> str:
        """A presigned address on the public endpoint."""
        return self._signer.link(bucket, key, lifetime)

    async def ping(self) -> None:
        """Raise when the store does not answer, or does not know our keys or buckets."""
        await self._once(_Request("HEAD", BUCKETS[-1]))

    async def _begin(self, bucket: str, key: str, headers: Mapping[str, str]) -> _Upload:
        answer = await self._ask(_Request("POST", bucket, key, "uploads=", headers=headers))
        found = _UPLOAD_ID.search(answer.body)
        if found is None:
            raise S3Away("S3 began an upload without naming it")
        return _Upload(bucket, key, found[1].decode())

    async def _send(self, upload: _Upload, number: int, part: Part) -> str:
        """Send a part; S3's tag for it."""
        answer = await self._ask(upload.request("PUT", f"partNumber={number}&", part))
        return answer.headers.get("ETag", "")

    async def _complete(self, upload: _Upload, tags: list[str]) -> None:
        listed = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>"
            for number, tag in enumerate(tags, 1)
        )
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        answer = await self._ask(upload.request("POST", part=Part.of(body)))
        # S3 answers 200 before it has put the parts together: the body has the last word.
        if b"<Error" in answer.body:
            raise S3Away("S3 could not put the parts of a file together")

    def _abandon(self, upload: _Upload) -> None:
        """Abort it behind the caller's back, who may have no time left."""
        task = asyncio.create_task(self._abort(upload))
        self._cleaning.add(task)
        task.add_done_callback(self._cleaning.discard)

    async def _abort(self, upload: _Upload) -> None:
        try:
            async with asyncio.timeout(CLEAN_UP_S):
                await self._ask(upload.request("DELETE"))
        except NotFound:
            return
        except (ParleyError, TimeoutError) as error:  # the bucket's lifecycle sweeps after a day
            log.warning("upload_not_aborted", extra={"error": type(error).__name__})

    async def _ask(self, request: _Request) -> _Answer:
        """The answer, in at most three attempts."""
        for attempt in itertools.count(1):
            try:
                return await self._once(request)
            except Unavailable:
                if attempt == ATTEMPTS:
                    raise
                await asyncio.sleep(PAUSE_S * 2 ** (attempt - 1))
        raise AssertionError("the loop above has no other end")

    async def _once(self, request: _Request) -> _Answer:
        url = self._signer.address(request.bucket, request.key, request.query)
        part = request.part
        headers = self._signer.headers(request.method, url, request.headers, part.digest)
        headers["Content-Length"] = str(len(part.body))
        try:
            async with self._session.request(
                request.method,
                URL(url, encoded=True),
                data=part.pieces() if part.body else None,
                headers=headers,
            ) as response:
                answer = _Answer(response.headers, await response.read())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _away(error) from error
        raise_for(response.status, request.bucket)
        return answer


def _away(error: Exception) -> S3Away:
    return S3Away(f"S3 does not answer ({type(error).__name__})")
