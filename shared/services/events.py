"""How a queue-triggered function begins: the event read, its trace carried on, its keys bound."""

from __future__ import annotations

from shared.messaging.envelope import Event
from shared.runtime.logging import bind
from shared.runtime.trace import trace_id, use_traceparent


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
