"""Delivers the parts of one message in order, each once: claim, send, write down.

What may be tried again is given back and raised as Unavailable, for the connector to repeat; what
is decided comes back as a value.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Protocol

from shared.messaging.outcomes import SendError, SendOutcome, later, may_have_arrived
from shared.runtime.clock import utcnow
from shared.runtime.errors import Busy, Conflict, Unavailable, Unsettled
from shared.services.claiming import claimed, giving_back, key_of
from shared.services.patience import insist
from shared.services.state import (
    Claim,
    ClaimRequest,
    CompleteRequest,
    PartResult,
    ReceiptDue,
    StateClient,
)
from shared.services.untold import Telling
from shared.transforms.parts import Part

Send = Callable[[Part], Awaitable[SendOutcome]]


@dataclass(frozen=True)
class Plan:
    """What a claim's holder is to send, in order.

    `lost`: why nothing of a message can be sent, or something of it beside `parts`; it is written
    down as the last part. `mend`: asked once a part is refused for good or for now; gives what is
    to be sent in its place and after it, or None.
    """

    parts: Sequence[Part] = ()
    lost: SendError | None = None
    mend: Mend | None = field(default=None, compare=False)


Mend = Callable[[Part, SendError], Awaitable[Plan | None]]


class Holder(Protocol):
    """Who holds the claim while the parts are made."""

    @property
    def claim(self) -> Claim:
        """What state answered."""
        ...

    async def keep(self) -> None:
        """Begin the lease anew: after a transfer that took long. Raises Busy when it is lost."""
        ...


Build = Callable[[Holder], Awaitable[Plan]]

# Seconds. After a send its outcome must be written down, or the next attempt must wait to learn it.
COMPLETE_PATIENCE = 25.0
# Nearly every status comes within seconds; after so long there will be none.
STATUS_PATIENCE = timedelta(minutes=5)

# What of an error is kept with the message: codes and words, nothing that was written in it.
KEPT = {"provider_code", "title", "detail", "reason", "agent_words", "trace"}


@dataclass(frozen=True)
class Delivery:
    """What became of a message. `receipt` is one that Genesys is owed now.

    `partly`: all that can be sent was, and `error` says why the rest can not.
    """

    fate: Literal["delivered", "partly", "duplicate", "refused"]
    parts: int = 0
    error: SendError | None = None
    receipt: ReceiptDue | None = None


async def deliver(
    state: StateClient,
    request: ClaimRequest,
    build: Build,
    send: Send,
    *,
    last_try: bool = False,
    patience: float = COMPLETE_PATIENCE,
) -> Delivery:
    """Deliver a message unless it is done. `build` makes its parts, within the lease or keeping it.

    `last_try`: nobody will repeat this, so what could be tried again is refused for good, and so
    is what no status has settled for long. Raises Busy (another attempt is at it, or an earlier
    one's fate is not known yet), Unavailable. `patience`: seconds in which an outcome must be
    written down; later it is told beside, when nobody waits.
    """
    claim, asked_at = await claimed(state, request)
    if last_try and _never_settled(claim):
        request = request.model_copy(update={"resend_unknown_after": 0})
        claim, asked_at = await claimed(state, request)
        if claim.outcome == "claimed":
            attempt = _Attempt(state, request, claim, asked_at, last_try=True, patience=patience)
            return await attempt.give_up()
    if claim.outcome == "duplicate":
        return Delivery("duplicate", receipt=claim.receipt)
    if claim.outcome != "claimed":
        words = "in work elsewhere" if claim.outcome == "busy" else "an earlier send is not settled"
        raise Busy(words, retry_after=claim.retry_after)
    attempt = _Attempt(state, request, claim, asked_at, last_try=last_try, patience=patience)
    async with attempt.giving_back():
        plan = await build(attempt)
    return await attempt.run(plan, send)


class _Attempt:
    """One holder of a claim."""

    def __init__(
        self,
        state: StateClient,
        request: ClaimRequest,
        claim: Claim,
        asked_at: float,
        *,
        last_try: bool,
        patience: float,
    ) -> None:
        self.claim = claim
        self._state = state
        self._request = request
        self._last_try = last_try
        self._patience = patience
        self._held_since = asked_at
        self._accepted = [part.part for part in claim.parts if part.outcome == "accepted"]
        self._conversation_id: str | None = None

    @asynccontextmanager
    async def giving_back(self) -> AsyncIterator[None]:
        """Whatever goes wrong in the block: the claim is free at once, for nothing is in flight."""
        try:
            yield
        except Exception:
            await self.give_back("its parts could not be made")
            raise

    async def keep(self) -> None:
        await self._complete(final=False)

    async def run(self, plan: Plan, send: Send) -> Delivery:
        """Send what is left of the plan, part by part, each written down before the next."""
        if self._last_try and any(part.outcome == "unknown" for part in self.claim.parts):
            return await self.give_up()
        sent, ended, left, receipt = 0, False, self._left(plan), None
        while left:
            part, *rest = left
            await self._still_hold()
            outcome = await send(part)
            if outcome.error is not None:
                other = await self._mended(plan, part, outcome)
                if other is None:
                    return await self._failed(part, outcome, outcome.error)
                plan, left = other, [one for one in self._left(other) if one.number >= part.number]
                continue
            self._conversation_id = outcome.conversation_id or self._conversation_id
            self._accepted.append(part.number)
            sent, ended, left = sent + 1, not rest, rest
            result = PartResult(part=part.number, outcome="accepted", target_id=outcome.id)
            receipt = await self._complete(result, *self._lost(plan) * ended, final=ended)
        if not ended:
            receipt = await self._complete(*self._lost(plan), final=True)
        if plan.lost is None:
            return Delivery("delivered", sent, receipt=receipt)
        some = bool(self._accepted)
        return Delivery("partly" if some else "refused", sent, plan.lost, receipt)

    async def _still_hold(self) -> None:
        """Ask again before a send that may end after the lease: who slept sends nothing twice."""
        held_for = asyncio.get_running_loop().time() - self._held_since
        if held_for > self.claim.lease_seconds / 2:
            await self.keep()

    def _lost(self, plan: Plan) -> list[PartResult]:
        """What can not be sent, as a part behind all that can."""
        if plan.lost is None:
            return []
        numbers = [part.number for part in plan.parts] + self._accepted
        number = max(numbers, default=0) + 1
        return [PartResult(part=number, outcome="refused", error=kept(plan.lost))]

    def _left(self, plan: Plan) -> list[Part]:
        return [part for part in plan.parts if part.number not in self._accepted]

    async def _mended(self, plan: Plan, part: Part, outcome: SendOutcome) -> Plan | None:
        if plan.mend is None or outcome.outcome != "refused" or outcome.error is None:
            return None
        async with self.giving_back():
            return await plan.mend(part, outcome.error)

    async def give_up(self) -> Delivery:
        """Refuse the first part that nobody took: it may have arrived, and is not sent again."""
        words = "no status has told whether it arrived"
        lost = may_have_arrived("not_settled", words, repeatable=False)
        return await self._refuse(max(self._accepted, default=0) + 1, lost)

    async def _failed(self, part: Part, outcome: SendOutcome, error: SendError) -> Delivery:
        if outcome.outcome == "unknown":
            result = PartResult(part=part.number, outcome="unknown", error=kept(error))
            await self._complete(result, final=False)
            raise Unsettled(f"not known whether it arrived: {error.title}", retry_after=1)
        if self._may_try_again(error):
            await self.give_back(error.title)
            raise later(error, "not taken yet")
        return await self._refuse(part.number, error)

    def _may_try_again(self, error: SendError) -> bool:
        exhausted = error.max_attempts is not None and self.claim.attempts >= error.max_attempts
        return error.retryable and not exhausted and not self._last_try

    async def _refuse(self, part: int, error: SendError) -> Delivery:
        result = PartResult(part=part, outcome="refused", error=kept(error))
        receipt = await self._complete(result, final=True)
        return Delivery("refused", part, error, receipt)

    async def _complete(self, *results: PartResult, final: bool) -> ReceiptDue | None:
        request = CompleteRequest(
            **key_of(self._request),
            parts=list(results),
            conversation_id=self._conversation_id,
            final=final,
        )
        asked_at = asyncio.get_running_loop().time()
        try:
            completed = await insist(lambda: self._state.complete(request), self._patience)
        except Conflict:  # a status has told the fate, or somebody else has taken over
            raise Busy("settled or taken over by another", retry_after=1) from None
        except Unavailable:  # the fate is known here, and nowhere else

            async def complete() -> bool:
                await self._state.complete(request)
                return True

            self._state.untold.tell(complete, self._giving_back("its outcome was told late"))
            raise
        self._held_since = asked_at
        return completed.receipt

    async def give_back(self, reason: str) -> None:
        """Let the next attempt begin at once: nothing of this one is in flight."""
        give_back = self._giving_back(reason)
        try:
            await insist(give_back, self._patience)
        except Unavailable:
            self._state.untold.tell(give_back)
            raise

    def _giving_back(self, reason: str) -> Telling:
        return giving_back(self._state, self._request, reason)


def _never_settled(claim: Claim) -> bool:
    since = claim.unknown_since
    return claim.outcome == "unknown" and since is not None and utcnow() - since > STATUS_PATIENCE


def kept(error: SendError) -> dict[str, Any]:
    """What of an error is written down with the message."""
    return error.model_dump(mode="json", include=KEPT, exclude_none=True)
