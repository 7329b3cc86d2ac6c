"""The short retries of one send: refused and retryable only, within about two seconds in all.

An unknown fate is never repeated here; long retries are the connector's. A rejected token is
dropped and replaced once.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from shared.messaging.outcomes import SendError, SendOutcome
from shared.runtime.errors import ParleyError, Unavailable

Attempt = Callable[[SecretStr], Awaitable[SendOutcome]]


class Credential(Protocol):
    """One tenant's access to one provider."""

    async def token(self) -> SecretStr:
        """A token that is good as far as we know. Raises ParleyError."""
        ...

    async def drop(self, token: SecretStr) -> None:
        """Forget this token: the provider rejected it."""
        ...


@dataclass(frozen=True)
class Patience:
    """How long one call may try, in seconds: all of it ends within the caller's own limit.

    A repeat begins within `budget` of the start; a fresh token is asked for within `renew_within`.
    """

    tries: int = 3
    budget: float = 2.0
    first_wait: float = 0.2
    token: float = 8.0
    renew_within: float = 5.0

    def wait(self, outcome: SendOutcome, tries: int, elapsed: float) -> float | None:
        """Seconds until the next try, or None when this call is done."""
        error = outcome.error
        if outcome.outcome != "refused" or error is None or not error.retryable:
            return None
        if error.hold_line and error.action == "wait":  # the queue waits better than a call does
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
        token, outcome = await _first(attempt, credential, patience)
    except ParleyError as error:
        if error.retryable != "no":
            raise
        return SendOutcome.refused(no_token(error))
    tries = 1
    while (wait := patience.wait(outcome, tries, time.monotonic() - started)) is not None:
        await asyncio.sleep(wait)
        outcome = await attempt(token)
        tries += 1
    return _settled(outcome, tries)


async def _first(
    attempt: Attempt, credential: Credential, patience: Patience
) -> tuple[SecretStr, SendOutcome]:
    """The first try, and one more where a fresh token may help."""
    started = time.monotonic()
    async with _limit(patience.token):
        token = await credential.token()
    outcome = await attempt(token)
    if outcome.error is None or not outcome.error.token_rejected:
        return token, outcome
    late = time.monotonic() - started > patience.renew_within
    async with _limit(patience.token):
        await credential.drop(token)
        fresh = token if late else await credential.token()
    if fresh == token:  # as a token that never expires: only an operator can mend it
        return token, outcome
    return fresh, await attempt(fresh)


class Bearer:
    """A tenant's token for a transfer: asked for when it is needed, replaced once."""

    def __init__(self, credential: Credential, patience: Patience) -> None:
        self._credential = credential
        self._patience = patience
        self._renewed = False

    async def token(self) -> SecretStr:
        """The token. Raises Unavailable, or NoToken."""
        try:
            async with _limit(self._patience.token):
                return await self._credential.token()
        except ParleyError as error:
            if error.retryable != "no":
                raise
            raise NoToken(error) from error

    async def renew(self, rejected: SecretStr) -> SecretStr | None:
        """Another token in place of one that was rejected; None when there is no other."""
        if self._renewed:
            return None
        self._renewed = True
        async with _limit(self._patience.token):
            await self._credential.drop(rejected)
        fresh = await self.token()
        return None if fresh == rejected else fresh


class NoToken(ParleyError):
    """The tenant's credential is itself at fault."""

    code = "credential_bad"
    title = "No token for this credential"
    retryable = "no"

    def __init__(self, error: ParleyError) -> None:
        """`error` is what the auth function said."""
        super().__init__(error.detail)
        self.error = no_token(error)


@asynccontextmanager
async def _limit(seconds: float) -> AsyncIterator[None]:
    """Whoever gives tokens may take so long; then nothing was sent."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Unavailable("no token in time", retry_after=1) from None


def _settled(outcome: SendOutcome, tries: int) -> SendOutcome:
    """The same outcome, final where the code allows no more tries than were made."""
    error = outcome.error
    if error is None or error.max_attempts is None or tries < error.max_attempts:
        return outcome
    final = error.model_copy(update={"retryable": False, "action": "never", "retry_after": None})
    return outcome.model_copy(update={"error": final})


def no_token(error: ParleyError) -> SendError:
    """The error of a tenant whose credential is itself at fault: an operator mends it."""
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
