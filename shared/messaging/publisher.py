"""Publishing: persistent, mandatory, confirmed within a time limit, on a connection of its own.

Rule: `publish` returns only when a queue holds the event, else it raises Unavailable. The event may
be stored all the same when the confirm was lost: repeating is safe, its id is the idempotency key.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from hashlib import sha256
from typing import Any, Self

from pika import BasicProperties
from pika.exceptions import AMQPError
from pika.spec import Basic
from pydantic import SecretStr

from shared.messaging.amqp import Backoff, Channel, Connection, words
from shared.messaging.confirms import Confirms
from shared.messaging.envelope import CONTENT_TYPE, Event
from shared.messaging.topology import ERROR_EVENTS, Topology
from shared.runtime.errors import Unavailable
from shared.runtime.logging import logger
from shared.runtime.periodic import background, every

log = logger()

CONFIRM_S = 3.0
IN_FLIGHT = 512
FIRST_CONNECT_S = 2.0  # how long `open` waits for the first attempt; it never fails for it
PING_S = 1.0
_SHORTSTR_BYTES = 255  # AMQP 0-9-1, 4.2.5.3
_EXPIRE_EVERY_S = 0.1


class Publisher:
    """Publishes events; connects, and connects again, in the background. One a process."""

    def __init__(
        self,
        url: str | SecretStr,
        topology: Topology | None = None,
        *,
        name: str = "parley publisher",
        confirm_seconds: float = CONFIRM_S,
        in_flight: int = IN_FLIGHT,
    ) -> None:
        """Use `open`. `in_flight` bounds the publishes that wait for their confirm."""
        self._url = url.get_secret_value() if isinstance(url, SecretStr) else url
        self._topology = topology or Topology()
        self._name = name
        self._limit = confirm_seconds
        self._slots = asyncio.Semaphore(in_flight)
        self._connection: Connection | None = None
        self._channel: Channel | None = None
        self._confirms = Confirms()
        self._tried = asyncio.Event()
        self._why = "it was not reached yet"

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls, url: str | SecretStr, topology: Topology | None = None, **options: Any
    ) -> AsyncIterator[Self]:
        """A publisher for the length of the block. Does not fail when the broker is away."""
        publisher = cls(url, topology, **options)
        async with background(publisher._run()):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(publisher._tried.wait(), FIRST_CONNECT_S)
            yield publisher

    async def publish(self, exchange: str, event: Event) -> None:
        """Hand one event to its partition's queue. Raises Unavailable, or BadInput of `encode`."""
        key = self._topology.routing_key(event.partitionkey)
        await self.send(exchange, key, event.encode(), message_id=event.id, type=event.type)

    async def send(
        self,
        exchange: str,
        routing_key: str,
        body: bytes,
        *,
        message_id: str,
        **properties: str | Mapping[str, Any],
    ) -> None:
        """Publish bytes as they are, with AMQP properties such as `type` and `headers`."""
        message_id = _short(message_id)
        stated = BasicProperties(
            content_type=CONTENT_TYPE, delivery_mode=2, message_id=message_id, **properties
        )
        deadline = asyncio.get_running_loop().time() + self._limit
        await self._take_slot()
        try:
            channel = self._usable()
            try:
                channel.raw.basic_publish(
                    self._topology.exchange(exchange), routing_key, body, stated, mandatory=True
                )
            except AMQPError as error:
                raise Unavailable(f"the broker can not be written to: {words(error)}") from None
            await self._confirms.sent(message_id, deadline)
        finally:
            self._slots.release()

    async def _take_slot(self) -> None:
        if not self._slots.locked():
            await self._slots.acquire()
            return
        try:
            await asyncio.wait_for(self._slots.acquire(), self._limit)
        except TimeoutError:
            raise Unavailable("the broker confirms too slowly: the waiting room is full") from None

    def _usable(self) -> Channel:
        if self._connection is None or self._channel is None or not self._channel.raw.is_open:
            raise Unavailable(f"the broker is not connected: {self._why}")
        if self._connection.blocked is not None:
            raise Unavailable(f"the broker takes no messages now: {self._connection.blocked}")
        return self._channel

    async def ping(self) -> None:
        """Ask the broker for an exchange of ours. Raises Unavailable."""
        errors = self._topology.exchange(ERROR_EVENTS)
        try:
            async with asyncio.timeout(PING_S):
                await self._usable().call("exchange_declare", exchange=errors, passive=True)
        except TimeoutError:
            raise Unavailable(f"the broker did not answer in {PING_S:g} s") from None

    async def waiting(self, exchange: str) -> int:
        """How many messages are ready in an exchange's queues. Raises Unavailable."""
        total = 0
        try:
            async with asyncio.timeout(PING_S * 5):
                for queue in self._topology.queues(exchange):
                    told = await self._usable().call("queue_declare", queue=queue, passive=True)
                    total += told.method.message_count
        except TimeoutError:
            raise Unavailable("the broker does not say what its queues hold") from None
        return total

    async def _run(self) -> None:
        """Connect and publish until cancelled; what goes wrong is said and tried again."""
        backoff = Backoff()

        async def serve() -> None:
            try:
                await self._connected(backoff)
            except Unavailable as error:
                self._note(error.detail)
            finally:
                self._tried.set()

        await every(backoff.next, serve, "publisher", at_once=True)

    def _note(self, why: str) -> None:
        if why != self._why:  # once, not at every attempt
            log.warning("broker_unavailable", extra={"client": self._name, "detail": why})
        self._why = why
        self._tried.set()

    async def _connected(self, backoff: Backoff) -> None:
        self._connection = connection = await Connection.open(self._url, self._name)
        try:
            while not connection.closed.done():
                await self._serve(await connection.channel(), backoff)
                await asyncio.sleep(backoff.next())
            raise Unavailable(f"the connection was lost: {words(connection.closed.result())}")
        finally:
            self._connection = None
            await connection.close()

    async def _serve(self, channel: Channel, backoff: Backoff) -> None:
        """Let callers publish on this channel until it closes."""
        await channel.declare(self._topology)
        self._confirms = confirms = Confirms()
        channel.raw.add_on_return_callback(
            lambda _channel, _method, properties, _body: confirms.returned(properties.message_id)
        )
        await channel.call(
            "confirm_delivery", ack_nack_callback=lambda frame: _answer(confirms, frame.method)
        )
        self._channel = channel
        backoff.reset()
        self._tried.set()
        log.info("publisher_connected", extra={"client": self._name})
        try:
            await _expire_until_closed(confirms, channel)
            self._note(f"the channel was closed: {words(channel.closed.result())}")
        finally:
            self._channel = None
            confirms.fail_all("the connection to the broker was lost before it confirmed")


async def _expire_until_closed(confirms: Confirms, channel: Channel) -> None:
    loop = asyncio.get_running_loop()
    while not channel.closed.done():
        await asyncio.wait({channel.closed}, timeout=_EXPIRE_EVERY_S)
        confirms.expire(loop.time())


def _answer(confirms: Confirms, method: Any) -> None:
    stored = isinstance(method, Basic.Ack)
    confirms.answered(method.delivery_tag, multiple=method.multiple, stored=stored)


def _short(message_id: str) -> str:
    """The id as AMQP can carry it: a longer one by its hash."""
    encoded = message_id.encode()
    return message_id if len(encoded) <= _SHORTSTR_BYTES else sha256(encoded).hexdigest()
