"""The connector's numbers on /metrics. Labelled by exchange: no tenant, no key, no id."""

from __future__ import annotations

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
