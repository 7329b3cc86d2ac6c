"""How an event leaves a door: to its queue, or, when the broker does not take it, to the spool.

Rule: it returns only when the events are durable, and nothing overtakes what waits in the spool.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from shared.messaging.envelope import Event, EventType
from shared.messaging.marks import Marks
from shared.messaging.publisher import Publisher
from shared.messaging.spool import Spool, Spooled, line_of, name_of
from shared.runtime.ending import ended
from shared.runtime.errors import BadInput, Unavailable
from shared.runtime.logging import logger
from shared.runtime.periodic import until

log = logger()

PUBLISH_S = 1.0  # for one event, its tries and their pauses together
PAUSES_S = (0.05, 0.15)  # between the three tries
PROBE_EVERY_S = 0.25


@dataclass(frozen=True)
class Unfit:
    """An event that can never be published, such as one too large; its raw bytes are kept."""

    event: Event
    error: BadInput


class Health:
    """Whether the broker takes events. One failure is everybody's news: all who wait turn away."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._waiting: dict[asyncio.Timeout, None] = {}
        self._probe: asyncio.Task[None] | None = None

    @property
    def ill(self) -> bool:
        """True from a failure until the broker answers again."""
        return self._probe is not None

    @asynccontextmanager
    async def patience(self) -> AsyncIterator[None]:
        """Wait in the block for the broker. Raises TimeoutError when that is of no use."""
        async with asyncio.timeout(PUBLISH_S) as timeout:
            self._waiting[timeout] = None
            try:
                yield
            finally:
                del self._waiting[timeout]

    def failed(self) -> None:
        """An event was not taken."""
        if self._probe is not None:
            return
        log.warning("broker_takes_nothing")
        self._probe = asyncio.create_task(self._until_well())
        loop = asyncio.get_running_loop()
        for timeout in self._waiting:
            if not timeout.expired():  # one may have just run out, its block not left yet
                timeout.reschedule(loop.time())  # in the order in which they came

    async def _until_well(self) -> None:
        await until(PROBE_EVERY_S, self._answers, "broker's answer")
        self._probe = None
        log.info("broker_takes_again")

    async def _answers(self) -> bool:
        try:
            await self._publisher.ping()
        except Unavailable:
            return False
        return True

    async def close(self) -> None:
        """Stop looking."""
        if self._probe is not None:
            await ended(self._probe)


class Outbox:
    """Takes events of one line at a time. One a process."""

    def __init__(self, publisher: Publisher, marks: Marks, spool: Spool) -> None:
        self._publisher = publisher
        self._marks = marks
        self._spool = spool
        self._health = Health(publisher)

    @classmethod
    @asynccontextmanager
    async def open(cls, publisher: Publisher, marks: Marks, spool: Spool) -> AsyncIterator[Outbox]:
        """An outbox for the length of the block."""
        outbox = cls(publisher, marks, spool)
        try:
            yield outbox
        finally:
            await outbox._health.close()

    async def put(self, exchange: str, events: Sequence[Event]) -> list[Unfit]:
        """Make events of one partition key durable, in their order; what never can be comes back.

        Raises Unavailable when nothing durable took them: the sender must come again.
        """
        unfit: list[Unfit] = []
        left = list(events)
        line = line_of(exchange, left[0].partitionkey)
        if not self._health.ill and not await self._must_wait(left[0], line):
            left = await self._publish(exchange, left, unfit)
        if left:
            await self._keep(exchange, left, line, unfit)
        return unfit

    async def _must_wait(self, event: Event, line: str) -> bool:
        """Whether something of its line is in the spool. Raw bytes are in nobody's way."""
        return event.type != EventType.RAW and await self._marks.standing(line)

    async def _publish(self, exchange: str, events: list[Event], unfit: list[Unfit]) -> list[Event]:
        """The events from the first on that the broker did not take."""
        for number, event in enumerate(events):
            try:
                await self._try(exchange, event)
            except BadInput as error:
                unfit.append(Unfit(event, error))
            except Unavailable:
                return events[number:]
        return []

    async def _try(self, exchange: str, event: Event) -> None:
        if self._health.ill:
            raise Unavailable("the broker takes nothing now")
        try:
            async with self._health.patience():
                for pause in PAUSES_S:
                    try:
                        return await self._publisher.publish(exchange, event)
                    except Unavailable:
                        await asyncio.sleep(pause)
                return await self._publisher.publish(exchange, event)
        except TimeoutError:
            self._health.failed()
            raise Unavailable("the broker did not take it in time") from None
        except Unavailable:
            self._health.failed()
            raise

    async def _keep(
        self, exchange: str, events: list[Event], line: str, unfit: list[Unfit]
    ) -> None:
        fit = _fit(events, unfit)
        if not fit:
            return
        if self._health.ill:
            self._marks.trouble()
        mark = await self._marks.set(line)
        body = Spooled(exchange, fit).encode()
        name = name_of(mark.stamp, line, body)
        in_s3 = await self._spool.keep(name, body, tenant=fit[0].tenantid, behind_s3=mark.behind_s3)
        await self._marks.kept(mark, in_s3=in_s3)


def _fit(events: Sequence[Event], unfit: list[Unfit]) -> list[Event]:
    """Those that can be written; the others are noted."""
    fit = []
    for event in events:
        try:
            event.encode()
        except BadInput as error:
            unfit.append(Unfit(event, error))
        else:
            fit.append(event)
    return fit
