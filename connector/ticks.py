"""What time brings: waits that end, and queues that have parked rows but nobody stirs.

A consumer learns that it is a queue's active one from a delivery. A quiet queue with rows is sent a
tick: whoever is active swallows it, and drains.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from connector import counts
from connector.park import Park, QueueRows
from connector.route import Route
from connector.worker import Worker
from shared.messaging.publisher import Publisher
from shared.messaging.topology import Topology
from shared.runtime.periodic import background, every

TICK = "parley.tick.v1"
STEP_S = 0.1


@asynccontextmanager
async def passing_time(routes: Sequence[Route]) -> AsyncIterator[None]:
    """Let every route look at the clock for the length of the block, whatever another one does."""
    async with AsyncExitStack() as stack:
        for route in routes:
            await stack.enter_async_context(background(_pass_time(route)))
        yield


async def _pass_time(route: Route) -> None:
    async def tick() -> None:
        route.tick()

    await every(STEP_S, tick, f"ticks of {route.exchange}")


class Ticker:
    """Looks after the parked rows of all queues, every few seconds."""

    def __init__(
        self, routes: Sequence[Route], park: Park, publisher: Publisher, topology: Topology
    ) -> None:
        self._routes = routes
        self._park = park
        self._publisher = publisher
        self._topology = topology

    async def run(self, seconds: float) -> None:
        """Look every `seconds`, until cancelled."""
        await every(seconds, self.look, "parked rows")

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
