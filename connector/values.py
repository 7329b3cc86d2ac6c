"""What the connector holds: one event, at the broker (unacked) or in a row of `parked`."""

from __future__ import annotations

from dataclasses import dataclass

from shared.messaging.envelope import Event
from shared.runtime.errors import BadInput

NO_TENANT = ""  # bytes that belong to no tenant yet share one lane of fairness


@dataclass(slots=True)
class Held:
    """One event that the connector must bring to an end.

    `tag` is the delivery tag while it is unacked, None once a row holds it. `attempts` counts every
    answer; `faults` those that speak against the event itself and so count towards its end.
    `delivered` is monotonic seconds; the other times are Unix seconds.
    """

    event_id: str
    key: str
    tenant: str
    channel: str | None
    traceparent: str | None
    raw_ref: str | None
    body: bytes
    tag: int | None
    first_seen: float
    delivered: float
    attempts: int = 0
    faults: int = 0
    reason: str = ""
    next_at: float = 0.0
    parked: bool = False  # a row holds it, or is being written
    alone: bool = False  # it came back so often that it is called with nothing beside it


@dataclass(frozen=True, slots=True)
class Row:
    """One row of `parked`, as it is read to be drained."""

    event_id: str
    body: bytes
    attempts: int
    faults: int
    reason: str
    next_at: float
    first_seen: float


def held_of(
    event: Event, body: bytes, *, tag: int, now: float, unix_now: float, alone: bool
) -> Held:
    """A fresh delivery. `now` is monotonic seconds."""
    return Held(
        event_id=event.id,
        key=event.partitionkey,
        tenant=event.tenantid or NO_TENANT,
        channel=event.channelid,
        traceparent=event.traceparent,
        raw_ref=raw_ref(event),
        body=body,
        tag=tag,
        first_seen=unix_now,
        delivered=now,
        next_at=unix_now,
        alone=alone,
    )


def held_of_row(row: Row, *, key: str, tenant: str, now: float) -> Held:
    """A parked event, with what it has been through."""
    event = _decoded(row.body)
    return Held(
        event_id=row.event_id,
        key=key,
        tenant=tenant,
        channel=event.channelid if event else None,
        traceparent=event.traceparent if event else None,
        raw_ref=raw_ref(event) if event else None,
        body=row.body,
        tag=None,
        first_seen=row.first_seen,
        delivered=now,
        attempts=row.attempts,
        faults=row.faults,
        reason=row.reason,
        next_at=row.next_at,
        parked=True,
    )


def _decoded(body: bytes) -> Event | None:
    """None for what an older version took and this one does not: the function will refuse it."""
    try:
        return Event.decode(body)
    except BadInput:
        return None


def raw_ref(event: Event) -> str | None:
    """`bucket/key` of the raw body that the event was cut from, where its data names one."""
    place = event.data.get("raw", event.data)
    if not isinstance(place, dict):
        return None
    bucket, key = place.get("bucket"), place.get("key")
    return f"{bucket}/{key}" if isinstance(bucket, str) and isinstance(key, str) else None
