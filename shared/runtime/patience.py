"""What the server itself stands from a client before there is a request: little, and not for long.

uvicorn begins no clock before the first answer, and its fast parser sets no bound to headers: one
who sends a byte a minute, or headers without an end, would hold a connection and memory for ever.

What came too slowly, was cut off or was broken on its way is answered 503: nothing was done, and a
webhook's sender repeats a 5xx, while it takes a 4xx as our last word (contracts/genesys.md c4).
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADERS_S = 10.0  # from the first byte of a request, or from the connection, to the last header
MAX_HEADER_BYTES = 64 * 1024

_END = b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_AGAIN = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1" + _END
_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large" + _END


class PatientProtocol(HttpToolsProtocol):
    """One connection, whose headers must come whole within some seconds and bytes."""

    seconds = HEADERS_S
    _clock: asyncio.TimerHandle | None = None
    _waiting = True  # headers are not whole yet
    _bytes = 0
    _moved_on = False  # headers were whole within the bytes that came last

    def connection_made(self, transport: Any) -> None:
        """The client has `seconds` for its first headers."""
        super().connection_made(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is awaited any more."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of headers are counted; of bodies the host counts them."""
        counted = self._waiting
        if counted and self._clock is None:
            self._await_headers()
        self._moved_on = False
        super().data_received(data)
        # A request that came whole in one piece awaits the next one: its body is no header.
        if counted and self._waiting and not self._moved_on:
            self._bytes += len(data)
            if self._bytes > MAX_HEADER_BYTES:
                self._refuse(_LARGE)

    def eof_received(self) -> None:
        """The client sends no more; of a request that it did not end it may still read this."""
        if not self._waiting or self._bytes:
            self._refuse(_AGAIN)

    def send_400_response(self, msg: str) -> None:
        """Bytes that are no HTTP. In a body they were broken on their way: headers were good."""
        if self._waiting:
            super().send_400_response(msg)
        else:
            self._refuse(_AGAIN)

    def on_message_begin(self) -> None:
        """A further request on the same connection begins."""
        super().on_message_begin()
        if self._clock is None:
            self._await_headers()

    def on_headers_complete(self) -> None:
        """From here on the host is in charge."""
        self._stop_clock()
        self._waiting, self._bytes, self._moved_on = False, 0, True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """What follows are headers again."""
        self._waiting = True
        super().on_message_complete()

    def _await_headers(self) -> None:
        self._waiting = True
        self._clock = self.loop.call_later(self.seconds, self._refuse, _AGAIN)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _refuse(self, answer: bytes) -> None:
        self._stop_clock()
        if self.transport.is_closing():
            return
        cycle: Any = self.cycle  # None before the first request, whatever its type says
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(answer)
        self.transport.close()
