"""The transfer of genesys-api: a tenant's token, room and time for it, one outcome."""

from __future__ import annotations

from dataclasses import dataclass, field

from genesys_api_service.fetching import Fetching
from shared.messaging.attempts import Bearer, Patience
from shared.messaging.credentials import TenantCredential
from shared.messaging.outcomes import SendError
from shared.messaging.transfers import Order, Transfers
from shared.services.delivery import GenesysMediaFetch, MediaOutcome, StoredFile
from shared.tokens.source import TokenSource


@dataclass(frozen=True)
class Media:
    """Files from Genesys to S3."""

    fetching: Fetching
    tokens: TokenSource
    transfers: Transfers
    patience: Patience = field(default_factory=Patience)

    async def fetch(self, request: GenesysMediaFetch) -> MediaOutcome:
        """An agent's file into media-outbound."""
        tenant_id, name = request.tenant_id, request.credential
        credential = TenantCredential(self.tokens, tenant_id, "genesys", name)
        bearer = Bearer(credential, self.patience)
        order = Order("genesys_fetch", request.tenant_id, request.channel_id, request.seconds)
        ended = await self.transfers.run(order, lambda: self.fetching.fetch(request, bearer))
        if isinstance(ended, SendError):
            return MediaOutcome(error=ended)
        return MediaOutcome(file=StoredFile(**vars(ended)))
