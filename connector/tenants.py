"""Fairness between tenants on one route: slots in flight, and who is held after a run of failures.

Rules: a tenant takes at most half of the slots; a held one takes one probe a second. A call that is
made alone has nothing beside it, of no tenant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

FAILURES_TO_HOLD = 5
PROBE_EVERY_S = 1.0


class Tenants:
    """The tenants of a route. Times are monotonic seconds."""

    def __init__(
        self,
        slots: int,
        *,
        failures_to_hold: int = FAILURES_TO_HOLD,
        probe_every: float = PROBE_EVERY_S,
    ) -> None:
        """`slots`: calls in flight at once, over all tenants."""
        self._slots = slots
        self._share = max(1, slots // 2)
        self._failures_to_hold = failures_to_hold
        self._probe_every = probe_every
        self._in_flight: Counter[str] = Counter()
        self._total = 0
        self.alone = False  # the call under way has nothing beside it
        self._waits_alone = False  # somebody has to be called alone: the others land first
        self._failures: Counter[str] = Counter()
        self._probe_at: dict[str, float] = {}  # the held ones

    @property
    def in_flight(self) -> int:
        """Calls under way."""
        return self._total

    @property
    def held(self) -> int:
        """Number of tenants that are held."""
        return len(self._probe_at)

    def full(self) -> bool:
        """No slot is left for anybody."""
        return self._total >= self._slots

    def is_held(self, tenant: str) -> bool:
        """Whether its events go to the park and only probes leave."""
        return tenant in self._probe_at

    def admits(self, tenant: str) -> bool:
        """Whether one more call of this tenant may start now."""
        return not self.full() and self._in_flight[tenant] < self._share

    def lets_go(self, *, alone: bool) -> bool:
        """Whether a call, alone or not, may start beside what is under way."""
        if self.alone or (self._waits_alone and not alone):
            return False
        self._waits_alone = alone and self._total > 0
        return not self._waits_alone

    def took(self, tenant: str, *, alone: bool = False) -> None:
        """A call started."""
        self._in_flight[tenant] += 1
        self._total += 1
        self.alone = alone

    def released(self, tenant: str) -> None:
        """A call ended, however it did."""
        self._in_flight[tenant] -= 1
        self._total -= 1
        self.alone = False
        self._waits_alone = self._waits_alone and self._total > 0
        if not self._in_flight[tenant]:
            del self._in_flight[tenant]

    def failed(self, tenant: str, now: float) -> bool:
        """Count a failure. True when the tenant is held from now on."""
        if tenant in self._probe_at:
            self._probe_at[tenant] = now + self._probe_every
            return False
        self._failures[tenant] += 1
        if self._failures[tenant] < self._failures_to_hold:
            return False
        self._probe_at[tenant] = now + self._probe_every
        return True

    def succeeded(self, tenant: str) -> bool:
        """The function worked for it. True when it was held and is free again."""
        self._failures.pop(tenant, None)
        return self._probe_at.pop(tenant, None) is not None

    def free(self, tenants: Collection[str]) -> None:
        """What held these tenants back is over: they are held no more."""
        for tenant in tenants:
            self.succeeded(tenant)

    def due_probes(self, now: float) -> list[str]:
        """Held tenants that may try one event now: none of theirs is under way."""
        return [t for t, at in self._probe_at.items() if at <= now and not self._in_flight[t]]

    def probed(self, tenant: str, now: float) -> None:
        """A probe was chosen; the next one not before a while."""
        self._probe_at[tenant] = now + self._probe_every
