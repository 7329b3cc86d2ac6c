"""Who said what to whom, in the order each side saw it: for order, loss and duplicates.

A thread is one customer on one line. On the side `whatsapp` the line is a phone number id and the
messages are those the customer wrote and got; on `genesys` it is an integration id and they are
those the agent got and wrote.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from local.sandbox.room.clock import iso_ms
from local.sandbox.room.settings import Settings

Side = Literal["whatsapp", "genesys"]
Direction = Literal["written", "got"]
Place = tuple[Side, str, str]


@dataclass(slots=True)
class Entry:
    """One message. `events` are statuses sent (whatsapp) or receipts got (genesys)."""

    thread: Thread
    direction: Direction
    id: str
    type: str
    text: str | None
    extra: dict[str, Any]
    seq: int = 0
    at: float = field(default_factory=time.time)
    events: list[dict[str, Any]] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "seq": self.seq,
            "time": iso_ms(self.at),
            "direction": self.direction,
            "id": self.id,
            "type": self.type,
            "text": self.text,
            "events": self.events,
            **self.extra,
        }


@dataclass(slots=True)
class Thread:
    """One customer on one line."""

    side: Side
    line: str
    customer: str
    messages: deque[Entry] = field(default_factory=deque)

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        messages = [m.shown() for m in self.messages]
        conversation_id = next(
            (c for m in reversed(messages) if (c := m.get("conversation_id"))), None
        )
        return {
            "side": self.side,
            "line": self.line,
            "customer": self.customer,
            "conversation_id": conversation_id,
            "messages": messages,
        }


class Ledger:
    """All threads; bounded by `max_messages`, the oldest message goes first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._threads: dict[Place, Thread] = {}
        self._order: deque[Entry] = deque()
        self._by_id: dict[tuple[Side, str], Entry] = {}
        self._seq = count(1)
        self.dropped = 0

    def add(self, at: Place, direction: Direction, message: dict[str, Any]) -> Entry:
        """Add a message at the end of the thread `at` (side, line, customer).

        `message`: `id`, `type`, `text` and what else is to be shown.
        """
        thread = self._threads.get(at)
        if thread is None:
            thread = self._threads[at] = Thread(*at)
        extra = dict(message)
        entry = Entry(
            thread, direction, extra.pop("id"), extra.pop("type"), extra.pop("text", None), extra
        )
        entry.seq = next(self._seq)
        thread.messages.append(entry)
        self._order.append(entry)
        self._by_id[(at[0], entry.id)] = entry
        if len(self._order) > self._settings.room.max_messages:
            self._drop_oldest()
        return entry

    def _drop_oldest(self) -> None:
        old = self._order.popleft()
        thread = old.thread
        thread.messages.popleft()
        self.dropped += 1
        if self._by_id.get((thread.side, old.id)) is old:
            del self._by_id[(thread.side, old.id)]
        if not thread.messages:
            self._threads.pop((thread.side, thread.line, thread.customer), None)

    def find(self, side: Side, message_id: str) -> Entry | None:
        """Look a message up by its id at that side."""
        return self._by_id.get((side, message_id))

    def threads(self, **wanted: str) -> Iterator[Thread]:
        """Threads whose fields are as `wanted`, in the order they began."""
        for thread in self._threads.values():
            if all(getattr(thread, k) == v for k, v in wanted.items()):
                yield thread

    def clear(self) -> int:
        """Forget all; answers how many messages went."""
        gone = len(self._order)
        self._threads.clear()
        self._order.clear()
        self._by_id.clear()
        self.dropped = 0
        return gone
