"""One request's way through a simulator: faults, the work, the record, the latency, the answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from local.sandbox.room.faults import Fault
from local.sandbox.room.house import House
from local.sandbox.room.protocol import HangUp
from local.sandbox.room.records import Record

ON_REQUESTS = frozenset({"delay", "status", "html_5xx", "drop_before", "drop_after_accept"})
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
    """A request as the simulators see it. `ids`: what faults match by."""

    name: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    ids: dict[str, str]


@dataclass(slots=True)
class Answer:
    """What goes back. `note` is shown in the record, beside the answer."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    note: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Desk:
    """An endpoint. `work` makes the answer, `refuse` the error body of a fault."""

    house: House
    target: str
    name: str
    latency_ms: Callable[[], float]
    work: Callable[[Call], Answer]
    refuse: Callable[[Fault], Answer]

    async def endpoint(self, request: Request) -> Response:
        """Answer `request`, or cut its connection."""
        began = time.monotonic()
        call = Call(
            self.name,
            request.method,
            request.scope["path"],
            dict(parse_qsl(request.scope["query_string"].decode("latin-1"))),
            dict(_header(k, v) for k, v in request.scope["headers"]),
            await request.body(),
            dict(request.path_params),
        )
        taken = self.house.faults.take(self.target, ON_REQUESTS, call.name, call.path, call.ids)
        for fault in taken:
            if fault.kind == "delay":
                await asyncio.sleep(fault.delay_ms / 1000)
        decisive = next((f for f in taken if f.kind != "delay"), None)
        answer = self._answer(call, decisive)
        self._record(call, answer, taken)
        if decisive is not None and decisive.kind in {"drop_before", "drop_after_accept"}:
            return HangUp()
        wait = self.latency_ms() / 1000 - (time.monotonic() - began)
        if wait > 0:
            await asyncio.sleep(wait)
        return Response(answer.body, answer.status, answer.headers, answer.media_type)

    def _answer(self, call: Call, fault: Fault | None) -> Answer:
        if fault is None or fault.kind == "drop_after_accept":
            return self.work(call)
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
