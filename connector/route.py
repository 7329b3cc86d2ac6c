"""One exchange and its function: dispatches what the windows let go and obeys the policy.

An event's way: `Admission` says whether it is called for, `Gate` whether the function can be
reached, `Target` calls it, `decide` says what the answer means.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections import deque
from collections.abc import Callable, Collection, Coroutine
from typing import Any

from connector import counts
from connector.admission import Admission, Drop, Wait
from connector.dead import Undertaker, letter_of, unreadable
from connector.dispatch import Target
from connector.gate import Gate, GatedCall
from connector.limits import Limits
from connector.notes import Notes
from connector.park import Letter
from connector.policy import Again, Answer, Dead, Decision, Done, Past, Unsent, decide
from connector.suspects import Suspects
from connector.tenants import Tenants
from connector.values import Held
from connector.worker import Link, Worker
from shared.messaging.amqp import Backoff
from shared.runtime.errors import ParleyError
from shared.runtime.logging import describe, logger
from shared.runtime.repeats import repeats

log = logger()


class Route:
    """The queues of one exchange, brought to one function."""

    def __init__(  # the parts that it joins
        self,
        exchange: str,
        admission: Admission,
        target: Target,
        undertaker: Undertaker,
        limits: Limits,
        notes: Notes,
    ) -> None:
        self._notes = notes
        self.exchange = exchange
        self.tenants = Tenants(limits.slots)
        self.suspects = Suspects(exchange, target.lives)
        self.stopping = False
        self._admission = admission
        self._target = target
        self._undertaker = undertaker
        self._limits = limits
        self._clock = asyncio.get_running_loop().time
        self.gate = Gate(self._clock)
        self._reachable = True  # as it was last logged
        self._delivered = counts.DELIVERED.labels(exchange)
        self._seconds = counts.SECONDS.labels(exchange)
        self._workers: deque[Worker] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._on_settled: list[Callable[[str], None]] = []

    @property
    def workers(self) -> list[Worker]:
        """The workers of the channel that is open now."""
        return list(self._workers)

    def work(self, queue: str, link: Link) -> Worker:
        """A worker for one queue on a new channel."""
        worker = Worker(self, queue, self._undertaker.park, link, self._limits.rules)
        self._workers.append(worker)
        return worker

    def leave(self, worker: Worker) -> None:
        """The worker's channel is gone."""
        self._workers.remove(worker)
        worker.close()

    def pump(self) -> None:
        """Dispatch what may go now."""
        for worker in self._workers:
            while not (self._stands() or self.tenants.full()) and self.gate.admits():
                held = worker.window.take()
                if held is None:
                    break
                self._dispatch(worker, held)
        self._workers.rotate(-1)  # nobody is always first when slots are few

    def _stands(self) -> bool:
        return self.stopping or self.suspects.halted

    def _dispatch(self, worker: Worker, held: Held) -> None:
        try:
            verdict = self._admission.decide(held)
        except Exception as error:  # noqa: BLE001  # a surprise must not leave the key standing
            self._spawn(self._conclude(worker, held, _surprise(error)), worker)
            return
        if isinstance(verdict, Wait):
            delay = self._limits.policy.wait_suspended(random.random())  # noqa: S311  # jitter
            worker.window.unsent(held, self._clock(), delay)
            worker.nudge()
        elif isinstance(verdict, Drop):
            self._spawn(self._drop(worker, held, verdict), worker)
        else:
            held.body = verdict.body
            passage = contextlib.ExitStack()
            call = passage.enter_context(self.gate.call())
            task = self._spawn(self._attempt(worker, held, call, passage), worker)
            task.add_done_callback(lambda _: passage.close())  # also of one that never began

    def tick(self) -> None:
        """Time has passed: waits end, held tenants may try one event."""
        now = self._clock()
        for tenant in self.tenants.due_probes(now):
            if any(worker.window.probe(tenant) for worker in self._workers):
                self.tenants.probed(tenant, now)
        for worker in self._workers:
            worker.window.tick(now)
            worker.nudge()
        self.pump()
        counts.IN_FLIGHT.labels(self.exchange).set(self.tenants.in_flight)

    def hasten(self, tenants: Collection[str] = ()) -> None:
        """Somebody is suspended no more, or these tenants' credentials are new: try at once."""
        self.tenants.free(tenants)
        for worker in self._workers:
            worker.window.hasten(self._clock(), tenants)
        self._tell_tenants()
        self.pump()

    def on_settled(self, call: Callable[[str], None]) -> None:
        """Call this with the id of each event whose fate an event of this route may have told."""
        self._on_settled.append(call)

    def wake(self, event_id: str) -> None:
        """The fate of this event may be known: if its line waits for that, it is tried."""
        now = self._clock()
        for worker in self._workers:
            worker.window.wake(event_id, now)
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

    def _spawn(self, work: Coroutine[Any, Any, None], worker: Worker) -> asyncio.Task[None]:
        def on_end(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            if error is not None and not self.stopping:
                # A fault of ours must not leave a key standing: begin anew with a new channel.
                log.error("attempt_failed", extra={"queue": worker.queue} | describe(error))
                worker.link.drop()
            elif error is None:
                worker.nudge()
                self.pump()

        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(on_end)
        return task

    async def _attempt(
        self, worker: Worker, held: Held, call: GatedCall, passage: contextlib.ExitStack
    ) -> None:
        """Call the function; `passage` is the call's way through the gate, which ends with it."""
        began = time.perf_counter()
        with passage:
            try:
                answer = await self._target.post(held)
                answer = await self.suspects.judged(held.event_id, answer, alone=self.tenants.alone)
                call.reached = answer.trouble != "unreachable"
            except Exception as error:  # noqa: BLE001  # a surprise must not leave the key standing
                answer = _surprise(error)
        self._seconds.observe(time.perf_counter() - began)
        self._log_reach(answer.detail)
        await self._conclude(worker, held, answer)

    def _log_reach(self, detail: str) -> None:
        if self._reachable == self.gate.is_open:
            return
        self._reachable = self.gate.is_open
        extra = {"exchange": self.exchange}
        if self._reachable:
            log.info("function_reached", extra=extra)
        else:
            log.warning("function_unreachable", extra=extra | {"detail": detail})

    async def _conclude(self, worker: Worker, held: Held, answer: Answer) -> None:
        past = Past(held.attempts, held.faults, time.time() - self._admission.since(held))
        await self._obey(decide(answer, past, self._limits.policy, random.random()), worker, held)  # noqa: S311  # jitter

    async def _drop(self, worker: Worker, held: Held, drop: Drop) -> None:
        """End an event that the function is never called for: it tells nothing of its tenant."""
        counts.ERASED.inc()
        await self._notes.answered(self.exchange, held, drop.outcome)
        worker.ack(worker.window.done(held, self._clock()))

    async def _obey(self, decision: Decision, worker: Worker, held: Held) -> None:
        if isinstance(decision, Unsent):
            counts.UNREACHABLE.labels(self.exchange).inc()
            worker.window.unsent(held, self._clock())
            return
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
            for call in self._on_settled if decision.settles else ():
                call(decision.settles)
            if held.parked:
                counts.DRAINED.labels(self.exchange).inc()
        worker.ack(worker.window.done(held, self._clock()))

    def _again(self, decision: Again, worker: Worker, held: Held) -> None:
        now = self._clock()
        held.attempts += 1
        held.faults += decision.fault
        held.reason = decision.reason
        held.next_at = time.time() + decision.delay
        counts.RETRIED.labels(self.exchange).inc()
        extra = {"event_id": held.event_id, "tenant_id": held.tenant, "attempts": held.attempts}
        more = {"delay": round(decision.delay, 2), "detail": decision.reason}
        log.info("retry", extra=extra | more)
        worker.window.again(held, decision.delay, now, fate_open=decision.fate_open)
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
            cause = {"reason": letter.reason_code, "tenant_id": letter.tenant}
            repeats.warning("dead_letter", cause=cause, extra={"event_id": letter.event_id})
            return True
        return False


def _surprise(error: Exception) -> Answer:
    """A fault of ours, as an answer: it counts against the event, which may be what causes it."""
    log.error("dispatch_failed", extra=describe(error))
    return Answer(trouble="no_answer", detail=type(error).__name__)
