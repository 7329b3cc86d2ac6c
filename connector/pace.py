"""While a function comes late to its work, the tenant that gives it most of the work gives way.

Its events wait in the queue or the park, all others go as before. Nobody gives way who is alone.
No clock: whoever calls says how much time has passed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

LOOK_S = 0.5
CUT = 0.7
GROWTH = 1.1


@dataclass(frozen=True)
class Yielding:
    """When and how far a tenant gives way."""

    late: float = 0.05  # part of its looks (`shared.runtime.lag`); over it a function has too much
    least: float = 10.0  # events a second: nobody is slowed further
    memory: float = 60.0  # seconds for which a tenant counts as being there


class Pace:
    """What the tenants of one route may start a second, where that is bounded."""

    def __init__(self, rules: Yielding | None = None) -> None:
        self._rules = rules or Yielding()
        self._late = 0.0  # the most that was heard since the last look
        self._since = 0.0
        self._started: Counter[str] = Counter()
        self._seen: dict[str, float] = {}  # seconds left
        self._rates: dict[str, float] = {}
        self._left: dict[str, float] = {}  # starts that are left of the rate

    @property
    def slowed(self) -> dict[str, float]:
        """Tenants that give way now, and what they may start a second."""
        return dict(self._rates)

    def admits(self, tenant: str) -> bool:
        """Whether one more event of this tenant may start now."""
        return self._left.get(tenant, 1.0) >= 1.0

    def took(self, tenant: str) -> None:
        """One started."""
        self._started[tenant] += 1
        if tenant in self._left:
            self._left[tenant] -= 1.0

    def heard(self, late: float) -> None:
        """The part of its looks at which the function was late."""
        self._late = max(self._late, late)

    def passed(self, seconds: float) -> list[str]:
        """So much time has passed. Gives the tenants that give way from now on."""
        for tenant, rate in self._rates.items():
            most = max(1.0, rate * LOOK_S / 2)
            self._left[tenant] = min(most, self._left[tenant] + rate * seconds)
        self._since += seconds
        return self._look() if self._since >= LOOK_S else []

    def _look(self) -> list[str]:
        rates = {tenant: count / self._since for tenant, count in self._started.items()}
        seen = {tenant: left - self._since for tenant, left in self._seen.items()}
        self._seen = {tenant: left for tenant, left in seen.items() if left > 0}
        self._seen |= dict.fromkeys(rates, self._rules.memory)
        late, self._late, self._since = self._late, 0.0, 0.0
        self._started.clear()
        if late > self._rules.late:
            return self._slow(rates)
        self._quicken(rates)
        return []

    def _slow(self, rates: dict[str, float]) -> list[str]:
        """Cut what the busiest tenant does, if another is about and it stands out."""
        busiest = max(rates, key=rates.__getitem__, default="")
        if len(self._seen) < 2 or not _stands_out(sorted(rates.values())):  # noqa: PLR2004  # itself and another
            return []
        rate = max(self._rules.least, rates[busiest] * CUT)
        if rate >= rates[busiest]:
            return []
        fresh = busiest not in self._rates
        self._rates[busiest] = rate
        self._left.setdefault(busiest, 0.0)
        return [busiest] if fresh else []

    def _quicken(self, rates: dict[str, float]) -> None:
        """Let them do more, until they do not want it."""
        for tenant, rate in self.slowed.items():
            if rates and rates.get(tenant, 0.0) * 2 < rate:
                del self._rates[tenant], self._left[tenant]
            elif rates:
                self._rates[tenant] = rate * GROWTH


def _stands_out(rates: list[float]) -> bool:
    """Whether the last does more than all others together, and than twice the next one."""
    *others, most = rates or [0.0]
    return most > sum(others) and most > 2 * (others[-1] if others else 0.0)
