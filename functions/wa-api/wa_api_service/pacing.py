"""Sends of a number in its turn: what Meta allows, and what Meta then says to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from shared.limits.numbers import Numbers
from shared.limits.settings import NumberSettings
from shared.limits.values import Lane
from shared.messaging.outcomes import SendError, SendOutcome, held_back
from shared.messaging.sending import Gate
from shared.messaging.transport import NOT_SENT
from shared.services.delivery import WhatsAppSend
from shared.storage.cache import Cache

# contracts/meta.md (c.6)
NUMBER_LIMIT: Final = "130429"
PAIR_LIMIT: Final = "131056"
# Of the app, the account, or the number as spam: none of the number's messages would pass.
WHOLE_LIMITS: Final = frozenset({"4", "80007", "131048", "http_429"})
HOLD_S: Final = 60.0


@dataclass(frozen=True)
class Pacing:
    """The turns of all numbers. `per_second`: of a number whose channel names no other."""

    numbers: Numbers
    per_second: float

    @classmethod
    def of(cls, settings: NumberSettings, cache: Cache) -> Self | None:
        """As the settings have it; None when the limits are off."""
        if settings.rate_limits == "off":
            return None
        numbers = Numbers(cache, settings.rules(), share=settings.rate_local_share)
        return cls(numbers, settings.number_per_second)

    def gate(self, request: WhatsAppSend) -> Gate | None:
        """The turn of one message. A read mark is none, and needs none."""
        body = request.body
        address = body.get("to") or body.get("recipient")
        if address is None:
            return None
        per_second = request.per_second or self.per_second
        return Turn(self.numbers, Lane.of(request.phone_number_id, per_second, str(address)))


@dataclass(frozen=True)
class Turn:
    """One message's."""

    numbers: Numbers
    lane: Lane

    async def enter(self) -> SendError | None:
        """Wait for it; or why it is too far off."""
        held = await self.numbers.enter(self.lane)
        return None if held is None else held_back(held.limit, held.retry_after)

    async def learn(self, outcome: SendOutcome) -> SendOutcome:
        """Go slower where Meta says so; count a message less that never left."""
        error = outcome.error
        if error is None or outcome.outcome != "refused":
            return outcome
        code, wait = error.provider_code, error.retry_after
        if code in NOT_SENT:
            await self.numbers.give_back(self.lane)
            return outcome
        if code == NUMBER_LIMIT:
            await self.numbers.slow_down(self.lane)
        elif code == PAIR_LIMIT:
            wait = max(wait or 0.0, await self.numbers.hold_pair(self.lane))
        elif code in WHOLE_LIMITS:
            wait = wait or HOLD_S
            await self.numbers.hold(self.lane, wait)
        else:
            return outcome
        paced = error.model_copy(update={"hold_line": True, "retry_after": wait})
        return SendOutcome.refused(paced)
