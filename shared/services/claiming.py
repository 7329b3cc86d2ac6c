"""Asks for a claim, and gives back the one whose answer never came."""

from __future__ import annotations

import asyncio
from typing import Any

from shared.runtime.errors import Unavailable
from shared.services.patience import insist
from shared.services.state import Claim, ClaimRequest, ReleaseRequest, StateClient
from shared.services.untold import Telling

# Seconds. A claim that was not answered may hold: the same attempt asks again and finds its own.
CLAIM_PATIENCE = 8.0
# So long an unanswered claim may still come to hold: state's own limits, and one that was frozen.
GIVE_BACK_PATIENCE = 120.0


async def claimed(
    state: StateClient, request: ClaimRequest, patience: float = CLAIM_PATIENCE
) -> tuple[Claim, float]:
    """State's answer, and when it was asked for (monotonic seconds). Raises Unavailable.

    A claim that was not answered may hold, or may come to hold when state wakes up, and nobody
    will ever act on it: it is given back, however long that takes.
    """
    asked_at = 0.0

    async def ask() -> Claim:
        nonlocal asked_at
        asked_at = asyncio.get_running_loop().time()
        return await state.claim(request)

    try:
        return await insist(ask, patience), asked_at
    except Unavailable:
        release = ReleaseRequest(**key_of(request), reason="its claim was not answered")
        until = asked_at + GIVE_BACK_PATIENCE

        async def give_back() -> bool:
            late = asyncio.get_running_loop().time() > until
            return (await state.release(release)).released or late

        state.untold.tell(give_back)
        raise


def giving_back(state: StateClient, request: ClaimRequest, reason: str) -> Telling:
    """The call that frees a claim, if its attempt still holds it."""
    release = ReleaseRequest(**key_of(request), reason=reason)

    async def give_back() -> bool:
        await state.release(release)
        return True

    return give_back


def key_of(request: ClaimRequest) -> dict[str, Any]:
    """What names a claim, and the attempt that holds it."""
    names = {"tenant_id", "channel_id", "direction", "source_id", "attempt_id"}
    return request.model_dump(include=names)
