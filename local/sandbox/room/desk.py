"""One request's way through a simulator: faults, the work, the record, the latency, the answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from local.sandbox.room.faults import ON_DOWNLOADS, Fault
from local.sandbox.room.house import House
from local.sandbox.room.multipart import NotMultipartError, Part, read_parts
from local.sandbox.room.pour import Pour
from local.sandbox.room.protocol import HangUp
from local.sandbox.room.records import Record

ON_REQUESTS = frozenset(
    {"delay", "status", "html_5xx", "drop_before", "drop_after_accept", *ON_DOWNLOADS}
)
ANY = ["GET", "POST", "PUT", "PATCH", "DELETE"]
DROPS = frozenset({"drop_before", "drop_after_accept"})
HTML = (
    b"<!DOCTYPE html><html><head><title>Error</title></head>"
    b"<body><h1>Sorry, something went wrong.</h1></body></html>"
)


@lru_cache(maxsize=4096)
def _header(name: bytes, value: bytes) -> tuple[str, str]:
    """Decode a header. Most are the same in each request: they are kept once, not a record each."""
    return name.decode("latin-1"), value.decode("latin-1")


@dataclass(slots=True)
class Call:
    """A request as the simulators see it. `ids`: what faults match by; `host`: its own address.

    `parts` are those of an upload, None when it was not multipart; its body is then a summary.
    """

    name: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    ids: dict[str, str]
    host: str = ""
    parts: list[Part] | None = None


@dataclass(slots=True)
class Answer:
    """What goes back. `note` is shown in the record, beside the answer; `file` goes as the body."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    note: dict[str, Any] = field(default_factory=dict)
    file: Pour | None = None
    delay_ms: float = 0


Work = Callable[[Call], Answer | Awaitable[Answer]]


@dataclass(slots=True)
class Desk:
    """An endpoint. `work` makes the answer, `refuse` the error body of a fault.

    With `uploads` the body is read as multipart, part by part, and not kept. `identify` adds ids.
    """

    house: House
    target: str
    name: str
    latency_ms: Callable[[], float]
    work: Work
    refuse: Callable[[Fault], Answer]
    uploads: bool = False
    identify: Callable[[Call], None] | None = None

    async def endpoint(self, request: Request) -> Response:
        """Answer `request`, or cut its connection."""
        began = time.monotonic()
        call = Call(
            self.name,
            request.method,
            request.scope["path"],
            dict(parse_qsl(request.scope["query_string"].decode("latin-1"))),
            dict(_header(k, v) for k, v in request.scope["headers"]),
            b"" if self.uploads else await request.body(),
            {k: str(v) for k, v in request.path_params.items()},
        )
        call.host = f"{request.scope['scheme']}://{call.headers.get('host', '')}"
        if self.uploads:
            await _upload(request, call)
        if self.identify is not None:
            self.identify(call)
        taken = self.house.faults.take(self.target, ON_REQUESTS, call.name, call.path, call.ids)
        for fault in taken:
            if fault.kind == "delay":
                await asyncio.sleep(fault.delay_ms / 1000)
        decisive = next((f for f in taken if f.kind != "delay"), None)
        answer = await self._answer(call, decisive)
        self._record(call, answer, taken)
        if decisive is not None and decisive.kind in DROPS:
            return HangUp()
        wait = (self.latency_ms() + answer.delay_ms) / 1000 - (time.monotonic() - began)
        if wait > 0:
            await asyncio.sleep(wait)
        if answer.file is not None:
            answer.file.fault = decisive
            return answer.file
        return Response(answer.body, answer.status, answer.headers, answer.media_type)

    async def _answer(self, call: Call, fault: Fault | None) -> Answer:
        if fault is None or fault.kind == "drop_after_accept" or fault.kind in ON_DOWNLOADS:
            made = self.work(call)
            return made if isinstance(made, Answer) else await made
        if fault.kind == "html_5xx":
            return Answer(fault.status or 502, HTML, media_type="text/html")
        if fault.kind == "drop_before":
            return Answer(0, b"")
        answer = self.refuse(fault)
        if fault.retry_after is not None:
            answer.headers["Retry-After"] = f"{fault.retry_after:g}"
        return answer

    def _record(self, call: Call, answer: Answer, taken: list[Fault]) -> None:
        counters = self.house.recorder.counters
        counters[f"{self.target}_{call.name}"] += 1
        counters[f"{self.target}_{call.name}_{answer.status}"] += 1
        self.house.recorder.add(
            Record(
                self.target,
                "request",
                call.name,
                f"{call.path}?{urlencode(call.query)}" if call.query else call.path,
                call.body,
                call.headers,
                method=call.method,
                status=answer.status or None,
                answer=answer.body,
                fault=",".join(f.kind for f in taken) or None,
                note=answer.note,
            )
        )


async def _upload(request: Request, call: Call) -> None:
    try:
        call.parts = await read_parts(request)
        shown = [part.shown() for part in call.parts]
    except NotMultipartError as wrong:
        shown = [{"wrong": str(wrong)}]
    call.body = orjson.dumps({"parts": shown})
