"""pika's callbacks as futures: one connection, its channels, the topology declared on them.

Publishing and consuming use connections of their own: a blocked publisher must not stop acks.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Iterable
from typing import Any, Self, TypeGuard, TypeVar

from pika import URLParameters
from pika.adapters.asyncio_connection import AsyncioConnection
from pika.exceptions import AMQPError

from shared.messaging.topology import Queue, Topology
from shared.runtime.errors import Unavailable

HEARTBEAT_S = 15
CONNECT_S = 5.0
CLOSE_S = 2.0
PRECONDITION_FAILED = 406

T = TypeVar("T")


class TopologyMismatch(Unavailable):
    """The broker holds an exchange or queue of the same name that is made otherwise."""

    code = "topology_mismatch"


class Backoff:
    """Waits between attempts to connect: doubled up to `most` seconds, with full jitter."""

    def __init__(self, first: float = 0.2, most: float = 5.0) -> None:
        self._first = first
        self._most = most
        self._step = first

    def next(self) -> float:
        """Seconds to wait before the next attempt."""
        step, self._step = self._step, min(self._most, self._step * 2)
        return random.uniform(step / 4, step)  # noqa: S311  # spreads replicas, guards nothing

    def reset(self) -> None:
        """It works again: begin with short waits."""
        self._step = self._first


class Channel:
    """One open channel. `closed` resolves to the reason when it ends, whoever ended it."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self.closed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        raw.add_on_close_callback(self._on_close)

    def _on_close(self, _: Any, reason: BaseException) -> None:
        _settle(self.closed, reason)

    async def call(self, method: str, **arguments: Any) -> Any:
        """One request of the channel and its answer. Raises Unavailable if the channel closes."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        try:
            getattr(self.raw, method)(callback=lambda frame: _settle(answer, frame), **arguments)
        except AMQPError as error:
            raise Unavailable(f"the broker's channel can not be used: {words(error)}") from None
        await _either(answer, self.closed)
        if answer.done():
            return answer.result()
        raise Unavailable(f"the broker closed the channel: {words(self.closed.result())}")

    async def declare(self, topology: Topology) -> None:
        """Declare everything of the topology. Raises TopologyMismatch saying what to do."""
        for exchange in topology.exchanges():
            await self._declare(
                exchange.name,
                self.call(
                    "exchange_declare",
                    exchange=exchange.name,
                    exchange_type=exchange.kind,
                    durable=True,
                ),
            )
        for queue in topology.all_queues():
            await self._declare(queue.name, self._declare_queue(queue))

    async def _declare_queue(self, queue: Queue) -> None:
        await self.call("queue_declare", queue=queue.name, durable=True, arguments=queue.arguments)
        if queue.exchange is not None:
            await self.call(
                "queue_bind",
                queue=queue.name,
                exchange=queue.exchange,
                routing_key=queue.routing_key,
            )

    async def _declare(self, name: str, declaration: Awaitable[Any]) -> None:
        try:
            await declaration
        except Unavailable:
            reason = self.closed.result() if self.closed.done() else None
            if getattr(reason, "reply_code", None) != PRECONDITION_FAILED:
                raise
            raise TopologyMismatch(_advice(name, getattr(reason, "reply_text", ""))) from None


def _advice(name: str, said: str) -> str:
    if name.endswith("PARTITIONS"):
        return (
            f"the broker was laid out for another number of partitions ({said}). Set PARTITIONS to "
            "the current number; or stop the publishers, let all queues run empty, delete them "
            f"and the queue {name}, and start again"
        )
    return (
        f"{name} exists at the broker with other properties ({said}). Let it run empty and delete "
        "it, then start again; or set QUEUE_PREFIX to keep apart from what made it"
    )


class Connection:
    """One open connection. `closed` resolves to the reason; `blocked` is the broker's, or None."""

    def __init__(self, raw: Any) -> None:
        self.raw = raw
        self.blocked: str | None = None
        self.closed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        raw.add_on_close_callback(self._on_close)
        raw.add_on_connection_blocked_callback(self._on_blocked)
        raw.add_on_connection_unblocked_callback(self._on_unblocked)

    @classmethod
    async def open(cls, url: str, name: str) -> Self:
        """Connect; `name` is what the broker's operator sees. Raises Unavailable."""
        logging.getLogger("pika").setLevel(logging.CRITICAL)  # we say it ourselves, once
        opened: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def on_open(raw: Any) -> None:
            _settle(opened, cls(raw))

        def on_error(_: Any, error: BaseException) -> None:
            if not opened.done():
                opened.set_exception(Unavailable(f"the broker can not be reached: {words(error)}"))

        raw = AsyncioConnection(_parameters(url, name), on_open, on_error)
        try:
            connection: Self = await opened
        except asyncio.CancelledError:
            if not (raw.is_closing or raw.is_closed):
                raw.close()
            raise
        return connection

    def _on_close(self, _: Any, reason: BaseException) -> None:
        _settle(self.closed, reason)

    def _on_blocked(self, _: Any, frame: Any) -> None:
        self.blocked = str(frame.method.reason)

    def _on_unblocked(self, *_: Any) -> None:
        self.blocked = None

    async def channel(self) -> Channel:
        """A new channel. Raises Unavailable when the connection ends first."""
        opened: asyncio.Future[Channel] = asyncio.get_running_loop().create_future()
        try:
            self.raw.channel(on_open_callback=lambda raw: _settle(opened, Channel(raw)))
        except AMQPError as error:
            raise Unavailable(f"the broker's connection can not be used: {words(error)}") from None
        await _either(opened, self.closed, CONNECT_S)
        if opened.done():
            return opened.result()
        raise Unavailable("the broker opens no channel")

    async def close(self) -> None:
        """Say good-bye, and wait for the answer a moment. What was not acked goes back in order."""
        if self.raw.is_open:
            self.raw.close()
        await asyncio.wait({self.closed}, timeout=CLOSE_S)


def _parameters(url: str, name: str) -> URLParameters:
    parameters = URLParameters(url)
    parameters.heartbeat = HEARTBEAT_S
    parameters.connection_attempts = 1
    parameters.socket_timeout = CONNECT_S
    parameters.stack_timeout = CONNECT_S
    parameters.blocked_connection_timeout = None
    parameters.client_properties = {"connection_name": name, "product": "Parley"}
    return parameters


def _settle(future: asyncio.Future[T], value: T) -> None:
    if not future.done():
        future.set_result(value)


async def _either(
    first: asyncio.Future[Any], second: asyncio.Future[Any], limit: float | None = None
) -> None:
    await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED, timeout=limit)


def words(error: BaseException) -> str:
    """What pika's exception says, the innermost of those it wraps. Never holds the password."""
    inner: Iterable[object] = getattr(error, "exceptions", None) or error.args
    nested = [item for item in (*inner, getattr(error, "exception", None)) if _is_error(item)]
    if nested:
        return words(nested[-1])
    code, text = getattr(error, "reply_code", None), getattr(error, "reply_text", "")
    return f"{code} {text}" if code is not None else str(error) or type(error).__name__


def _is_error(item: object) -> TypeGuard[BaseException]:
    return isinstance(item, BaseException)
