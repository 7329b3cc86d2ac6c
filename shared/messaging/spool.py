"""Events that the broker does not take, kept durably elsewhere: S3 first, PostgreSQL second.

One object (or row) holds events of one line in their order; the names of a line's objects sort in
the order in which they are to be published. Whoever published one deletes it, never before.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from shared.messaging.envelope import Event
from shared.messaging.topology import MESSAGE_EXCHANGES
from shared.runtime.errors import BadInput, ParleyError, Unavailable
from shared.runtime.metrics import counter
from shared.runtime.repeats import repeats
from shared.services.keeping import KeepingClient, SpoolRequest
from shared.storage.objects import SPOOL_BUCKET, Objects

SPOOLED = counter(
    "spooled_events", "Events that the broker did not take, by where they wait", ("store",)
)

# Seconds. Together with those of the outbox they keep a door within what Genesys waits, when all
# servers are frozen at once (docs/adr/0012-the-spool.md). How long Meta waits nobody tells.
LIMIT_S = 1.2
HEDGE_S = 0.4  # so long S3 has it for itself; then PostgreSQL is asked too
DOUBT_S = 5.0  # so long after a failure of S3 both are asked at once

_NAME = re.compile(r"(?P<stamp>\d{16})-(?P<line>[0-9a-f]{16})-(?P<digest>[0-9a-f]{16})")


@dataclass(frozen=True)
class Name:
    """A spooled object's name. `stamp`: microseconds, rising within a line."""

    stamp: int
    line: str
    digest: str

    def __str__(self) -> str:
        return f"{self.stamp:016d}-{self.line}-{self.digest}"

    @classmethod
    def read(cls, text: str) -> Name | None:
        """None for what is no such name."""
        found = _NAME.fullmatch(text)
        if found is None:
            return None
        return cls(int(found["stamp"]), found["line"], found["digest"])


@dataclass(frozen=True)
class Spooled:
    """Events of one line that wait for the broker."""

    exchange: str
    events: Sequence[Event]

    def encode(self) -> bytes:
        """A line that says whose they are, then a line each. Raises BadInput of `Event.encode`."""
        head = {"exchange": self.exchange, "events": len(self.events), "spooled_at": time.time()}
        return b"\n".join([orjson.dumps(head), *(event.encode() for event in self.events)])

    @classmethod
    def decode(cls, body: bytes) -> Spooled:
        """Read it. Raises BadInput: then it can never be published."""
        head, *lines = body.split(b"\n")
        try:
            told: Any = orjson.loads(head)
            exchange, count = told["exchange"], told["events"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise BadInput("the first line is not that of spooled events") from None
        if exchange not in MESSAGE_EXCHANGES:
            raise BadInput("there is no exchange of that name")
        if count != len(lines) or not lines:
            raise BadInput(f"it should have {count} events and has {len(lines)}")
        return cls(exchange, [Event.decode(line) for line in lines])


def line_of(exchange: str, partition_key: str) -> str:
    """The line that an event waits in: a digest, for a partition key holds a customer's number."""
    return hashlib.sha256(f"{exchange}\0{partition_key}".encode()).hexdigest()[:16]


def name_of(stamp: int, line: str, body: bytes) -> Name:
    """The name of a new object."""
    return Name(stamp, line, hashlib.sha256(body).hexdigest()[:16])


def prefix_of(installation: str) -> str:
    """Where an installation's objects lie in the bucket. `installation` is QUEUE_PREFIX."""
    return f"{installation}events/"


def aside_of(installation: str) -> str:
    """Where objects lie that can never be published."""
    return f"{installation}aside/"


class Spool:
    """Keeps what the broker does not take. One a process."""

    def __init__(self, objects: Objects, state: KeepingClient, installation: str) -> None:
        self._objects = objects
        self._state = state
        self._installation = installation
        self._s3_failed = float("-inf")

    async def keep(self, name: Name, body: bytes, *, tenant: str | None, behind_s3: bool) -> bool:
        """Return when it is durable: True when it may lie in S3. Raises Unavailable.

        `behind_s3`: something earlier of its line may lie in S3.
        """
        loop = asyncio.get_running_loop()

        async def to_s3() -> None:
            try:
                key = prefix_of(self._installation) + str(name)
                await self._objects.put(SPOOL_BUCKET, key, body, "application/x-ndjson")
            except BaseException:  # cancelled too: it did not do it in time
                self._s3_failed = loop.time()
                raise

        async def to_postgresql() -> None:
            request = SpoolRequest(
                installation=self._installation,
                name=str(name),
                tenant_id=tenant,
                body=body.decode(),
                behind_s3=behind_s3,
            )
            await self._state.spool(request)

        patience = HEDGE_S if loop.time() - self._s3_failed > DOUBT_S else 0.0
        store = await _first({"s3": to_s3, "postgresql": to_postgresql}, patience)
        SPOOLED.labels(store).inc()
        extra = {"line": name.line, "bytes": len(body)}
        repeats.warning("spooled", cause={"store": store}, extra=extra)
        return store == "s3"


async def _first(stores: dict[str, Callable[[], Awaitable[None]]], patience: float) -> str:
    """The store that has it first. The second is asked when the first failed or is slow."""
    tasks: dict[asyncio.Task[None], str] = {}
    loop = asyncio.get_running_loop()
    end = loop.time() + LIMIT_S
    try:
        for store, put in stores.items():
            tasks[asyncio.ensure_future(_run(put))] = store
            last = len(tasks) == len(stores)
            winner = await _winner(tasks, end if last else min(end, loop.time() + patience))
            if winner is not None:
                return winner
        raise Unavailable("neither the broker nor the spool took it: nothing is promised")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _run(put: Callable[[], Awaitable[None]]) -> None:
    await put()


async def _winner(tasks: dict[asyncio.Task[None], str], until: float) -> str | None:
    """The name of the first task that ended well before `until`; None as soon as all failed."""
    loop = asyncio.get_running_loop()
    pending = {task for task in tasks if not task.done()}
    while pending and (left := until - loop.time()) > 0:
        done, pending = await asyncio.wait(
            pending, timeout=left, return_when=asyncio.FIRST_COMPLETED
        )
        for task in done:
            error = task.exception()
            if error is None:
                return tasks[task]
            if not isinstance(error, ParleyError):
                raise error
    return None
