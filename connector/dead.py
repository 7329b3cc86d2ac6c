"""Events that are given up: a row with the reason, news of it on ERROR_EVENTS, then the ack.

All is repeated until it succeeds: an event leaves the queue only when its row is written, and an
agent whose message it was is told, by the transform that would have sent it.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from connector.park import Letter, Park
from connector.policy import Dead
from connector.values import Held
from shared.messaging.envelope import Event, EventType
from shared.messaging.publisher import Publisher
from shared.messaging.topology import ERROR_EVENTS, OUTBOUND_GENESYS_MESSAGES
from shared.runtime.errors import BadInput

TYPE = "parley.dead_letter.v1"


def letter_of(held: Held, queue: str, dead: Dead, now: float) -> Letter:
    """The record of an event's end. `now` is Unix seconds."""
    return Letter(
        event_id=held.event_id,
        tenant=held.tenant or None,
        channel=held.channel,
        queue=queue,
        key=held.key,
        reason_code=dead.code,
        reason=dead.reason,
        attempts=held.attempts,
        first_seen=held.first_seen,
        last_seen=now,
        raw_ref=held.raw_ref,
        body=held.body,
    )


def unreadable(body: bytes, queue: str, reason: str, now: float) -> Letter:
    """The record of bytes that are no event; named by their hash, so that a repeat is the same."""
    return Letter(
        event_id=f"unreadable:{sha256(body).hexdigest()}",
        tenant=None,
        channel=None,
        queue=queue,
        key="",
        reason_code="unreadable",
        reason=reason,
        attempts=0,
        first_seen=now,
        last_seen=now,
        raw_ref=None,
        body=body,
    )


class Undertaker:
    """Writes the row and tells ERROR_EVENTS. Raises Unavailable; may be repeated."""

    def __init__(self, park: Park, publisher: Publisher) -> None:
        self.park = park
        self._publisher = publisher

    async def bury(self, letter: Letter, exchange: str) -> None:
        """Give an event up. The message keeps its body and says where it came from."""
        await self.park.bury(replace(letter, reason=letter.reason[:1000]))
        await self._publisher.send(
            ERROR_EVENTS,
            letter.queue.rpartition(".")[2],
            letter.body,
            message_id=letter.event_id,
            type=TYPE,
            headers={
                "exchange": exchange,
                "queue": letter.queue,
                "reason_code": letter.reason_code,
                "reason": letter.reason[:1000],
                "attempts": letter.attempts,
                "first_seen": int(letter.first_seen),
                "last_seen": int(letter.last_seen),
            },
        )
        told = obituary(letter) if exchange == OUTBOUND_GENESYS_MESSAGES else None
        if told is not None:
            await self._publisher.publish(exchange, told)


def obituary(letter: Letter) -> Event | None:
    """What the agent's side is to be told; None where the letter was no agent's message."""
    try:
        event = Event.decode(letter.body)
        if event.type != EventType.GENESYS_MESSAGE:
            return None
        told = event.model_copy(
            update={
                "id": f"{event.id[:500]}:buried",
                "type": EventType.GENESYS_BURIED,
                "data": {**event.data, "buried": {"code": letter.reason_code}},
            }
        )
        told.encode()
    except BadInput:  # unreadable, or too large by these few bytes
        return None
    return told
