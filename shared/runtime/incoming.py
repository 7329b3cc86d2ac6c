"""The body of one request: read when it is asked for, within its size, its time and the room.

Whoever asks has decided before that the request is to be answered: route and caller come first.
"""

from __future__ import annotations

import asyncio

from starlette.types import Message, Receive, Scope

from shared.runtime.errors import BodyTooLarge, BodyTooSlow, NotTaken
from shared.runtime.room import HELD, REFUSED, Room, Share


class Incoming:
    """What `request.state.incoming` holds; to the app it is what it receives from."""

    def __init__(
        self, scope: Scope, receive: Receive, *, limit: int, seconds: float, room: Room | None
    ) -> None:
        """`limit`: bytes at most; `seconds` for all of it; without `room` it is not counted."""
        self._declared = _length(scope)
        self._receive = receive
        self._limit = limit
        self._clock = asyncio.Timeout(None)
        self._seconds = seconds
        self._body: bytes | None = None
        self._given = False
        self._share: Share | None = room.share(self._stop) if room is not None else None

    async def receive(self) -> Message:
        """The whole body once, then what the server says further. Raises as `read` does."""
        if self._given:
            return await self._receive()
        body = await self.read()
        self._given = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def read(self, limit: int | None = None) -> bytes:
        """The whole body. `limit`: of a route that takes less than the function does.

        Raises BodyTooLarge; NotTaken when it came too slowly, the client left or there is no room.
        """
        if self._body is None:
            try:
                self._body = await self._read(min(self._limit, limit or self._limit))
            except BodyTooLarge:
                REFUSED.labels("too_large").inc()
                raise
            except NotTaken as error:
                REFUSED.labels(error.reason).inc()
                raise
        return self._body

    def weigh(self, more: int) -> None:
        """Count the memory that is taken, in bytes. Raises NotTaken where there is no room."""
        if self._share is not None:
            self._share.grow(more)

    def close(self) -> None:
        """The request is answered: nothing of it is held any more."""
        self._body = None
        if self._share is not None:
            self._share.leave()

    async def _read(self, limit: int) -> bytes:
        if self._declared > limit:
            raise BodyTooLarge(f"over {limit} bytes")
        try:
            async with asyncio.timeout(self._seconds) as self._clock:
                return await self._pieces(limit)
        except TimeoutError:
            if self._share is not None and self._share.given_way:
                raise NotTaken("too much is in work here", reason="no_room") from None
            words = f"the body took over {self._seconds:g} seconds"
            raise BodyTooSlow(words, reason="too_slow") from None
        finally:
            if self._share is not None:
                self._share.whole()

    async def _pieces(self, limit: int) -> bytes:
        """Of-watchdog sends it chunked: a length that is told is no help."""
        pieces: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise NotTaken("the client left", reason="left")
            piece = message.get("body", b"")
            size += len(piece)
            if size > limit:
                raise BodyTooLarge(f"over {limit} bytes")
            self.weigh(HELD * len(piece))
            pieces.append(piece)
            if not message.get("more_body", False):
                return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _stop(self) -> None:
        """Have `read` end at its next turn."""
        if self._clock.when() is not None and not self._clock.expired():
            self._clock.reschedule(asyncio.get_running_loop().time())


def _length(scope: Scope) -> int:
    told: bytes = next(
        (value for name, value in scope["headers"] if name == b"content-length"), b""
    )
    return int(told) if told.isdigit() else 0
