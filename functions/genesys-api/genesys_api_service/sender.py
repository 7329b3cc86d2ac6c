"""Sends one finished message, tap or receipt to a tenant's Genesys region with its token."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from shared.genesys.client import GenesysClient
from shared.genesys.regions import known_region
from shared.messaging.credentials import TenantCredential
from shared.messaging.outcomes import SendOutcome
from shared.messaging.sending import Sending, check_body
from shared.runtime.errors import BadInput
from shared.services.delivery import GenesysSend
from shared.tokens.source import TokenSource

# Bytes. Four thousand characters and one attachment's link are under 40 KB.
BODY_LIMIT = 256 * 1024

Call = Callable[[str, str, SecretStr, dict[str, Any]], Awaitable[SendOutcome]]


@dataclass(frozen=True)
class Sender:
    """Genesys' side of the delivery. `regions`: those the operator added to Genesys' own."""

    client: GenesysClient
    tokens: TokenSource
    sending: Sending
    regions: frozenset[str] = frozenset()

    async def message(self, request: GenesysSend) -> SendOutcome:
        """The outcome of one customer's message."""
        return await self._send("genesys_message", self.client.message, request)

    async def structured(self, request: GenesysSend) -> SendOutcome:
        """The outcome of one customer's tap on an option."""
        return await self._send("genesys_structured", self.client.structured, request)

    async def receipt(self, request: GenesysSend) -> SendOutcome:
        """The outcome of one receipt."""
        return await self._send("genesys_receipt", self.client.receipt, request)

    async def _send(self, kind: str, call: Call, request: GenesysSend) -> SendOutcome:
        """Raises BadInput; Unavailable when nothing could be sent."""
        check_body(request.body, BODY_LIMIT)
        # A region names the host that gets our token: an unknown one gets nothing.
        if not known_region(request.region, self.regions):
            raise BadInput("the region is not one of Genesys Cloud: see GENESYS_EXTRA_REGIONS")

        async def attempt(token: SecretStr) -> SendOutcome:
            return await call(request.integration_id, request.region, token, request.body)

        credential = TenantCredential(self.tokens, request.tenant_id, "genesys", request.credential)
        return await self.sending.run(
            kind, request.tenant_id, request.channel_id, attempt, credential
        )
