"""The transfer of genesys-api: a tenant's token, room and time for it, one outcome."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from genesys_api_service.fetching import Fetching
from shared.media.fetch import Fetcher
from shared.media.hosts import Trusted
from shared.media.settings import MediaSettings
from shared.media.store import MediaStore
from shared.messaging.attempts import Bearer, Patience
from shared.messaging.credentials import TenantCredential
from shared.messaging.outcomes import SendError
from shared.messaging.transfers import Order, Transfers
from shared.messaging.transport import Limits
from shared.runtime.function import Check
from shared.services.delivery import GenesysMediaFetch, MediaOutcome, StoredFile
from shared.storage.streams import Streams
from shared.tokens.source import TokenSource


@dataclass(frozen=True)
class Media:
    """Files from Genesys to S3."""

    fetching: Fetching
    tokens: TokenSource
    transfers: Transfers
    check: Check
    patience: Patience = field(default_factory=Patience)

    async def fetch(self, request: GenesysMediaFetch) -> MediaOutcome:
        """An agent's file into media-outbound."""
        tenant_id, name = request.tenant_id, request.credential.split(",")[0]
        credential = TenantCredential(self.tokens, tenant_id, "genesys", name)
        bearer = Bearer(credential, self.patience)
        order = Order("genesys_fetch", request.tenant_id, request.channel_id, request.seconds)
        ended = await self.transfers.run(order, lambda: self.fetching.fetch(request, bearer))
        if isinstance(ended, SendError):
            return MediaOutcome(error=ended)
        return MediaOutcome(file=StoredFile(**vars(ended)))


@asynccontextmanager
async def open_media(
    settings: MediaSettings,
    limits: Limits,
    api_base_url: str,
    regions: frozenset[str],
    tokens: TokenSource,
) -> AsyncIterator[Media]:
    """Open S3 and the pool to Genesys' file hosts; the host of `api_base_url` may be private."""
    trusted = Trusted.of(settings.fetch_allowed_hosts, api_base_url)
    api = Trusted.of("", api_base_url)
    async with (
        Streams.open(settings) as streams,
        Fetcher.open(trusted, connect=limits.connect, stall=limits.read) as fetcher,
    ):
        yield Media(
            Fetching(fetcher, MediaStore(streams), trusted, api, regions),
            tokens,
            Transfers(settings.media_at_once),
            Check("s3", streams.ping, required=False),
        )
