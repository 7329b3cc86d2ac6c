"""A connection's transport that hears a client out before it closes, for a moment.

Closed while the client still sends, it would be reset, and the client might lose its answer: so
the answer is ended first and what still comes is thrown away (RFC 9112, 9.6).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

HEARD_OUT_S = 2.0  # for a client that still sends
HEARD_OUT_BYTES = 4 * 1024 * 1024  # a whole body of 3 MB is thrown away
UNREAD_S = 30.0  # for a client to read its answer


class Closing:
    """A transport in all that the server uses; `close` alone does more."""

    unread_seconds = UNREAD_S
    heard_out_seconds = HEARD_OUT_S

    def __init__(
        self, transport: Any, loop: asyncio.AbstractEventLoop, still_sends: Callable[[], bool]
    ) -> None:
        """`still_sends`: whether the client has not come to the end of what it sends."""
        self._transport = transport
        self._loop = loop
        self._still_sends = still_sends
        self._begun = False
        self._clock: asyncio.TimerHandle | None = None
        self._left = HEARD_OUT_BYTES

    def __getattr__(self, name: str) -> Any:
        """All else is the transport's own."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Nothing is written behind the end."""
        if not self._begun:
            self._transport.write(data)

    def is_closing(self) -> bool:
        """Whether its end has begun."""
        return self._begun or bool(self._transport.is_closing())

    def close(self) -> None:
        """End it: once all is written and the client is heard out, or its time is over."""
        if self._begun:
            return
        self._begun = True
        unwritten = self._transport.get_write_buffer_size() > 0
        if self._still_sends() and not self._transport.is_closing():
            self._transport.write_eof()
            self._transport.resume_reading()
        else:
            self._transport.close()
        seconds = self.unread_seconds if unwritten else self.heard_out_seconds
        self._clock = self._loop.call_later(seconds, self._transport.abort)

    def throw_away(self, data: bytes) -> None:
        """What comes behind the end; not without end."""
        self._left -= len(data)
        if self._left < 0:
            self._transport.abort()

    def lost(self) -> None:
        """The connection is gone."""
        self._begun = True
        if self._clock is not None:
            self._clock.cancel()
