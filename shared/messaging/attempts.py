"""The short retries of one send: refused and retryable only, within about two seconds in all.

An unknown fate is never repeated here; long retries are the connector's. A rejected token is
dropped and replaced once.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from shared.messaging.outcomes import SendError, SendOutcome
from shared.runtime.errors import ParleyError

Attempt = Callable[[str], Awaitable[SendOutcome]]


class Credential(Protocol):
    """One tenant's access to one provider."""

    async def token(self) -> str:
        """A token that is good as far as we know. Raises ParleyError."""
        ...

    async def drop(self, token: str) -> None:
        """Forget this token: the provider rejected it."""
        ...


@dataclass(frozen=True)
class Patience:
    """How long one call may try. `budget`: seconds from its start in which a try may begin."""

    tries: int = 3
    budget: float = 2.0
    first_wait: float = 0.2

    def wait(self, outcome: SendOutcome, tries: int, elapsed: float) -> float | None:
        """Seconds until the next try, or None when this call is done."""
        error = outcome.error
        if outcome.outcome != "refused" or error is None or not error.retryable:
            return None
        if tries >= min(self.tries, error.max_attempts or self.tries):
            return None
        # Never earlier than the provider asks; a little later, so that many do not come together.
        asked = error.retry_after or self.first_wait * 2 ** (tries - 1)
        wait = asked * random.uniform(1.0, 1.2)  # noqa: S311 - spreads load, guards nothing
        return wait if elapsed + wait <= self.budget else None


async def deliver(attempt: Attempt, credential: Credential, patience: Patience) -> SendOutcome:
    """Try until accepted, final, unknown or out of patience.

    Raises a retryable ParleyError when no token can be had: nothing was sent. A credential that
    is itself at fault is an outcome: the tenant is held.
    """
    started = time.monotonic()
    try:
        token, outcome = await _first(attempt, credential)
    except ParleyError as error:
        if error.retryable != "no":
            raise
        return SendOutcome.refused(_no_token(error))
    tries = 1
    while (wait := patience.wait(outcome, tries, time.monotonic() - started)) is not None:
        await asyncio.sleep(wait)
        outcome = await attempt(token)
        tries += 1
    return _settled(outcome, tries)


async def _first(attempt: Attempt, credential: Credential) -> tuple[str, SendOutcome]:
    """The first try, and one more where a fresh token may help."""
    token = await credential.token()
    outcome = await attempt(token)
    if outcome.error is None or not outcome.error.token_rejected:
        return token, outcome
    await credential.drop(token)
    fresh = await credential.token()
    if fresh == token:  # a token that does not expire: only an operator can mend it
        return token, outcome
    return fresh, await attempt(fresh)


def _settled(outcome: SendOutcome, tries: int) -> SendOutcome:
    """The same outcome, final where the code allows no more tries than were made."""
    error = outcome.error
    if error is None or error.max_attempts is None or tries < error.max_attempts:
        return outcome
    final = error.model_copy(update={"retryable": False, "action": "never", "retry_after": None})
    return outcome.model_copy(update={"error": final})


def _no_token(error: ParleyError) -> SendError:
    return SendError(
        provider_code=error.code,
        title="No token for this credential",
        detail=error.detail,
        action="alarm",
        retryable=True,
        retry_after=60,
        reason="GeneralError",
        agent_words="Messages can not be sent for now. Tell your administrator.",
        operator_words="Store a valid credential: parley tenants apply. The messages wait for it.",
        hold_tenant=True,
    )
