"""The broker's edge: consumes every partition of the routes, on a connection of its own.

Rule: never nack with requeue (it scrambles the order), never cancel a consumer that holds unacked
messages (the next one overtakes). Stopping is finishing, acking and closing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from connector.route import Route
from connector.ticks import TICK
from connector.worker import Worker
from shared.messaging.amqp import Backoff, Channel, Connection, words
from shared.messaging.topology import Topology
from shared.runtime.errors import Unavailable
from shared.runtime.logging import logger
from shared.runtime.periodic import every

log = logger()


class Consumer:
    """Consumes until cancelled; connects again whenever the connection or a channel is lost."""

    def __init__(
        self, url: str, topology: Topology, routes: Sequence[Route], *, prefetch: int, name: str
    ) -> None:
        """`prefetch`: unacked messages a queue."""
        self._url = url
        self._topology = topology
        self._routes = routes
        self._prefetch = prefetch
        self._name = name
        self._why: str | None = "the broker was not reached yet"

    async def ping(self) -> None:
        """Raise Unavailable while no queue is consumed."""
        if self._why is not None:
            raise Unavailable(self._why)

    async def run(self) -> None:
        """Consume. Cancel it after the routes have stopped."""
        backoff = Backoff()

        async def consume() -> None:
            try:
                await self._connected(backoff)
            except Unavailable as error:
                self._note(error.detail)

        await every(backoff.next, consume, "consumer", at_once=True)

    def _note(self, why: str) -> None:
        if why != self._why:  # once, not at every attempt
            log.warning("not_consuming", extra={"detail": why})
        self._why = why

    async def _connected(self, backoff: Backoff) -> None:
        connection = await Connection.open(self._url, self._name)
        workers: list[tuple[Route, Worker]] = []
        try:
            await (await connection.channel()).declare(self._topology)
            channels = [await self._consume(connection, route, workers) for route in self._routes]
            self._why = None
            backoff.reset()
            log.info("consuming", extra={"queues": len(workers)})
            ends = [connection.closed, *(channel.closed for channel in channels)]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            reason = next(end.result() for end in ends if end.done())
            raise Unavailable(f"consuming ended: {words(reason)}")
        finally:
            self._why = self._why or "the connection was lost"
            for route, worker in workers:
                route.leave(worker)
            await connection.close()

    async def _consume(
        self, connection: Connection, route: Route, workers: list[tuple[Route, Worker]]
    ) -> Channel:
        """One channel for all queues of a route; the prefetch counts for each queue."""
        channel = await connection.channel()
        await channel.call("basic_qos", prefetch_count=self._prefetch)
        # The queue was deleted, or its node left: begin anew, which declares it again.
        link = _Link(channel)
        channel.raw.add_on_cancel_callback(lambda _: link.drop())
        for queue in self._topology.queues(route.exchange):
            worker = route.work(queue, link)
            workers.append((route, worker))
            await channel.call(
                "basic_consume", queue=queue, on_message_callback=_on_message(worker)
            )
        return channel


class _Link:
    """A channel as its workers know it."""

    def __init__(self, channel: Channel) -> None:
        self._raw = channel.raw

    def ack(self, tag: int) -> None:
        """Acknowledge; on a closed channel it is redelivered, and the claim says "duplicate"."""
        if self._raw.is_open:
            self._raw.basic_ack(tag)

    def drop(self) -> None:
        """Close the channel."""
        if self._raw.is_open:
            self._raw.close()


def _on_message(worker: Worker) -> Callable[[Any, Any, Any, bytes], None]:
    def on_message(_channel: Any, method: Any, properties: Any, body: bytes) -> None:
        if properties.type == TICK:
            worker.on_tick(method.delivery_tag)
            return
        count = (properties.headers or {}).get("x-delivery-count")
        deliveries = count if isinstance(count, int) else 0  # a publisher may have set anything
        worker.on_delivery(method.delivery_tag, body, deliveries)

    return on_message
