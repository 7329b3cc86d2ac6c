"""What the client answers: threads, messages, and what came of a saying."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a thread. `direction`: `written` by this side's party, or `got` by it.

    `events`: statuses sent to Parley (whatsapp, written by Parley's sends) or receipts got from it.
    """

    seq: int
    time: str
    direction: Literal["written", "got"]
    id: str
    type: str
    text: str | None
    events: list[dict[str, Any]]
    extra: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Conversation:
    """A customer on a line: phone number id (whatsapp) or integration id (genesys)."""

    side: Literal["whatsapp", "genesys"]
    line: str
    customer: str
    conversation_id: str | None
    messages: list[Message] = field(default_factory=list)

    def texts(self, direction: Literal["written", "got"]) -> list[str | None]:
        """The texts of one direction, in order."""
        return [m.text for m in self.messages if m.direction == direction]


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of a saying. `webhook`: seq, state, tries, attempts of its delivery."""

    ids: list[str]
    conversation_id: str | None
    webhook: dict[str, Any]

    @property
    def id(self) -> str:
        """The (first) message's id."""
        return self.ids[0]


def conversation(thread: dict[str, Any]) -> Conversation:
    """Read a thread as the control interface shows it."""
    known = frozenset({"seq", "time", "direction", "id", "type", "text", "events"})
    messages = [
        Message(
            **{k: m[k] for k in known},
            extra={k: v for k, v in m.items() if k not in known},
        )
        for m in thread.pop("messages")
    ]
    return Conversation(**thread, messages=messages)
