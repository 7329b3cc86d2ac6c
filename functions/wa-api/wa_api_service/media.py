"""The two transfers of wa-api: a tenant's token, room and time for it, one outcome."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from shared.media.fetch import Fetcher
from shared.media.hosts import Allowed, Trusted
from shared.media.settings import MediaSettings
from shared.media.store import MediaStore
from shared.messaging.attempts import Bearer, Patience
from shared.messaging.credentials import TenantCredential
from shared.messaging.outcomes import SendError
from shared.messaging.transfers import Order, Transfers
from shared.messaging.transport import Limits
from shared.runtime.function import Check
from shared.services.delivery import (
    MediaFetch,
    MediaOutcome,
    MediaUpload,
    StoredFile,
    UploadOutcome,
)
from shared.storage.cache import Cache
from shared.storage.streams import Streams
from shared.tokens.source import TokenSource
from shared.whatsapp.client import WhatsAppClient
from wa_api_service.fetching import META_HOSTS, Fetching
from wa_api_service.looking import Looking
from wa_api_service.uploading import Uploading


@dataclass(frozen=True)
class Media:
    """Files between Meta and S3."""

    fetching: Fetching
    uploading: Uploading
    looking: Looking
    tokens: TokenSource
    transfers: Transfers
    check: Check
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


@asynccontextmanager
async def open_media(
    settings: MediaSettings,
    limits: Limits,
    client: WhatsAppClient,
    tokens: TokenSource,
    cache: Cache,
) -> AsyncIterator[Media]:
    """Open S3 and the pool to Meta's file hosts; `client`'s own host may be a private one."""
    trusted = Trusted.of(settings.fetch_allowed_hosts, client.base_url)
    async with (
        Streams.open(settings) as streams,
        Fetcher.open(trusted, connect=limits.connect, stall=limits.read) as fetcher,
    ):
        yield Media(
            Fetching(client, fetcher, MediaStore(streams), Allowed(META_HOSTS, trusted)),
            Uploading(client, streams, cache),
            Looking(fetcher, trusted, cache),
            tokens,
            Transfers(settings.media_at_once),
            Check("s3", streams.ping, required=False),
        )


def _order(kind: str, request: MediaFetch | MediaUpload) -> Order:
    return Order(kind, request.tenant_id, request.channel_id, request.seconds)
