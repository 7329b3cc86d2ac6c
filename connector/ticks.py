"""What time brings: waits that end, and queues that have parked rows but nobody stirs.

A consumer learns that it is a queue's active one from a delivery. A quiet queue with rows is sent a
tick: whoever is active swallows it, and drains.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence

from connector import counts
from connector.park import Park, QueueRows
from connector.route import Route
from connector.worker import Worker
from shared.messaging.publisher import Publisher
from shared.messaging.topology import Topology
from shared.runtime.errors import ParleyError
from shared.runtime.logging import describe, logger

log = logger()

TICK = "parley.tick.v1"
STEP_S = 0.1


async def pass_time(routes: Sequence[Route]) -> None:
    """Let every route look at the clock, until cancelled."""
    while True:
        await asyncio.sleep(STEP_S)
        for route in routes:
            try:
                route.tick()
            except Exception as error:  # noqa: BLE001  # time has to go on
                log.error("tick_failed", extra={"exchange": route.exchange} | describe(error))


class Ticker:
    """Looks after the parked rows of all queues, every few seconds."""

    def __init__(
        self, routes: Sequence[Route], park: Park, publisher: Publisher, topology: Topology
    ) -> None:
        self._routes = routes
        self._park = park
        self._publisher = publisher
        self._topology = topology

    async def run(self, every: float) -> None:
        """Look every `every` seconds, until cancelled."""
        while True:
            await asyncio.sleep(every)
            try:
                await self.look()
            except ParleyError as error:
                log.warning("look_failed", extra={"detail": error.detail})
            except Exception as error:  # noqa: BLE001  # quiet queues need the next look
                log.error("look_failed", extra=describe(error))

    async def look(self) -> None:
        """Stir the quiet queues that have rows, and learn keys that another connector parked."""
        rows = {queue.queue: queue for queue in await self._park.overview()}
        for route in self._routes:
            total = 0
            workers = {worker.queue: worker for worker in route.workers}
            for number, queue in enumerate(self._topology.queues(route.exchange)):
                if queue in rows and queue in workers:
                    total += rows[queue].total
                    await self._stir(route.exchange, number, workers[queue], rows[queue])
            counts.PARKED_ROWS.labels(route.exchange).set(total)

    async def _stir(self, exchange: str, number: int, worker: Worker, rows: QueueRows) -> None:
        if not worker.active:
            if rows.due:
                await self._publisher.send(
                    exchange, str(number), b"", message_id=str(uuid.uuid4()), type=TICK
                )
        elif not worker.window.has_parked():
            await worker.adopt()
