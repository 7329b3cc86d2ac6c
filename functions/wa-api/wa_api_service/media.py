"""The two transfers of wa-api: a tenant's token, room and time for it, one outcome."""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.messaging.attempts import Bearer, Patience
from shared.messaging.credentials import TenantCredential
from shared.messaging.outcomes import SendError
from shared.messaging.transfers import Order, Transfers
from shared.services.delivery import (
    MediaFetch,
    MediaOutcome,
    MediaUpload,
    StoredFile,
    UploadOutcome,
)
from shared.tokens.source import TokenSource
from wa_api_service.fetching import Fetching
from wa_api_service.uploading import Uploading


@dataclass(frozen=True)
class Media:
    """Files between Meta and S3."""

    fetching: Fetching
    uploading: Uploading
    tokens: TokenSource
    transfers: Transfers
    patience: Patience = field(default_factory=Patience)

    async def fetch(self, request: MediaFetch) -> MediaOutcome:
        """A customer's file into media-inbound."""
        bearer = self._bearer(request)
        ended = await self.transfers.run(
            _order("whatsapp_fetch", request), lambda: self.fetching.fetch(request, bearer)
        )
        if isinstance(ended, SendError):
            return MediaOutcome(error=ended)
        return MediaOutcome(file=StoredFile(**vars(ended)))

    async def upload(self, request: MediaUpload) -> UploadOutcome:
        """A file of ours to Meta."""
        bearer = self._bearer(request)
        ended = await self.transfers.run(
            _order("whatsapp_upload", request), lambda: self.uploading.upload(request, bearer)
        )
        if isinstance(ended, SendError):
            return UploadOutcome(error=ended)
        return UploadOutcome(id=ended.id)

    def _bearer(self, request: MediaFetch | MediaUpload) -> Bearer:
        tenant_id, name = request.tenant_id, request.credential
        credential = TenantCredential(self.tokens, tenant_id, "whatsapp", name)
        return Bearer(credential, self.patience)


def _order(kind: str, request: MediaFetch | MediaUpload) -> Order:
    return Order(kind, request.tenant_id, request.channel_id, request.seconds)
