"""The room for bodies in one process: how many bytes of memory it has for them at a time.

Large ones never take the place of small ones. Where there is no room, the unfinished body that came
first gives way: who sends quickly gets through, whoever holds unfinished ones. 503 says come again.
"""

from __future__ import annotations

from collections.abc import Callable

from shared.runtime.errors import NotTaken
from shared.runtime.metrics import counter

MB = 1024 * 1024
HELD = 2
"""How often a byte of a body counts: as it came and as one piece with the others."""

LARGE = HELD * 64 * 1024
"""Bytes from which a body is a large one; webhooks of both providers have a few thousand."""

FOR_SMALL = 8 * MB
FOR_LARGE = 32 * MB
"""Five whole bodies of 3 MB, or one with all that is read out of it (shared/wire/body.py). They
take twice as much again on their way, so a process of 90 MB stays far below the 256Mi of stack.yml:
tests/security/test_memory.py shows it."""

REFUSED = counter("bodies_refused", "Bodies that were not taken", ("reason",))


class Share:
    """What one request holds of the room."""

    def __init__(self, room: Room, give_way: Callable[[], None]) -> None:
        self.bytes = 0
        self.given_way = False
        self._room = room
        self._give_way = give_way

    @property
    def large(self) -> bool:
        """Whether it counts among the large ones."""
        return self.bytes > LARGE

    def grow(self, more: int) -> None:
        """Hold some bytes more. Raises NotTaken where there is no room."""
        self._room.grow(self, more)

    def whole(self) -> None:
        """The body is read: it does not give way any more."""
        self._room.reading.pop(self, None)

    def leave(self) -> None:
        """Hold nothing any more."""
        self._room.leave(self)

    def give_way(self) -> None:
        """Leave, and have whoever reads it stop."""
        self.given_way = True
        self.leave()
        self._give_way()


class Room:
    """One a process."""

    def __init__(self, for_small: int = FOR_SMALL, for_large: int = FOR_LARGE) -> None:
        self._most = for_small + for_large
        self._for_large = for_large
        self._used = 0
        self._large = 0
        self.reading: dict[Share, None] = {}  # the oldest first

    def share(self, give_way: Callable[[], None]) -> Share:
        """A share that holds nothing yet. `give_way`: stops the reading of its body."""
        share = Share(self, give_way)
        self.reading[share] = None
        return share

    def grow(self, share: Share, more: int) -> None:
        """Count some bytes more for a share. Raises NotTaken where there is no room."""
        while not self._fits(share, more):
            oldest = self._oldest(large=share.bytes + more > LARGE)
            if oldest is None or oldest is share:
                raise NotTaken("too much is in work here", reason="no_room")
            oldest.give_way()
        self._count(share, share.bytes + more)

    def leave(self, share: Share) -> None:
        """Forget a share."""
        self.reading.pop(share, None)
        self._count(share, 0)

    def _fits(self, share: Share, more: int) -> bool:
        if self._used + more > self._most:
            return False
        wanted = share.bytes + more
        held = self._large - (share.bytes if share.large else 0)
        return wanted <= LARGE or held + wanted <= self._for_large

    def _oldest(self, *, large: bool) -> Share | None:
        """The unfinished body that came first; for a large one, among the large ones."""
        return next((one for one in self.reading if one.bytes and (one.large or not large)), None)

    def _count(self, share: Share, size: int) -> None:
        self._used += size - share.bytes
        if share.large:
            self._large -= share.bytes
        share.bytes = size
        if share.large:
            self._large += size
