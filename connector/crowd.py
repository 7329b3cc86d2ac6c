"""Who fills a window: a tenant over its half, when others are about and it is slow, gives way."""

from __future__ import annotations

from collections import Counter

from connector.lane import Rules


class Crowd:
    """Unacked events of one queue by tenant. Times are monotonic seconds."""

    def __init__(self, rules: Rules) -> None:
        self._share = rules.prefetch // 2
        self._memory = rules.crowd_memory
        self._counts: Counter[str] = Counter()
        self._seen: dict[str, float] = {}
        self._blamed: dict[str, float] = {}

    def came(self, tenant: str, now: float) -> None:
        """An event of this tenant is unacked now."""
        self._counts[tenant] += 1
        self._seen[tenant] = now

    def went(self, tenant: str) -> None:
        """One was acked."""
        self._counts[tenant] -= 1
        if not self._counts[tenant]:
            del self._counts[tenant]

    def suspects(self, now: float) -> list[str]:
        """Tenants over their share, if there is anybody else; what is long ago is forgotten."""
        self._seen = {t: at for t, at in self._seen.items() if now - at < self._memory}
        self._blamed = {t: at for t, at in self._blamed.items() if now - at < self._memory}
        if len(self._seen) < 2:  # noqa: PLR2004  # itself and another
            return []
        return [tenant for tenant, count in self._counts.items() if count > self._share]

    def blame(self, tenant: str, now: float) -> None:
        """It is slow: for a while nothing of it over its share is kept in the window."""
        self._blamed[tenant] = now

    def is_over(self, tenant: str) -> bool:
        """Whether a new event of it has to give way."""
        return tenant in self._blamed and self._counts[tenant] > self._share
