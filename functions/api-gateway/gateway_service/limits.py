"""How much a caller may ask, and the headers that say so (draft-ietf-httpapi-ratelimit-headers)."""

from __future__ import annotations

from gateway_service.principal import Principal
from gateway_service.settings import Settings
from shared.limits.callers import WINDOW, Answer, Callers, Quota
from shared.runtime.errors import Limited
from shared.runtime.logging import stand_in

PLATFORM = "platform"


class TooMany(Limited):
    """The caller's own limit, not a provider's."""

    code = "too_many_requests"
    title = "Too Many Requests"

    def __init__(self, answer: Answer) -> None:
        super().__init__("over the limit of calls a minute", retry_after=answer.retry_after)
        self.answer = answer


class Limits:
    """Counts each call of a caller, and of its tenant."""

    def __init__(self, callers: Callers, settings: Settings) -> None:
        self._callers = callers
        self._client = settings.api_client_per_minute
        self._tenant = settings.api_tenant_per_minute
        self._on = settings.rate_limits == "on"

    async def enter(self, caller: Principal, cost: int) -> dict[str, str]:
        """Headers for the answer. Raises TooMany."""
        if not self._on:
            return {}
        place = PLATFORM if caller.tenant is None else caller.tenant.id
        # The braces keep both in one slot of a cluster; a subject may be an address of somebody.
        client = Quota(f"limit:{{{place}}}:api:{stand_in(caller.subject)}", self._client)
        answer = await self._callers.take(
            [client, Quota(f"limit:{{{place}}}:api", self._tenant)], cost
        )
        if not answer.allowed:
            raise TooMany(answer)
        return headers(answer)


def headers(answer: Answer) -> dict[str, str]:
    """The tightest limit, what is left of it, and seconds until it is whole again."""
    return {
        "RateLimit-Limit": str(answer.limit),
        "RateLimit-Remaining": str(answer.remaining),
        "RateLimit-Reset": str(answer.reset),
        "RateLimit-Policy": f"{answer.limit};w={WINDOW:.0f}",
    }
