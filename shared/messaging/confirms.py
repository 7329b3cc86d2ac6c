"""Which publishes the broker has answered for: stored, returned, refused, or silent too long.

A message that no queue takes is returned first and acked after: the return decides.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

from shared.runtime.errors import Unavailable


@dataclass(slots=True)
class _Pending:
    future: asyncio.Future[None]
    message_id: str
    deadline: float


class Confirms:
    """The confirms of one channel. Times are the event loop's, in seconds."""

    def __init__(self) -> None:
        self._pending: dict[int, _Pending] = {}  # in the order of their tags
        self._returned: Counter[str] = Counter()
        self._last_tag = 0

    def __len__(self) -> int:
        return len(self._pending)

    def sent(self, message_id: str, deadline: float) -> asyncio.Future[None]:
        """Note the next publish of the channel; its future fails with Unavailable."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._last_tag += 1
        self._pending[self._last_tag] = _Pending(future, message_id, deadline)
        return future

    def returned(self, message_id: str) -> None:
        """The broker gave this message back: no queue took it. Its ack will mean nothing."""
        self._returned[message_id] += 1

    def answered(self, tag: int, *, multiple: bool, stored: bool) -> None:
        """An ack or a nack, of one tag or of all up to it."""
        if not multiple:
            self._resolve(tag, stored=stored)
            return
        for earlier in self._up_to(tag):
            self._resolve(earlier, stored=stored)

    def _up_to(self, tag: int) -> list[int]:
        tags = []
        for pending in self._pending:
            if pending > tag:
                break
            tags.append(pending)
        return tags

    def _resolve(self, tag: int, *, stored: bool) -> None:
        pending = self._pending.pop(tag, None)
        if pending is None:  # timed out before: the caller has gone
            return
        if pending.message_id in self._returned:
            self._returned -= Counter((pending.message_id,))  # a count of 0 is dropped
            _fail(pending.future, "the broker has no queue for this message")
        elif not stored:
            _fail(pending.future, "the broker refused to store the message")
        elif not pending.future.done():
            pending.future.set_result(None)

    def expire(self, now: float) -> None:
        """Fail those that are over their time. The broker may have stored them all the same."""
        for tag, pending in list(self._pending.items()):
            if pending.deadline > now:
                return
            del self._pending[tag]
            _fail(pending.future, "the broker did not confirm the message in time")

    def fail_all(self, why: str) -> None:
        """The channel is gone: no answer will come."""
        pending, self._pending = self._pending, {}
        for item in pending.values():
            _fail(item.future, why)


def _fail(future: asyncio.Future[None], why: str) -> None:
    if not future.done():
        future.set_exception(Unavailable(why))
