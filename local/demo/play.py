"""Plays a conversation: each line waits until it is seen at the other side, statuses included."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from local.demo.world import Company
from local.sandbox.client import Conversation, Message, Sandbox

LIMIT_S = 20.0
STATUSES = ("sent", "delivered", "read")  # what an answer gets, unless the sandbox is set otherwise


@dataclass(frozen=True)
class Line:
    """One line of a script."""

    who: Literal["customer", "agent"]
    text: str


@dataclass(frozen=True)
class Hop:
    """Something that happened to a line, so many ms after it was written."""

    what: str
    ms: float


@dataclass(frozen=True)
class Told:
    """A line with what happened to it."""

    company: Company
    line: Line
    hops: list[Hop] = field(default_factory=list)

    @property
    def times(self) -> str:
        """What happened, in the order in which it did."""
        hops = sorted(self.hops, key=lambda hop: hop.ms)
        return " · ".join(f"{hop.what} {hop.ms:.0f} ms" for hop in hops)


@dataclass(frozen=True)
class Scene:
    """A customer, by number and name, who writes to a company."""

    company: Company
    customer: str
    name: str
    lines: Sequence[Line]


def play(sandbox: Sandbox, scene: Scene) -> Iterator[Told]:
    """Play the lines one after the other. Raises TimeoutError when one does not arrive."""
    for line in scene.lines:
        yield (
            _customer(sandbox, scene, line)
            if line.who == "customer"
            else _agent(sandbox, scene, line)
        )


def _customer(sandbox: Sandbox, scene: Scene, line: Line) -> Told:
    company = scene.company
    sent = sandbox.customer_says(
        company.phone_number_id, scene.customer, line.text, profile_name=scene.name
    )

    def arrived(room: Sandbox) -> Message | None:
        thread = room.conversation("genesys", company.integration_id, "+" + scene.customer)
        return _got(thread, line.text)

    got: Message = _wait(sandbox, arrived, f"the agent to see {line.text!r}")
    written = _written(sandbox, "whatsapp", company.phone_number_id, scene.customer, sent.id)
    hops = [_answered(sandbox, sent.id, written), Hop("agent sees it", _ms(written, got.time))]
    return Told(company, line, hops)


def _agent(sandbox: Sandbox, scene: Scene, line: Line) -> Told:
    company, to = scene.company, "+" + scene.customer
    sent = sandbox.agent_says(company.integration_id, to, line.text)

    def seen(room: Sandbox) -> Message | None:
        thread = room.conversation("whatsapp", company.phone_number_id, scene.customer)
        return _got(thread, line.text)

    def settled(room: Sandbox) -> Message | None:
        message = seen(room)
        receipt = _find(room, "genesys", company.integration_id, to, sent.id)
        done = message is not None and len(message.events) >= len(STATUSES)
        return message if done and receipt is not None and receipt.events else None

    wanted = f"the statuses {', '.join(STATUSES)} of {line.text!r} and Genesys' receipt"
    got: Message = _wait(sandbox, settled, wanted)
    thread = _find(sandbox, "genesys", company.integration_id, to, sent.id)
    written = thread.time if thread is not None else got.time
    hops = [_answered(sandbox, sent.id, written), Hop("customer sees it", _ms(written, got.time))]
    hops += [Hop(str(event["status"]), _ms(written, event["time"])) for event in got.events]
    if thread is not None:
        hops += [
            Hop(f"receipt {event['status']} in Genesys", _ms(written, event["time"]))
            for event in thread.events
        ]
    return Told(company, line, hops)


def _wait(sandbox: Sandbox, predicate: Callable[[Sandbox], Any], wanted: str) -> Any:
    """What the predicate finds. Raises TimeoutError that says what was waited for."""
    try:
        return sandbox.wait_for(predicate, LIMIT_S)
    except TimeoutError as error:
        raise TimeoutError(f"waited for {wanted}: {error}") from None


def _got(thread: Conversation | None, text: str) -> Message | None:
    messages = [] if thread is None else thread.messages
    return next((m for m in reversed(messages) if m.direction == "got" and m.text == text), None)


def _find(sandbox: Sandbox, side: str, line: str, customer: str, message_id: str) -> Message | None:
    thread = sandbox.conversation(side, line, customer)
    messages = [] if thread is None else thread.messages
    return next((message for message in messages if message.id == message_id), None)


def _written(sandbox: Sandbox, side: str, line: str, customer: str, message_id: str) -> str:
    found = _find(sandbox, side, line, customer, message_id)
    if found is None:
        raise LookupError(f"the sandbox has no message {message_id}")
    return found.time


def _answered(sandbox: Sandbox, message_id: str, written: str) -> Hop:
    """When Parley answered the webhook; the message may be at the other side sooner."""

    def taken(room: Sandbox) -> dict[str, Any] | None:
        for record in reversed(room.records(kind="webhook", state="delivered")):
            if message_id in (record.get("id"), *record.get("ids", [])):
                attempt: dict[str, Any] = record["attempts"][-1]
                return attempt
        return None

    attempt = _wait(sandbox, taken, f"Parley's answer to the webhook of {message_id}")
    return Hop("webhook answered", _ms(written, attempt["time"]) + attempt["ms"])


def _ms(start: str, end: str) -> float:
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() * 1000
