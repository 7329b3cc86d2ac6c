"""One exchange and its function: dispatches what the windows let go and obeys the policy."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from connector import counts
from connector.dead import Undertaker, letter_of, unreadable
from connector.dispatch import Target
from connector.gate import Gate
from connector.lane import Rules
from connector.notes import Notes
from connector.pace import Yielding
from connector.park import Letter, Park
from connector.policy import Again, Answer, Dead, Decision, Done, Kept, Past, Policy, Unsent, decide
from connector.tenants import Tenants
from connector.values import Held
from connector.worker import Link, Worker
from shared.messaging.amqp import Backoff
from shared.runtime.errors import ParleyError
from shared.runtime.logging import describe, logger

log = logger()


@dataclass(frozen=True)
class Limits:
    """What a route obeys. `slots` is the number of calls in flight at once."""

    slots: int = 128
    rules: Rules = field(default_factory=Rules)
    policy: Policy = field(default_factory=Policy)
    yielding: Yielding = field(default_factory=Yielding)


class Route:
    """The queues of one exchange, brought to one function."""

    def __init__(  # the parts that it joins
        self,
        exchange: str,
        target: Target,
        park: Park,
        undertaker: Undertaker,
        limits: Limits,
        notes: Notes,
    ) -> None:
        self._notes = notes
        self.exchange = exchange
        self.tenants = Tenants(limits.slots, yielding=limits.yielding)
        self.stopping = False
        self._target = target
        self._park = park
        self._undertaker = undertaker
        self._limits = limits
        self.gate = Gate()
        self._ticked = asyncio.get_running_loop().time()
        self._delivered = counts.DELIVERED.labels(exchange)
        self._seconds = counts.SECONDS.labels(exchange)
        self._workers: deque[Worker] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def workers(self) -> list[Worker]:
        """The workers of the channel that is open now."""
        return list(self._workers)

    def work(self, queue: str, link: Link) -> Worker:
        """A worker for one queue on a new channel."""
        worker = Worker(self, queue, self._park, link, self._limits.rules)
        self._workers.append(worker)
        return worker

    def leave(self, worker: Worker) -> None:
        """The worker's channel is gone."""
        self._workers.remove(worker)
        worker.close()

    def pump(self) -> None:
        """Dispatch what may go now."""
        now = asyncio.get_running_loop().time()
        for worker in self._workers:
            while not (self.stopping or self.tenants.full()) and self.gate.admits(now):
                held = worker.window.take()
                if held is None:
                    break
                self.gate.took()
                self._spawn(self._attempt(worker, held), worker)
        self._workers.rotate(-1)  # nobody is always first when slots are few

    def tick(self) -> None:
        """Time has passed: waits end, held tenants may try one event."""
        now = asyncio.get_running_loop().time()
        self._give_way(now)
        for tenant in self.tenants.due_probes(now):
            if any(worker.window.probe(tenant) for worker in self._workers):
                self.tenants.probed(tenant, now)
        for worker in self._workers:
            worker.window.tick(now)
            worker.nudge()
        self.pump()
        counts.IN_FLIGHT.labels(self.exchange).set(self.tenants.in_flight)

    def _give_way(self, now: float) -> None:
        for tenant in self.tenants.pace.passed(now - self._ticked):
            log.info("tenant_slowed", extra={"exchange": self.exchange, "tenant_id": tenant})
        self._ticked = now
        counts.SLOWED_TENANTS.labels(self.exchange).set(len(self.tenants.pace.slowed))

    def hasten(self) -> None:
        """Somebody is suspended no more: try what was kept."""
        now = asyncio.get_running_loop().time()
        for worker in self._workers:
            worker.window.hasten(now)
            worker.nudge()
        self.pump()

    def refuse(self, worker: Worker, tag: int, body: bytes, reason: str) -> None:
        """Bury bytes that are no event, then ack them."""
        letter = unreadable(body, worker.queue, reason, time.time())

        async def bury() -> None:
            if await self._buried(worker, letter):
                worker.ack(tag)

        self._spawn(bury(), worker)

    async def stop(self, seconds: float) -> None:
        """Dispatch no more, and wait for what is under way."""
        self.stopping = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._tasks:
                    await asyncio.wait(self._tasks)
                for worker in self.workers:
                    await worker.settled()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None], worker: Worker) -> None:
        def on_end(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if task.cancelled() or (error := task.exception()) is None:
                return
            # A fault of ours must not leave a key standing: begin anew with a new channel.
            log.error("attempt_failed", extra={"queue": worker.queue} | describe(error))
            worker.link.drop()

        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(on_end)

    async def _attempt(self, worker: Worker, held: Held) -> None:
        began = time.perf_counter()
        try:
            answer = await self._target.post(held)
        except Exception as error:  # noqa: BLE001  # a surprise must not leave the key standing
            log.error("dispatch_failed", extra=describe(error))
            answer = Answer(trouble="no_answer", detail=type(error).__name__)
        self._seconds.observe(time.perf_counter() - began)
        self.tenants.pace.heard(answer.late)
        past = Past(held.attempts, held.faults, time.time() - self._target.since(held))
        await self._obey(decide(answer, past, self._limits.policy, random.random()), worker, held)  # noqa: S311  # jitter
        worker.nudge()
        self.pump()

    async def _obey(self, decision: Decision, worker: Worker, held: Held) -> None:
        if isinstance(decision, Unsent):
            self._unsent(decision, worker, held)
            return
        if isinstance(decision, Kept):
            worker.window.unsent(held, asyncio.get_running_loop().time(), decision.delay)
            return
        if self.gate.reached():
            log.info("function_reached", extra={"exchange": self.exchange})
        if isinstance(decision, Again):
            self._again(decision, worker, held)
            return
        if self.tenants.succeeded(held.tenant):
            log.info("tenant_free", extra={"exchange": self.exchange, "tenant_id": held.tenant})
            self._tell_tenants()
        if isinstance(decision, Dead):
            held.attempts += 1
            await self._buried(worker, letter_of(held, worker.queue, decision, time.time()))
        elif decision.outcome:
            await self._notes.answered(self.exchange, held, decision.outcome)
        self._done(decision, worker, held)

    def _done(self, decision: Done | Dead, worker: Worker, held: Held) -> None:
        if isinstance(decision, Done):
            self._delivered.inc()
            if held.parked:
                counts.DRAINED.labels(self.exchange).inc()
        worker.ack(worker.window.done(held, asyncio.get_running_loop().time()))

    def _unsent(self, decision: Unsent, worker: Worker, held: Held) -> None:
        now = asyncio.get_running_loop().time()
        counts.UNREACHABLE.labels(self.exchange).inc()
        if self.gate.unreachable(now):
            extra = {"exchange": self.exchange, "detail": decision.reason}
            log.warning("function_unreachable", extra=extra)
        worker.window.unsent(held, now)

    def _again(self, decision: Again, worker: Worker, held: Held) -> None:
        now = asyncio.get_running_loop().time()
        held.attempts += 1
        held.faults += decision.fault
        held.reason = decision.reason
        held.next_at = time.time() + decision.delay
        counts.RETRIED.labels(self.exchange).inc()
        log.info(
            "retry",
            extra={
                "event_id": held.event_id,
                "tenant_id": held.tenant,
                "attempts": held.attempts,
                "delay": round(decision.delay, 2),
                "detail": decision.reason,
            },
        )
        worker.window.again(held, decision.delay, now)
        if not decision.limited and self.tenants.failed(held.tenant, now):
            self._hold(held.tenant, decision.reason, now)

    def _hold(self, tenant: str, reason: str, now: float) -> None:
        extra = {"exchange": self.exchange, "tenant_id": tenant, "detail": reason}
        log.warning("tenant_held", extra=extra)
        for worker in self._workers:
            worker.window.park_tenant(tenant, now)
        self._tell_tenants()

    def _tell_tenants(self) -> None:
        counts.HELD_TENANTS.labels(self.exchange).set(self.tenants.held)
        for worker in self._workers:
            worker.nudge()

    async def _buried(self, worker: Worker, letter: Letter) -> bool:
        """Repeat until it is written. False when the channel went away meanwhile."""
        backoff = Backoff()
        while not worker.closed:
            try:
                await self._undertaker.bury(letter, self.exchange)
            except ParleyError as error:
                extra = {"event_id": letter.event_id, "detail": error.detail}
                log.warning("bury_failed", extra=extra)
                await asyncio.sleep(backoff.next())
                continue
            counts.DEAD.labels(self.exchange, letter.reason_code).inc()
            extra = {"event_id": letter.event_id, "reason": letter.reason_code}
            log.warning("dead_letter", extra=extra)
            return True
        return False
