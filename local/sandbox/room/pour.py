"""Answers with a file: sent piece by piece, and spoiled as the faults want it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from local.sandbox.room.faults import Fault
from local.sandbox.room.files import File
from local.sandbox.room.protocol import hang_up


class Pour(Response):
    """A file's bytes. `length` False leaves Content-Length out (a chunked answer)."""

    def __init__(
        self, file: File, headers: dict[str, str], media_type: str, *, length: bool = True
    ) -> None:
        if length:
            headers = {**headers, "Content-Length": str(file.size)}
        self.status_code, self.media_type, self.background = 200, media_type, None
        self.charset = ""
        self.init_headers(headers)
        self._file = file
        self.fault: Fault | None = None

    def init_headers(self, headers: dict[str, str] | None = None) -> None:  # type: ignore[override]
        """Without the guesses that a body in memory allows."""
        pairs = {**(headers or {}), "Content-Type": str(self.media_type)}
        self.raw_headers = [
            (k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in pairs.items()
        ]

    def _spoiled(self) -> Iterator[bytes]:
        fault, sent = self.fault, 0
        for chunk in self._file.chunks():
            if fault is not None and fault.kind == "cut_short":
                yield chunk[: max(0, fault.bytes - sent)]
            elif fault is not None and fault.kind == "corrupt":
                yield chunk[:-1] + bytes([chunk[-1] ^ 1])
            else:
                yield chunk
            sent += len(chunk)
            if fault is not None and fault.kind == "cut_short" and sent >= fault.bytes:
                return

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it; after a cut the connection is closed in the middle."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        fault = self.fault
        for chunk in self._spoiled():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            if fault is not None and fault.kind == "drip":
                await asyncio.sleep(fault.delay_ms / 1000)
        if fault is not None and fault.kind == "cut_short":
            await hang_up(scope, receive)
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})
