"""Sends one finished message, tap or receipt to a tenant's Genesys region.

Of several OAuth clients the one with most calls left makes the call.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import SecretStr

from genesys_api_service.budget import Budgets, Turn
from shared.genesys.client import GenesysClient, Hear, unheard
from shared.genesys.regions import known_region
from shared.limits.client_math import Kind
from shared.messaging.credentials import TenantCredential
from shared.messaging.outcomes import SendError, SendOutcome
from shared.messaging.sending import Job, Sending, check_body
from shared.runtime.errors import BadInput
from shared.services.delivery import GenesysSend
from shared.tokens.source import TokenSource

# Bytes. Four thousand characters and one attachment's link are under 40 KB.
BODY_LIMIT = 256 * 1024

RECEIPT: Final = "genesys_receipt"

Call = Callable[[str, str, SecretStr, dict[str, Any], Hear], Awaitable[SendOutcome]]


@dataclass(frozen=True)
class Sender:
    """Genesys' side of the delivery. `regions`: those the operator added to Genesys' own."""

    client: GenesysClient
    tokens: TokenSource
    sending: Sending
    regions: frozenset[str] = frozenset()
    budgets: Budgets | None = None

    async def message(self, request: GenesysSend) -> SendOutcome:
        """The outcome of one customer's message."""
        return await self._send("genesys_message", self.client.message, request)

    async def structured(self, request: GenesysSend) -> SendOutcome:
        """The outcome of one customer's tap on an option."""
        return await self._send("genesys_structured", self.client.structured, request)

    async def receipt(self, request: GenesysSend) -> SendOutcome:
        """The outcome of one receipt."""
        return await self._send(RECEIPT, self.client.receipt, request)

    async def _send(self, kind: str, call: Call, request: GenesysSend) -> SendOutcome:
        """Raises BadInput; Unavailable when nothing could be sent."""
        check_body(request.body, BODY_LIMIT)
        # A region names the host that gets our token: an unknown one gets nothing.
        if not known_region(request.region, self.regions):
            raise BadInput("the region is not one of Genesys Cloud: see GENESYS_EXTRA_REGIONS")
        job, names = Job(kind, request.tenant_id, request.channel_id), request.credential.split(",")
        if self.budgets is None:
            return await self._by(job, names[0], call, request)
        what: Kind = "receipt" if kind == RECEIPT else "message"
        while True:
            turn = await self.budgets.choose(request.tenant_id, names, what)
            if isinstance(turn, SendError):
                return self.sending.hold_back(job, turn)
            outcome = await self._in_turn(job, turn, call, request)
            names.remove(turn.client)
            if not names or not await _another_may(outcome, turn):
                return outcome

    async def _in_turn(self, job: Job, turn: Turn, call: Call, request: GenesysSend) -> SendOutcome:
        try:
            return await self._by(job, turn.client, call, request, turn)
        finally:
            if not turn.tries:  # there was no token
                await turn.give_back()

    async def _by(
        self, job: Job, name: str, call: Call, request: GenesysSend, turn: Turn | None = None
    ) -> SendOutcome:
        hear = turn.hear if turn else unheard

        async def attempt(token: SecretStr) -> SendOutcome:
            integration_id, region = request.integration_id, request.region
            return await call(integration_id, region, token, request.body, hear)

        credential = TenantCredential(self.tokens, request.tenant_id, "genesys", name)
        return await self.sending.run(job, attempt, credential, turn)


async def _another_may(outcome: SendOutcome, turn: Turn) -> bool:
    """Whether the same call by another client of the tenant may succeed."""
    error = outcome.error
    if error is None or outcome.outcome != "refused":
        return False
    if error.hold_tenant:
        await turn.rest(error)
    return error.hold_tenant or error.hold_line
