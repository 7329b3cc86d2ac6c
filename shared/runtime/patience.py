"""What the server itself stands from a client: little, and not for long.

One request at a time on a connection, whose every state has an end: its headers, the answer that
nobody reads, the end itself. What is answered before its body was whole says `Connection: close`.

What came too slowly, was cut off or was broken on its way is answered 503: nothing was done, and a
webhook's sender repeats a 5xx, while it takes a 4xx as our last word (contracts/genesys.md c4).
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.runtime.closing import Closing
from shared.runtime.metrics import counter

HEADERS_S = 10.0  # from the first byte of a request, or from the connection, to the last header
MAX_HEADER_BYTES = 32 * 1024  # that bring no body; nginx takes 32 KB of headers, Node.js 16
MAX_HEADERS = 100  # as Apache's LimitRequestFields
MAX_CONNECTIONS = 512
"""Beyond them the one that waits longest for a request gives way. Each may hold its headers, and
128 KB of a body that nobody has asked for yet."""
RECEIVED = 32 * 1024
"""Bytes that the kernel holds for us, which it doubles: what one read may bring."""

ENDED = counter("connections_ended", "Connections that the server ended early", ("reason",))

_END = b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_AGAIN = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1" + _END
_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large" + _END


class _NoMoreError(Exception):
    """Leaves the parser: nothing further of this connection is read."""


class PatientProtocol(HttpToolsProtocol):
    """One connection."""

    seconds = HEADERS_S
    most = MAX_CONNECTIONS
    closing: type[Closing] = Closing
    transport: Any
    cycle: Any  # None before the first request, whatever its type says
    _clock: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _waiting = True  # headers are not whole yet
    _since = 0.0  # when it began to wait for a request
    _whole = True  # the body of the last request has come
    _behind = False  # a further request came before the answer to this one
    _bytes = 0  # since the last that ended headers or brought a body
    _moved_on = False  # so did the bytes that came last
    _lines = 0  # headers, or what follows a body like them

    def connection_made(self, transport: Any) -> None:
        """The client has `seconds` for its first headers."""
        closing: Any = self.closing(transport, self.loop, self._still_sends)
        super().connection_made(closing)
        self.app = self._told_early(self.app)
        kernel = transport.get_extra_info("socket")
        kernel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVED)
        self._since = self.loop.time()
        self._await_headers()
        if len(self.connections) > self.most:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._stop_clock()
        self.resume_writing()
        self.transport.lost()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of headers are counted, and all others that bring no body."""
        if self._behind or self.transport.is_closing():
            self.transport.throw_away(data)
            return
        if self._waiting and self._clock is None and not self._in_work():
            self._await_headers()
        self._moved_on = False
        super().data_received(data)
        if not self._moved_on:
            self._bytes += len(data)
            if self._bytes > MAX_HEADER_BYTES:
                self._refuse(_LARGE, "large")

    def eof_received(self) -> None:
        """The client sends no more; of a request that it did not end it may still read this."""
        if not self._waiting or self._bytes:
            self._refuse(_AGAIN, "cut_off")

    def send_400_response(self, msg: str) -> None:
        """Bytes that are no HTTP. In a body they were broken on their way: headers were good."""
        if self._behind or self.transport.is_closing():
            return
        if self._waiting:
            ENDED.labels("not_http").inc()
            super().send_400_response(msg)
        else:
            self._refuse(_AGAIN, "broken")

    def on_message_begin(self) -> None:
        """A further request on the same connection begins.

        One that does not wait for the answer to the last is not read: the answer is the last one.
        """
        if self._in_work():
            ENDED.labels("behind").inc()
            self._behind = True
            self.cycle.keep_alive = False
            self.flow.pause_reading()
            raise _NoMoreError
        super().on_message_begin()
        self._lines = 0
        if self._clock is None:
            self._await_headers()

    def on_header(self, name: bytes, value: bytes) -> None:
        """So many at most, also of those that follow a body, which are no headers."""
        self._lines += 1
        if self._lines > MAX_HEADERS:
            self._refuse(_LARGE, "large")
            raise _NoMoreError
        if self._waiting:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """From here on the host is in charge."""
        self._stop_clock()
        self._waiting, self._whole, self._bytes, self._moved_on = False, False, 0, True
        self._lines = 0
        super().on_headers_complete()
        if self.parser.should_upgrade():  # to nothing that we speak
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """The host counts them."""
        self._bytes, self._moved_on = 0, True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """What follows are headers again."""
        self._waiting = self._whole = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """From here it waits for the next request."""
        self._since = self.loop.time()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """The client does not read what we write."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self.closing.unread_seconds, self._give_up)

    def resume_writing(self) -> None:
        """It does."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _unsupported_upgrade_warning(self) -> None:
        """A stranger's wish is no event."""

    def _told_early(self, app: ASGIApp) -> ASGIApp:
        """The app, whose answers to what has not come whole are the connection's last."""

        async def told_early(scope: Scope, receive: Receive, send: Send) -> None:
            cycle = self.cycle

            async def sending(message: Message) -> None:
                if cycle.more_body and message["type"] == "http.response.start":
                    cycle.keep_alive = False
                await send(message)

            await app(scope, receive, sending)

        return told_early

    def _in_work(self) -> bool:
        """Whether a request is not answered yet."""
        return self.cycle is not None and not self.cycle.response_complete

    def _still_sends(self) -> bool:
        return self._behind or not self._whole or self._bytes > 0

    def _make_room(self) -> None:
        """Close the connection that waits longest for a request, this one where none waits."""
        ENDED.labels("crowd").inc()
        others: list[Any] = [one for one in self.connections if one is not self]
        waiting = [one for one in others if one.gives_way()]
        longest = min(waiting, key=lambda one: one.waits_since, default=self)
        longest.give_way()

    @property
    def waits_since(self) -> float:
        """When it began to wait for a request, by the loop's clock."""
        return self._since

    def gives_way(self) -> bool:
        """Whether it only waits for a request."""
        return self._waiting and not self._in_work() and not self.transport.is_closing()

    def give_way(self) -> None:
        """End it for another one."""
        if self._bytes or self.cycle is None:
            self._refuse(_AGAIN, "slow")
        else:
            self.transport.close()

    def _await_headers(self) -> None:
        self._waiting = True
        self._clock = self.loop.call_later(self.seconds, self._refuse, _AGAIN, "slow")

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _give_up(self) -> None:
        ENDED.labels("unread").inc()
        self.transport.abort()

    def _refuse(self, answer: bytes, reason: str) -> None:
        self._stop_clock()
        if self.transport.is_closing():
            return
        ENDED.labels(reason).inc()
        if not self._in_work():
            self.transport.write(answer)
        else:
            if not self.cycle.response_started:
                self.transport.write(answer)
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()
