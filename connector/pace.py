"""While a function is late to its work, a tenant that fills its half of the slots gives way.

Rule: a tenant whose work is done as it comes is never slowed, however large its part is. What gives
way waits in the queue or the park, all others go as before. Nobody gives way who is alone.
No clock: whoever calls says how much time has passed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

LOOK_S = 0.5
LOOKS = 4  # in a row, before a tenant is slowed or, wanting no more than it may, is free again
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
        self._crowding: set[str] = set()  # filled their half of the slots since the last look
        self._wanting: set[str] = set()  # were refused a start since the last look
        self._looks: Counter[str] = Counter()  # in a row that speak for a change
        self._seen: dict[str, float] = {}  # seconds left
        self._rates: dict[str, float] = {}
        self._left: dict[str, float] = {}  # starts that are left of the rate

    @property
    def slowed(self) -> dict[str, float]:
        """Tenants that give way now, and what they may start a second."""
        return dict(self._rates)

    def admits(self, tenant: str) -> bool:
        """Whether one more event of this tenant may start now."""
        if self._left.get(tenant, 1.0) >= 1.0:
            return True
        self._wanting.add(tenant)
        return False

    def took(self, tenant: str, *, crowds: bool) -> None:
        """One started. `crowds`: its tenant fills its half of the slots with it."""
        self._started[tenant] += 1
        if crowds:
            self._crowding.add(tenant)
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
        late = self._late > self._rules.late
        floor = max(self._rules.least, sum(rates.values()) / max(1, len(self._seen)))
        for tenant in self.slowed:
            self._adjust(tenant, floor, late=late)
        fresh = self._slow(rates, floor) if late else []
        if not late:
            self._looks = +Counter({t: n for t, n in self._looks.items() if t in self._rates})
        self._late, self._since = 0.0, 0.0
        self._started.clear()
        self._crowding.clear()
        self._wanting.clear()
        return fresh

    def _adjust(self, tenant: str, floor: float, *, late: bool) -> None:
        """Let one that gives way do less, more, or what it wants. `floor`: an equal share."""
        if tenant not in self._wanting:
            self._looks[tenant] += 1
            if self._looks[tenant] >= LOOKS:
                del self._rates[tenant], self._left[tenant], self._looks[tenant]
            return
        self._looks[tenant] = 0
        rate = self._rates[tenant]
        cuts = late and rate > floor
        self._rates[tenant] = max(floor, rate * CUT) if cuts else rate * GROWTH

    def _slow(self, rates: dict[str, float], floor: float) -> list[str]:
        """Slow those that have filled their half for a while, if another tenant is about."""
        fresh = []
        for tenant in rates.keys() - self._rates.keys():
            self._looks[tenant] = self._looks[tenant] + 1 if tenant in self._crowding else 0
            if self._looks[tenant] < LOOKS or len(self._seen) < 2:  # noqa: PLR2004  # itself and another
                continue
            self._rates[tenant] = max(floor, rates[tenant] * CUT)
            self._left[tenant], self._looks[tenant] = 0.0, 0
            fresh.append(tenant)
        return fresh
