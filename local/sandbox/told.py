"""What the client answers: threads, messages, and what came of a saying."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class FileTold:
    """A file as the sandbox knows it. `sha256` in hex; `more`: kind, url, status, error, ..."""

    mime: str | None
    size: int
    sha256: str | None
    id: str | None = None
    filename: str | None = None
    more: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, told: dict[str, Any]) -> FileTold:
        """Read one as the control interface shows it."""
        known = {name: told.get(name) for name in ("mime", "sha256", "id", "filename")}
        more = {k: v for k, v in told.items() if k not in {*known, "size"}}
        return cls(size=int(told["size"]), more=more, **known)

    @property
    def error(self) -> str | None:
        """Why a fetched one is not there."""
        error: str | None = self.more.get("error")
        return error


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

    @property
    def files(self) -> list[FileTold]:
        """Its files: on the getting side as they were had, with mime, size and sha256."""
        return [FileTold.read(told) for told in self.extra.get("files", [])]

    @property
    def content(self) -> Any:
        """What stood in it beside plain words."""
        return self.extra.get("content")


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
    files: list[FileTold] = field(default_factory=list)

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
