"""Brings what waits in the spool to the queues: in order, confirmed, deleted after the confirm.

One connector sweeps at a time. What is published twice, because of a crash before the deletion, is
told once further on: events have fixed ids. Nothing that can not be published blocks the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from connector import counts
from connector.lease import Lease
from shared.messaging.amqp import Backoff
from shared.messaging.marks import Upkeep, member
from shared.messaging.publisher import Publisher
from shared.messaging.spool import Name, Spooled
from shared.messaging.spooled import InPostgres, InS3, Waiting
from shared.runtime.errors import BadInput, Unavailable
from shared.runtime.logging import logger
from shared.runtime.periodic import every

log = logger()

LOOK_AT = 10_000  # names at once; more are counted when these are gone
AT_ONCE = 256  # objects that are read, published, then deleted together
LINES = 32  # side by side; within one, one after the other
IN_FLIGHT_S = 30.0  # a mark without an object may be of one that is being written
AWAY_S = 3.0  # between tries while the broker is away, at most
LOOK_EVERY_S = 10.0  # for the numbers alone, meanwhile
LAST_S = 5.0  # at the end of the process, to finish what is in hand


@dataclass(frozen=True)
class Item:
    """What waits under one name: in S3, in PostgreSQL, or by a race in both."""

    text: str
    name: Name | None  # None: nothing of ours
    in_s3: bool
    row: Waiting | None

    @property
    def line(self) -> str:
        """What it must stay in order with."""
        return self.text if self.name is None else self.name.line


@dataclass(frozen=True)
class Look:
    """All that waits, in order. `whole`: nothing was left out; `s3_away`: S3 did not answer."""

    items: list[Item]
    whole: bool
    s3_away: bool

    def members(self) -> set[str]:
        """The marks that should stand."""
        return {member(i.name.line, i.name.stamp) for i in self.items if i.name is not None}


@dataclass
class Tally:
    """What a sweep did. `stuck`: lines that must wait for the next one."""

    published: int = 0
    aside: int = 0
    stuck: set[str] = field(default_factory=set)
    trouble: str | None = None

    @property
    def well(self) -> bool:
        """Nothing was left that could have gone."""
        return not (self.trouble or self.stuck)


class Sweeper:
    """Empties the spool whenever the broker takes events."""

    def __init__(
        self, in_s3: InS3, in_rows: InPostgres, publisher: Publisher, marks: Upkeep
    ) -> None:
        self._s3 = in_s3
        self._rows = in_rows
        self._publisher = publisher
        self._marks = marks
        self.waiting = 0  # objects, when it last looked
        self._looked = float("-inf")
        self._stopping = asyncio.Event()
        self._in_hand = asyncio.Lock()

    async def run(self, lease: Lease, seconds: float) -> None:
        """Sweep while the lease is ours, until `finish` or cancelled."""
        backoff = Backoff(first=seconds, most=AWAY_S)
        pause = seconds

        async def turn() -> None:
            nonlocal pause
            pause = backoff.next()
            if await self._turn(lease):
                backoff.reset()
                pause = seconds

        await every(lambda: pause, turn, "sweep", at_once=True)

    async def _turn(self, lease: Lease) -> bool:
        """Sweep once, if it is ours to do. True when nothing was left that could have gone."""
        async with self._in_hand:
            if self._stopping.is_set():
                return True
            if not lease.mine:
                counts.show_spool({}, None)
                return True
            return (await self.sweep()).well

    async def finish(self) -> None:
        """Begin nothing more, and wait for what is in hand: published and deleted."""
        self._stopping.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_S), self._in_hand:
                return

    async def sweep(self) -> Tally:
        """Publish what waits. Raises Unavailable when nothing could be looked at."""
        tally = Tally()
        try:
            await self._publisher.ping()
        except Unavailable as error:
            tally.trouble = error.detail
            if time.monotonic() - self._looked > LOOK_EVERY_S:
                await self.look()
            return tally
        look = await self.look()
        await self._upkeep(look)
        if not look.items:
            return tally
        began = time.monotonic()
        log.info("sweep_began", extra={"waiting": len(look.items), "s3_away": look.s3_away})
        for start in range(0, len(look.items), AT_ONCE):
            if tally.trouble is None and not self._stopping.is_set():
                await self._batch(look.items[start : start + AT_ONCE], look, tally)
        log.info(
            "sweep_ended",
            extra={
                "published": tally.published,
                "aside": tally.aside,
                "left": len(look.items) - tally.published - tally.aside,
                "seconds": round(time.monotonic() - began, 2),
                "detail": tally.trouble,
            },
        )
        return tally

    async def look(self) -> Look:
        """Everything that waits, S3's and PostgreSQL's by one order. S3 may be away."""
        self._looked = time.monotonic()
        rows = {row.name: row for row in await self._rows.names(LOOK_AT)}
        try:
            objects = {one.name for one in await self._s3.names(LOOK_AT)}
            away = False
        except Unavailable:
            objects, away = set(), True
        # Of a list that was cut off nothing is known behind its end, nor of the other's there.
        cut = [max(some) for some in (rows.keys(), objects) if len(some) >= LOOK_AT]
        names = sorted(n for n in rows.keys() | objects if not cut or n <= min(cut))
        items = [Item(name, Name.read(name), name in objects, rows.get(name)) for name in names]
        self.waiting = len(items)
        oldest = next((item.name.stamp for item in items if item.name is not None), None)
        counts.show_spool({"s3": len(objects), "postgresql": len(rows)}, oldest)
        return Look(items, whole=not cut, s3_away=away)

    async def _upkeep(self, look: Look) -> None:
        """Marks for what lies there, and none for what does not."""
        wanted = look.members()
        try:
            await self._marks.restore(wanted)
            if not look.whole or look.s3_away:
                return
            before = time.time() - IN_FLIGHT_S
            stale = [
                mark
                for mark in await self._marks.all(LOOK_AT)
                if mark not in wanted and _moment(mark) < before
            ]
            await self._marks.clear(stale)
        except Unavailable:  # without Redis each door keeps the order of its own
            return

    async def _batch(self, items: Sequence[Item], look: Look, tally: Tally) -> None:
        lines: dict[str, list[Item]] = defaultdict(list)
        for item in items:
            lines[item.line].append(item)
        bodies = await self._bodies(items)
        slots = asyncio.Semaphore(LINES)

        async def sweep_line(line: str) -> list[Item]:
            async with slots:
                return await self._line(lines[line], bodies, look, tally)

        gone = [
            item
            for line in await asyncio.gather(*(sweep_line(line) for line in lines))
            for item in line
        ]
        await self._remove(gone)
        tally.published += len(gone)

    async def _bodies(self, items: Sequence[Item]) -> dict[str, bytes]:
        rows = await self._rows.bodies([item.text for item in items if item.row is not None])
        objects = [item.text for item in items if item.in_s3 and item.text not in rows]
        return rows | await self._s3.bodies(objects)

    async def _line(
        self, items: Sequence[Item], bodies: dict[str, bytes], look: Look, tally: Tally
    ) -> list[Item]:
        """Publish one line's, in order, as far as it goes. Those that are published or gone."""
        gone: list[Item] = []
        for item in items:
            if item.line in tally.stuck or (look.s3_away and item.row and item.row.behind_s3):
                tally.stuck.add(item.line)
                return gone
            try:
                if await self._bring(item, bodies.get(item.text), tally):
                    gone.append(item)
            except Unavailable as error:
                tally.stuck.add(item.line)
                tally.trouble = error.detail
                return gone
        return gone

    async def _bring(self, item: Item, body: bytes | None, tally: Tally) -> bool:
        """Publish it, or set it aside. False when it is no longer the sweeper's to delete."""
        if body is None:  # another sweeper was faster
            return True
        try:
            spooled = _read(item, body)
            for event in spooled.events:
                await self._publisher.publish(spooled.exchange, event)
                counts.SWEPT.inc()
        except BadInput as error:
            await self._set_aside(item, body, error.detail, tally)
            return False
        return True

    async def _set_aside(self, item: Item, body: bytes, reason: str, tally: Tally) -> None:
        if item.in_s3:
            await self._s3.set_aside(item.text, body, reason)
        if item.row is not None:
            await self._rows.set_aside(item.text, body, reason)
        tally.aside += 1
        counts.SPOOL_ASIDE.inc()
        log.error("spool_set_aside", extra={"object": item.text, "detail": reason})

    async def _remove(self, gone: Sequence[Item]) -> None:
        await self._rows.remove([item.text for item in gone if item.row is not None])
        await self._s3.remove([item.text for item in gone if item.in_s3])
        try:
            await self._marks.clear(
                member(item.name.line, item.name.stamp) for item in gone if item.name is not None
            )
        except Unavailable:  # they are stale after a while, and cleared then
            return


def _read(item: Item, body: bytes) -> Spooled:
    """What is to be published. Raises BadInput: it never can be."""
    if item.name is None:
        raise BadInput("its name is not that of a spooled object")
    return Spooled.decode(body)


def _moment(mark: str) -> float:
    """Unix seconds of a mark's stamp; one that can not be read is old."""
    digits = mark.rpartition("/")[2]
    return int(digits) / 1_000_000 if digits.isdigit() else 0.0
