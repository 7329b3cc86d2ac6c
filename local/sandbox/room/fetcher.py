"""Fetches files by their links, as the providers do: no credentials, counted, hashed, not kept."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from local.sandbox.room.records import Recorder

CHUNK = 65536
HEAD = 64
OK = 200


@dataclass(slots=True)
class Fetched:
    """What came of it. `error`: in words, None when the file is there."""

    url: str
    status: int | None = None
    mime: str | None = None
    length: int | None = None
    size: int = 0
    sha256: str | None = None
    head: bytes = b""
    error: str | None = None

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        known = {"url": self.url, "status": self.status, "mime": self.mime}
        return {**known, "size": self.size, "sha256": self.sha256, "error": self.error}


class Fetcher:
    """One session for all; what is under way counts as `fetches_pending`."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Hold the connections open; at the end what is under way is dropped."""
        jar = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(cookie_jar=jar, auto_decompress=False) as session:
            self._session = session
            yield
            for task in [*self._tasks]:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, work: Awaitable[None]) -> None:
        """Let `work`, which fetches, run beside the answer."""
        task = asyncio.ensure_future(self._counted(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _counted(self, work: Awaitable[None]) -> None:
        counters = self._recorder.counters
        counters["fetches_pending"] += 1
        try:
            await work
        finally:
            counters["fetches_pending"] -= 1
            self._recorder.changed()

    async def fetch(
        self, url: str, most: int, *, limit_s: float = 30.0, follow: bool = False
    ) -> Fetched:
        """GET `url`; more than `most` bytes are not read on."""
        got = Fetched(url)
        if self._session is None:
            raise RuntimeError("the fetcher is not open")
        timeout = aiohttp.ClientTimeout(total=limit_s)
        try:
            async with self._session.get(url, timeout=timeout, allow_redirects=follow) as answer:
                await _read(answer, got, most)
        except TimeoutError:
            got.error = "no answer in time"
        except (aiohttp.ClientError, ValueError) as wrong:
            got.error = f"connection: {type(wrong).__name__}"
        return got


async def _read(answer: aiohttp.ClientResponse, got: Fetched, most: int) -> None:
    got.status = answer.status
    got.mime = answer.headers.get("Content-Type")
    length = answer.headers.get("Content-Length", "")
    got.length = int(length) if length.isdigit() else None
    if answer.status != OK:
        got.error = f"status {answer.status}"
        return
    digest = hashlib.sha256()
    async for chunk in answer.content.iter_chunked(CHUNK):
        got.head = (got.head + chunk)[:HEAD] if len(got.head) < HEAD else got.head
        got.size += len(chunk)
        digest.update(chunk)
        if got.size > most:
            got.error = f"more than {most} bytes"
            return
    got.sha256 = digest.hexdigest()
