"""What Meta tells beside messages: history, people's ids and wishes, and news for operators.

Each piece is written down once; nothing of it is sent to anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.messaging.envelope import Event
from shared.runtime.errors import BadInput
from shared.runtime.logging import logger, one_of
from shared.runtime.metrics import counter
from shared.runtime.repeats import repeats
from shared.services.identities import link_of
from shared.services.patience import insist
from shared.services.route import Whose
from shared.services.state import (
    Notice,
    Preference,
    RecordedMessage,
    RecordRequest,
    StateClient,
)
from shared.transforms.changes import (
    CHANGES,
    Change,
    Echo,
    HistoryMessage,
    IdChange,
    Note,
    PreferenceChange,
    read_change,
)
from shared.wire.fields import obj, text

log = logger()
FIELDS = counter("meta_changes", "Changes of Meta's beside messages, by field", ("field",))

BATCH = 200  # messages that go to state at once


class Changes:
    """Takes change events."""

    def __init__(self, state: StateClient) -> None:
        """It is another function."""
        self._state = state

    async def take(self, event: Event) -> str:
        """Write one change down. Raises BadInput (never), Unavailable (try again)."""
        whose, field = Whose.of(event), text(event.data.get("field"))
        changes = read_change(field, obj(event.data.get("value")))
        past = [change for change in changes if isinstance(change, Echo | HistoryMessage)]
        for start in range(0, len(past), BATCH):
            await self._record(whose, past[start : start + BATCH])
        for number, change in enumerate(changes):
            await self._note(whose, event, number, change)
        name = field or "messages"
        FIELDS.labels(name if name in CHANGES else "other").inc()
        log.info("change", extra={"field": one_of(CHANGES, name), "pieces": len(changes)})
        return "noted"

    async def _record(self, whose: Whose, past: Sequence[Echo | HistoryMessage]) -> None:
        request = RecordRequest(
            tenant_id=whose.tenant_id,
            channel_id=_channel(whose),
            messages=[_recorded(message, whose.received_at) for message in past],
        )
        await insist(lambda: self._state.record(request))

    async def _note(self, whose: Whose, event: Event, number: int, change: Change) -> None:
        match change:
            case IdChange():
                link = link_of(change, whose.tenant_id, whose.received_at)
                await insist(lambda: self._state.link(link))
            case PreferenceChange():
                preference = _preference(change, whose)
                await insist(lambda: self._state.prefer(preference))
            case Note():
                notice = _notice(change, whose, event, number)
                noticed = await insist(lambda: self._state.notice(notice))
                if noticed.new:
                    _tell(change, whose.tenant_id)
            case Echo() | HistoryMessage():
                pass  # recorded with the others


def _channel(whose: Whose) -> str:
    if whose.channel_id is None:
        raise BadInput("the event does not say its channel_id")
    return whose.channel_id


def _recorded(message: Echo | HistoryMessage, received_at: datetime) -> RecordedMessage:
    customer = message.customer
    return RecordedMessage(
        direction=message.direction,
        source_id=message.id,
        customer=customer.id or "",
        wa_id=customer.wa_id,
        bsuid=customer.bsuid,
        kind=message.kind,
        content={"text": message.text},
        occurred_at=message.occurred_at or received_at,
        status=message.status if isinstance(message, HistoryMessage) else None,
    )


def _preference(change: PreferenceChange, whose: Whose) -> Preference:
    return Preference(
        tenant_id=whose.tenant_id,
        channel_id=_channel(whose),
        wa_id=change.wa_id,
        bsuid=change.bsuid,
        category=change.category,
        value=change.value,
        occurred_at=change.occurred_at or whose.received_at,
    )


def _notice(note: Note, whose: Whose, event: Event, number: int) -> Notice:
    """What is said of an account is kept whole; what is said of a number may name customers."""
    value = obj(event.data.get("value")) if whose.channel_id is None else {}
    return Notice(
        tenant_id=whose.tenant_id,
        channel_id=whose.channel_id,
        provider="meta",
        field=note.field,
        event=note.event,
        severity=note.severity,
        value={"what": note.what, "raw": whose.raw_ref, **({"value": value} if value else {})},
        occurred_at=event.time,
        event_id=f"{event.id}#{number}",
    )


def _tell(note: Note, tenant_id: str) -> None:
    known = note.field in CHANGES  # of another its event may be anything
    event = note.event if known else one_of((), note.event)
    said = {"field": one_of(CHANGES, note.field), "event": event, "what": note.what}
    if note.severity == "alarm":
        repeats.error("meta_says", cause={"tenant_id": tenant_id}, extra=said)
    elif note.severity == "warning":
        repeats.warning("meta_says", cause={"tenant_id": tenant_id}, extra=said)
    else:
        log.info("meta_says", extra=said)
