"""The connector's numbers on /metrics. Labelled by exchange: no tenant, no key, no id."""

from __future__ import annotations

import time
from collections.abc import Mapping

from shared.runtime.metrics import counter, gauge, histogram

DELIVERED = counter("connector_delivered", "Events a function took.", ["exchange"])
RETRIED = counter("connector_retried", "Attempts to be repeated.", ["exchange"])
PARKED = counter("connector_parked", "Events written to the park.", ["exchange"])
DRAINED = counter("connector_drained", "Parked events a function took.", ["exchange"])
DEAD = counter("connector_dead", "Events given up.", ["exchange", "reason"])
UNREACHABLE = counter("connector_unreachable", "Attempts that never left.", ["exchange"])
IN_FLIGHT = gauge("connector_in_flight", "Calls under way.", ["exchange"])
HELD_TENANTS = gauge("connector_held_tenants", "Tenants held after failures.", ["exchange"])
PARKED_ROWS = gauge("connector_parked_rows", "Rows in the park.", ["exchange"])
SECONDS = histogram("connector_call_seconds", "How long a function took to answer.", ["exchange"])
SWEPT = counter("connector_swept", "Events brought from the spool to their queues.")
SPOOL_ASIDE = counter("connector_spool_aside", "Spooled objects that can never be published.")
SPOOL_WAITING = gauge("connector_spool_waiting", "Spooled objects, by where they wait.", ["store"])
SPOOL_AGE = gauge("connector_spool_age_seconds", "Age of the oldest spooled object.")
LEDGER = gauge(
    "ledger_messages",
    "Messages by tenant and fate: arrived, done and refused of a day, the others as they are now.",
    ["tenant", "direction", "fate"],
)
ERASED = counter("connector_erased", "Events of erased people that were not delivered.")
RETENTION_AGE = gauge(
    "retention_age_seconds", "Seconds since `parley retention` ended; -1: it never did."
)
MISSING = gauge("ledger_missing", "Messages that are nowhere.", ["direction"])


def show_spool(waiting: Mapping[str, int], oldest: int | None) -> None:
    """What waits in the spool; `oldest` is a stamp in microseconds."""
    for store in ("s3", "postgresql"):
        SPOOL_WAITING.labels(store).set(waiting.get(store, 0))
    SPOOL_AGE.set(0 if oldest is None else max(0.0, time.time() - oldest / 1_000_000))
