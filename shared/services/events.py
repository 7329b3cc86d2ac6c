"""How a queue-triggered function begins: the event read, its trace carried on, its keys bound."""

from __future__ import annotations

from shared.messaging.envelope import Event
from shared.runtime.errors import BadInput
from shared.runtime.logging import bind
from shared.runtime.trace import trace_id, use_traceparent
from shared.wire.body import Json


def opened(body: bytes) -> Event:
    """The event in a request's body. Raises BadInput."""
    event = Event.decode(body)
    traceparent = use_traceparent(event.traceparent)
    bind(
        trace_id=trace_id(traceparent),
        tenant_id=event.tenantid,
        channel_id=event.channelid,
        event_id=event.id,
    )
    return event


def item_of(event: Event, name: str) -> Json:
    """The provider's own object in an event's data. Raises BadInput naming it."""
    item = event.data.get(name)
    if not isinstance(item, dict) or not item:
        raise BadInput(f"the event does not say its {name}")
    return item
