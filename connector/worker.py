"""One queue on one channel: deliveries in, acks out, and its one conversation with the park.

Rule: a row is written before its delivery is acked, and the keys that have rows are known before
anything of the queue is dispatched.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from connector import counts
from connector.lane import Rules
from connector.park import KEYS_PER_TURN, Park
from connector.suspects import Suspects
from connector.tenants import Tenants
from connector.values import held_of, held_of_row
from connector.window import Window
from shared.messaging.amqp import Backoff
from shared.messaging.envelope import Event
from shared.runtime.errors import BadInput, ParleyError
from shared.runtime.logging import describe, logger

log = logger()

T = TypeVar("T")

SUSPECT_DELIVERIES = 10  # then an event may be what kills us


class Owner(Protocol):
    """The route, as a worker needs it."""

    exchange: str
    tenants: Tenants
    suspects: Suspects

    def pump(self) -> None:
        """Dispatch what may go."""

    def refuse(self, worker: Worker, tag: int, body: bytes, reason: str) -> None:
        """Bury bytes that are no event."""


class Link(Protocol):
    """The worker's channel."""

    def ack(self, tag: int) -> None:
        """Acknowledge one delivery; nothing happens on a channel that is gone."""

    def drop(self) -> None:
        """Close the channel: all that is unacked comes again, to a new worker."""


class Worker:
    """The queue's window and keeper. Ends with its channel; a new channel gets a new one."""

    def __init__(self, owner: Owner, queue: str, park: Park, link: Link, rules: Rules) -> None:
        """`link` is the channel that the queue is consumed on."""
        self.queue = queue
        self.window = Window(owner.tenants, rules, owner.suspects)
        self.active = False  # the broker delivers to us: we are the queue's one consumer
        self.closed = False
        self._owner = owner
        self._park = park
        self.link = link
        self._woken = asyncio.Event()
        self._quiet = asyncio.Event()  # nothing is asked of the park
        self._quiet.set()
        self._backlog: list[tuple[int, bytes, int]] | None = []
        self._keeper = asyncio.create_task(self._keep())
        self._keeper.add_done_callback(self._on_end)

    def close(self) -> None:
        """The channel is gone: what was not acked comes again to whoever is next."""
        self.closed = True
        self._keeper.cancel()
        self._quiet.set()

    def _on_end(self, keeper: asyncio.Task[None]) -> None:
        """A fault of ours must not leave the queue standing: begin anew with a new channel."""
        if self.closed:
            return
        error = asyncio.CancelledError() if keeper.cancelled() else keeper.exception()
        if error is not None:
            log.error("keeper_failed", extra={"queue": self.queue} | describe(error))
        self.link.drop()

    def on_delivery(self, tag: int, body: bytes, deliveries: int) -> None:
        """A message came. Until the parked keys are known it waits in line."""
        self.wake()
        if self._backlog is not None:
            self._backlog.append((tag, body, deliveries))
        else:
            self._take_in(tag, body, deliveries)

    def on_tick(self, tag: int) -> None:
        """A tick came: nothing but the news that we are the queue's consumer."""
        self.ack(tag)
        self.wake()

    def wake(self) -> None:
        """Let the keeper look whether the park has something to do."""
        self.active = True
        self._rouse()

    def nudge(self) -> None:
        """Wake the keeper if there is something to do."""
        if self.window.wants_park():
            self._rouse()

    def _rouse(self) -> None:
        if self.closed:
            return
        self._quiet.clear()
        self._woken.set()

    def ack(self, *tags: int | None) -> None:
        """Acknowledge deliveries; on a channel that is gone there is nothing to acknowledge."""
        if self.closed:
            return
        for tag in tags:
            if tag is not None:
                self.link.ack(tag)

    async def settled(self) -> None:
        """Wait until the park has done all that was asked of it."""
        await self._quiet.wait()

    def _take_in(self, tag: int, body: bytes, deliveries: int) -> None:
        try:
            event = Event.decode(body)
        except BadInput as error:
            self._owner.refuse(self, tag, body, error.detail)
            return
        alone = deliveries > SUSPECT_DELIVERIES
        if alone:
            log.warning(
                "delivered_often",
                extra={"queue": self.queue, "event_id": event.id, "deliveries": deliveries},
            )
        now = asyncio.get_running_loop().time()
        held = held_of(event, body, tag=tag, now=now, unix_now=time.time(), alone=alone)
        self.window.deliver(held, now)
        self.nudge()
        self._owner.pump()

    async def _keep(self) -> None:
        await self._woken.wait()
        await self.adopt()
        backlog, self._backlog = self._backlog or [], None
        for delivery in backlog:
            self._take_in(*delivery)
        while True:
            self._woken.clear()
            while self.window.wants_park():
                await self._save()
                await self._turn()
                self._owner.pump()
            self._quiet.set()
            await self._woken.wait()

    async def adopt(self) -> None:
        """Learn which keys of the queue have rows."""
        keys = await self._insist(lambda: self._park.keys(self.queue))
        self.window.adopt(keys, asyncio.get_running_loop().time())
        self.nudge()

    async def _save(self) -> None:
        batch = self.window.take_unsaved()
        if not batch:
            return
        await self._insist(lambda: self._park.save(self.queue, batch))
        counts.PARKED.labels(self._owner.exchange).inc(len(batch))
        log.info("parked", extra={"queue": self.queue, "events": len(batch)})
        self.ack(*self.window.saved(batch, asyncio.get_running_loop().time()))

    async def _turn(self) -> None:
        turn = self.window.take_turn(KEYS_PER_TURN)
        if not (turn.gone or turn.late or turn.keys):
            return
        found = await self._insist(lambda: self._park.turn(self.queue, turn))
        now, unix_now = asyncio.get_running_loop().time(), time.time()
        for key, rows in found.items():
            tenant = self.window.tenant_of(key)
            read = [held_of_row(row, key=key, tenant=tenant, now=now) for row in rows]
            due_in = max(0.0, rows[0].next_at - unix_now) if rows else 0.0
            self.window.read(key, read, now, due_in)

    async def _insist(self, call: Callable[[], Awaitable[T]]) -> T:
        """Repeat until PostgreSQL has done it. Meanwhile the window fills and the queue keeps."""
        backoff = Backoff()
        while True:
            try:
                return await call()
            except ParleyError as error:
                log.warning("park_failed", extra={"queue": self.queue, "detail": error.detail})
            except Exception as error:  # noqa: BLE001  # giving up would leave the queue standing
                log.error("park_failed", extra={"queue": self.queue} | describe(error))
            await asyncio.sleep(backoff.next())
