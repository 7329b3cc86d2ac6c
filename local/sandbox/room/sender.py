"""Sends webhooks: the same bytes at each attempt, in the order written within a lane.

A lane is one conversation. Its next webhook goes once the one before had its first attempt;
retries happen beside it, as with the real senders, which promise no order.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from local.sandbox.room.faults import ON_WEBHOOKS, Fault, FaultBook
from local.sandbox.room.letters import Delivery, Letter
from local.sandbox.room.records import (
    SHOWN_ANSWER,
    SHOWN_ATTEMPTS,
    TIMED_OUT,
    Attempt,
    Record,
    Recorder,
)
from local.sandbox.room.settings import Settings


class Sender:
    """All webhooks of both simulators."""

    def __init__(self, settings: Settings, faults: FaultBook, recorder: Recorder) -> None:
        self._settings = settings
        self._faults = faults
        self._recorder = recorder
        self._lanes: dict[str, deque[Delivery]] = {}
        self._held: dict[str, tuple[Delivery, asyncio.TimerHandle]] = {}
        self._timers: set[asyncio.TimerHandle] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(settings.room.webhooks_in_flight)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Hold the connections open; at the end what is still under way is dropped."""
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(
            connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            self._session = session
            self._slots = asyncio.Semaphore(self._settings.room.webhooks_in_flight)
            try:
                yield
            finally:
                self.cancel()

    def later(self, delay_s: float, write: Callable[[], object]) -> None:
        """Call `write`, which sends a letter, after `delay_s`; until then it counts as pending."""
        counters = self._recorder.counters
        counters["webhooks_pending"] += 1

        def due() -> None:
            self._timers.discard(timer)
            counters["webhooks_pending"] -= 1
            write()

        timer = asyncio.get_running_loop().call_later(delay_s, due)
        self._timers.add(timer)

    def cancel(self) -> int:
        """Drop everything not yet delivered or not yet due; answers how many."""
        gone = self._recorder.counters["webhooks_pending"]
        for timer in [*self._timers, *(timer for _, timer in self._held.values())]:
            timer.cancel()
        self._timers.clear()
        self._held.clear()
        self._lanes.clear()
        for task in self._tasks:
            task.cancel()
        self._recorder.counters["webhooks_pending"] = 0
        return gone

    def send(self, letter: Letter) -> Delivery:
        """Send `letter`, with the faults that hit it; answers at once."""
        path = urlsplit(letter.url).path
        taken = self._faults.take(letter.target, ON_WEBHOOKS, letter.name, path, letter.ids)
        delivery = self._made(letter)
        held = self._held.pop(letter.lane, None)
        reorder = next((f for f in taken if f.kind == "reorder"), None)
        if reorder is not None and held is None:
            self._hold(delivery, reorder)
            return delivery
        self._enqueue(delivery)
        for fault in taken:
            if fault.kind == "duplicate":
                self.copy(letter, fault.copies, fault.delay_ms)
        if held is not None:
            held[1].cancel()
            self._enqueue(held[0])
        return delivery

    def copy(self, letter: Letter, copies: int, gap_ms: float) -> None:
        """Send the same bytes again: at once beside the first, or `gap_ms` after it."""
        for n in range(1, copies + 1):
            copy = self._made(letter)
            copy.record.note = {**letter.note, "copy": n}
            self._start(self._later(copy, n * gap_ms / 1000))

    def _made(self, letter: Letter) -> Delivery:
        record = Record(
            letter.target,
            "webhook",
            letter.name,
            letter.url,
            letter.body,
            letter.headers,
            note=dict(letter.note),
            state="waiting",
        )
        self._recorder.add(record)
        self._recorder.counters["webhooks"] += 1
        self._recorder.counters["webhooks_pending"] += 1
        return Delivery(letter, record, asyncio.get_running_loop().create_future())

    def _hold(self, delivery: Delivery, fault: Fault) -> None:
        lane = delivery.letter.lane
        delivery.record.note["fault"] = "reorder"

        def alone() -> None:
            self._held.pop(lane, None)
            self._enqueue(delivery)

        timer = asyncio.get_running_loop().call_later(fault.hold_ms / 1000, alone)
        self._held[lane] = (delivery, timer)

    def _enqueue(self, delivery: Delivery) -> None:
        lane = delivery.letter.lane
        queue = self._lanes.get(lane)
        if queue is not None:
            queue.append(delivery)
            return
        self._lanes[lane] = queue = deque([delivery])
        self._start(self._walk(lane, queue))

    def _start(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _walk(self, lane: str, queue: deque[Delivery]) -> None:
        while queue:
            delivery = queue.popleft()
            gap = await self._attempt(delivery)
            if gap is not None:
                self._start(self._later(delivery, gap))
        if self._lanes.get(lane) is queue:
            del self._lanes[lane]

    async def _later(self, delivery: Delivery, gap: float) -> None:
        due: float | None = gap
        while due is not None:
            await asyncio.sleep(due)
            due = await self._attempt(delivery)

    async def _attempt(self, delivery: Delivery) -> float | None:
        """Try once; answers the gap to the next attempt, or None when it is over."""
        letter, record = delivery.letter, delivery.record
        async with self._slots:
            attempt = await self._post(letter)
        record.attempts = [*record.attempts[-SHOWN_ATTEMPTS:], attempt]
        record.tries += 1
        if attempt.status is not None and letter.policy.good(attempt.status):
            self._end(delivery, "delivered")
            return None
        gap = letter.policy.gap_s(record.tries, attempt)
        if gap is None:
            self._end(delivery, "failed")
        else:
            record.state = "retrying"
        return gap

    def _end(self, delivery: Delivery, state: str) -> None:
        delivery.record.state = state
        self._recorder.counters["webhooks_pending"] -= 1
        self._recorder.counters[f"webhooks_{state}"] += 1
        if not delivery.over.done():
            delivery.over.set_result(state)
        if delivery.letter.when_over is not None:
            delivery.letter.when_over(state)
        self._recorder.changed()

    async def _post(self, letter: Letter) -> Attempt:
        if self._session is None:
            raise RuntimeError("the sender is not open")
        began = time.time()
        status, error, answer = None, None, ""
        timeout = aiohttp.ClientTimeout(total=letter.policy.timeout_s())
        try:
            async with self._session.post(
                letter.url,
                data=letter.body,
                headers=letter.headers,
                timeout=timeout,
                allow_redirects=letter.follow,
            ) as got:
                status = got.status
                answer = (await got.read())[:SHOWN_ANSWER].decode("utf-8", "replace")
        except TimeoutError:
            status, error = None, TIMED_OUT
        except aiohttp.ClientError as wrong:
            status, error = None, f"connection: {type(wrong).__name__}"
        return Attempt(began, (time.time() - began) * 1000, status, error, answer)
