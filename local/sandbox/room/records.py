"""What was received and what was sent, for tests to ask. Bounded: the oldest goes first."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import orjson

from local.sandbox.room.clock import iso_ms
from local.sandbox.room.settings import Settings

TIMED_OUT = "timeout"
SECRETS = re.compile(
    rb'("access_token":"|client_secret=|"outboundNotificationWebhookSignatureSecretToken":")[^"&]*'
)
PENDING = ("webhooks_pending", "fetches_pending")
SHOWN_ATTEMPTS = 50
SHOWN_ANSWER = 2000


@dataclass(slots=True)
class Attempt:
    """One try of a webhook: the status, or `error` when none came."""

    at: float
    ms: float
    status: int | None
    error: str | None = None
    answer: str = ""

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "time": iso_ms(self.at),
            "ms": round(self.ms, 1),
            "status": self.status,
            "error": self.error,
            "answer": self.answer,
        }


@dataclass(slots=True)
class Record:
    """A request we got (`kind` request) or a webhook we send (`kind` webhook)."""

    target: str
    kind: str
    name: str
    place: str
    body: bytes
    headers: dict[str, str]
    method: str = "POST"
    status: int | None = None
    answer: bytes = b""
    fault: str | None = None
    note: dict[str, Any] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    tries: int = 0
    state: str = ""
    seq: int = 0
    at: float = field(default_factory=time.time)

    def shown(self) -> dict[str, Any]:
        """As JSON; tokens and client secrets never show their value."""
        shown: dict[str, Any] = {
            "seq": self.seq,
            "time": iso_ms(self.at),
            "target": self.target,
            "kind": self.kind,
            "name": self.name,
            "method": self.method,
            "path" if self.kind == "request" else "url": self.place,
            "headers": {k: _hidden(k, v) for k, v in self.headers.items()},
            "body": _readable(SECRETS.sub(rb"\1***", self.body)),
            "bytes": len(self.body),
        }
        if self.kind == "request":
            answer_body = _readable(SECRETS.sub(rb"\1***", self.answer))
            answer = {"status": self.status, "body": answer_body}
            return shown | {"answer": answer, "fault": self.fault, **self.note}
        attempts = [a.shown() for a in self.attempts]
        return shown | {"state": self.state, "tries": self.tries, "attempts": attempts, **self.note}


def _hidden(name: str, value: str) -> str:
    if name != "authorization":
        return value
    return f"{value.partition(' ')[0]} ***"


def _readable(body: bytes) -> Any:
    if not body:
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace")


class Recorder:
    """The records and the counters, and a way to wait for more."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._records: deque[Record] = deque()
        self._bytes = 0
        self._seq = count(1)
        self._news: asyncio.Event | None = None
        self.last_seq = 0
        self.version = 0
        self.dropped = 0
        self.counters: Counter[str] = Counter()

    def add(self, record: Record) -> Record:
        """Keep it; the oldest leave when a bound of `RoomSettings` is reached."""
        record.seq = self.last_seq = next(self._seq)
        self._records.append(record)
        self._bytes += len(record.body) + len(record.answer)
        room = self._settings.room
        while len(self._records) > room.max_records or self._bytes > room.max_record_bytes:
            old = self._records.popleft()
            self._bytes -= len(old.body) + len(old.answer)
            self.dropped += 1
        self.changed()
        return record

    def changed(self) -> None:
        """Wake those that wait."""
        self.version += 1
        if self._news is not None:
            self._news.set()
            self._news = None

    async def wait(self, after: int, limit_s: float) -> None:
        """Return once `version` is beyond `after`, or after `limit_s` seconds."""
        if self.version > after:
            return
        if self._news is None:
            self._news = asyncio.Event()
        try:
            await asyncio.wait_for(self._news.wait(), limit_s)
        except TimeoutError:
            return

    def find(self, since: int = 0, **wanted: str) -> Iterator[Record]:
        """Records after `since` (a seq), oldest first, whose fields are as `wanted`."""
        for record in self._records:
            if record.seq > since and all(getattr(record, k) == v for k, v in wanted.items()):
                yield record

    def clear(self) -> int:
        """Forget records and counters (but what is pending); answers how many records went."""
        gone = len(self._records)
        pending = {name: self.counters[name] for name in PENDING}
        self._records.clear()
        self.counters.clear()
        self.counters.update(pending)
        self._bytes = self.dropped = 0
        return gone
