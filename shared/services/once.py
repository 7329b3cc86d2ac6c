"""Delivers the parts of one message in order, each once: claim, send, write down.

What may be tried again is given back and raised as Unavailable, for the connector to repeat; what
is decided comes back as a value.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from shared.messaging.outcomes import SendError, SendOutcome, may_have_arrived
from shared.runtime.clock import utcnow
from shared.runtime.errors import Busy, Conflict, Unavailable
from shared.services.patience import insist
from shared.services.state import (
    Claim,
    ClaimRequest,
    CompleteRequest,
    PartResult,
    ReceiptDue,
    ReleaseRequest,
    StateClient,
)
from shared.transforms.parts import Part

Plan = Sequence[Part] | SendError
Build = Callable[[Claim], Plan]
Send = Callable[[Part], Awaitable[SendOutcome]]

# Seconds. A claim that was not answered may hold: the same attempt asks again and finds its own.
CLAIM_PATIENCE = 8.0
# After a send its outcome must be written down, or the next attempt must wait to learn it.
COMPLETE_PATIENCE = 25.0
# Nearly every status comes within seconds; after so long there will be none.
STATUS_PATIENCE = timedelta(minutes=5)

# What of an error is kept with the message: codes and words, nothing that was written in it.
KEPT = {"provider_code", "title", "detail", "reason", "agent_words", "trace"}


@dataclass(frozen=True)
class Delivery:
    """What became of a message. `receipt` is one that Genesys is owed now."""

    fate: Literal["delivered", "duplicate", "refused"]
    parts: int = 0
    error: SendError | None = None
    receipt: ReceiptDue | None = None


async def deliver(
    state: StateClient, request: ClaimRequest, build: Build, send: Send, *, last_try: bool = False
) -> Delivery:
    """Deliver a message unless it is done. `build` gives its parts, or why there are none.

    `last_try`: nobody will repeat this, so what could be tried again is refused for good, and so
    is what no status has settled for long. Raises Busy (another attempt is at it, or an earlier
    one's fate is not known yet), Unavailable.
    """
    claim = await insist(lambda: state.claim(request), CLAIM_PATIENCE)
    if last_try and _never_settled(claim):
        request = request.model_copy(update={"resend_unknown_after": 0})
        claim = await insist(lambda: state.claim(request), CLAIM_PATIENCE)
        if claim.outcome == "claimed":
            return await _Attempt(state, request, claim, last_try=True).give_up()
    if claim.outcome == "duplicate":
        return Delivery("duplicate", receipt=claim.receipt)
    if claim.outcome != "claimed":
        words = "in work elsewhere" if claim.outcome == "busy" else "an earlier send is not settled"
        raise Busy(words, retry_after=claim.retry_after)
    attempt = _Attempt(state, request, claim, last_try=last_try)
    try:
        plan = build(claim)
    except Exception:
        await attempt.give_back("its parts could not be made")
        raise
    return await attempt.run(plan, send)


class _Attempt:
    """One holder of a claim."""

    def __init__(
        self, state: StateClient, request: ClaimRequest, claim: Claim, *, last_try: bool
    ) -> None:
        self._state = state
        self._request = request
        self._claim = claim
        self._last_try = last_try
        self._conversation_id: str | None = None

    async def run(self, plan: Plan, send: Send) -> Delivery:
        if isinstance(plan, SendError):
            return await self._refuse(1, plan)
        accepted = {part.part for part in self._claim.parts if part.outcome == "accepted"}
        left = [part for part in plan if part.number not in accepted]
        if self._last_try and any(part.outcome == "unknown" for part in self._claim.parts):
            return await self.give_up()
        receipt = None
        for part in left:
            outcome = await send(part)
            if outcome.error is not None:
                return await self._failed(part, outcome, outcome.error)
            self._conversation_id = outcome.conversation_id or self._conversation_id
            result = PartResult(part=part.number, outcome="accepted", target_id=outcome.id)
            receipt = await self._complete(result, final=part is left[-1])
        if not left:
            receipt = await self._complete(final=True)
        return Delivery("delivered", len(left), receipt=receipt)

    async def give_up(self) -> Delivery:
        """Refuse the first part that nobody took: it may have arrived, and is not sent again."""
        accepted = [part.part for part in self._claim.parts if part.outcome == "accepted"]
        words = "no status has told whether it arrived"
        lost = may_have_arrived("not_settled", words, repeatable=False)
        return await self._refuse(max(accepted, default=0) + 1, lost)

    async def _failed(self, part: Part, outcome: SendOutcome, error: SendError) -> Delivery:
        if outcome.outcome == "unknown":
            result = PartResult(part=part.number, outcome="unknown", error=kept(error))
            await self._complete(result, final=False)
            raise Unavailable(f"not known whether it arrived: {error.title}", retry_after=2)
        if self._may_try_again(error):
            await self.give_back(error.title)
            raise Unavailable(f"not taken yet: {error.title}", retry_after=error.retry_after)
        return await self._refuse(part.number, error)

    def _may_try_again(self, error: SendError) -> bool:
        exhausted = error.max_attempts is not None and self._claim.attempts >= error.max_attempts
        return error.retryable and not exhausted and not self._last_try

    async def _refuse(self, part: int, error: SendError) -> Delivery:
        result = PartResult(part=part, outcome="refused", error=kept(error))
        receipt = await self._complete(result, final=True)
        return Delivery("refused", part, error, receipt)

    async def _complete(self, *results: PartResult, final: bool) -> ReceiptDue | None:
        request = CompleteRequest(
            **self._key(),
            parts=list(results),
            conversation_id=self._conversation_id,
            final=final,
        )
        try:
            completed = await insist(lambda: self._state.complete(request), COMPLETE_PATIENCE)
        except Conflict:  # a status has told the fate, or somebody else has taken over
            raise Busy("settled or taken over by another", retry_after=1) from None
        return completed.receipt

    async def give_back(self, reason: str) -> None:
        """Let the next attempt begin at once: nothing of this one is in flight."""
        request = ReleaseRequest(**self._key(), reason=reason)
        await insist(lambda: self._state.release(request), COMPLETE_PATIENCE)

    def _key(self) -> dict[str, Any]:
        request = self._request
        return {
            "tenant_id": request.tenant_id,
            "channel_id": request.channel_id,
            "direction": request.direction,
            "source_id": request.source_id,
            "attempt_id": request.attempt_id,
        }


def _never_settled(claim: Claim) -> bool:
    since = claim.unknown_since
    return claim.outcome == "unknown" and since is not None and utcnow() - since > STATUS_PATIENCE


def kept(error: SendError) -> dict[str, Any]:
    """What of an error is written down with the message."""
    return error.model_dump(mode="json", include=KEPT, exclude_none=True)
