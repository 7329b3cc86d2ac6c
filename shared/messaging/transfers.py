"""What both delivery functions do around one file: room, a limit of time, short retries, one line.

The line tells how much came, how long it took and how it ended; never an address, a name, a token.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar
from weakref import WeakValueDictionary

from shared.media.errors import TimeOver
from shared.messaging.attempts import Patience
from shared.messaging.moves import error_of
from shared.messaging.outcomes import SendError, SendOutcome
from shared.runtime.errors import ParleyError
from shared.runtime.logging import bind, logger
from shared.runtime.metrics import counter, gauge, histogram

log = logger()

TRANSFERS = counter("media_transfers", "Files by how their transfer ended", ("kind", "outcome"))
ERRORS = counter("media_errors", "Transfers that failed, by code", ("kind", "code"))
BYTES = counter("media_bytes", "Bytes of files that were moved", ("kind",))
SECONDS = histogram("media_seconds", "Time of a transfer, waiting for its turn included", ("kind",))
IN_WORK = gauge("media_in_work", "Files that are being moved now")


class Moved(Protocol):
    """What a transfer ends with."""

    @property
    def size(self) -> int:
        """Bytes that were moved."""
        ...


M = TypeVar("M", bound=Moved)


@dataclass(frozen=True)
class Order:
    """Whose file it is, what is done with it ("whatsapp_fetch", ...), and its time in seconds."""

    kind: str
    tenant_id: str
    channel_id: str
    seconds: float


class Transfers:
    """Runs the transfers of one process, so many at once: sends must not wait for files.

    A tenant takes at most half of the room, as of the connector's slots: another's file can begin.
    """

    def __init__(self, at_once: int, patience: Patience | None = None) -> None:
        self._room = asyncio.Semaphore(at_once)
        self._share = max(1, at_once // 2)
        # A tenant's share lives as long as one of its files moves or waits.
        self._shares: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._patience = patience or Patience()

    async def run(self, order: Order, work: Callable[[], Awaitable[M]]) -> M | SendError:
        """What the work ends with, or why not. `work` may be begun several times."""
        bind(tenant_id=order.tenant_id, channel_id=order.channel_id)
        share = self._shares.setdefault(order.tenant_id, asyncio.Semaphore(self._share))
        started = time.perf_counter()
        waited: float | None = None
        ended: M | SendError
        try:
            async with asyncio.timeout(order.seconds), share, self._room:
                waited = time.perf_counter() - started
                with IN_WORK.track_inprogress():
                    ended = await self._insist(work)
        except TimeoutError:
            ended = error_of(TimeOver(f"not done within {order.seconds:g} s"))
        took = time.perf_counter() - started
        _tell(order, ended, took, took if waited is None else waited)
        return ended

    async def _insist(self, work: Callable[[], Awaitable[M]]) -> M | SendError:
        started, tries = time.monotonic(), 0
        while True:
            tries += 1
            try:
                return await work()
            except ParleyError as error:
                failed = error_of(error)
            elapsed = time.monotonic() - started
            wait = self._patience.wait(SendOutcome.refused(failed), tries, elapsed)
            if wait is None:
                return failed
            await asyncio.sleep(wait)


def _tell(order: Order, ended: Moved | SendError, seconds: float, waited: float) -> None:
    failed = ended if isinstance(ended, SendError) else None
    size = ended.size if not isinstance(ended, SendError) else 0
    outcome = "moved" if failed is None else "failed" if failed.retryable else "refused"
    TRANSFERS.labels(order.kind, outcome).inc()
    BYTES.labels(order.kind).inc(size)
    SECONDS.labels(order.kind).observe(seconds)
    line = {
        "kind": order.kind,
        "outcome": outcome,
        "bytes": size,
        "ms": round(seconds * 1000),
        "waited_ms": round(waited * 1000),
    }
    if failed is None:
        log.info("media", extra=line)
        return
    ERRORS.labels(order.kind, failed.provider_code).inc()
    line |= {"code": failed.provider_code, "title": failed.title, "detail": failed.detail}
    log.warning("media", extra=line | {"retryable": failed.retryable})
