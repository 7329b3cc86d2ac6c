"""Gives a stored file to Meta, and remembers the id that it has there.

An id belongs to its number and is kept 30 days (contracts/meta.md d); we use it for 25. To upload
a file twice does no harm, so Redis may forget.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from shared.media.errors import Gone, NotAFile
from shared.media.names import clean_name
from shared.messaging.attempts import Bearer
from shared.messaging.moves import Told
from shared.messaging.outcomes import SendError
from shared.runtime.errors import Forbidden, NotFound
from shared.services.delivery import MediaUpload
from shared.storage.cache import Cache
from shared.storage.streams import Streams
from shared.whatsapp.client import WhatsAppClient
from shared.whatsapp.files import Upload
from shared.wire.file_types import ending_of

REMEMBERED_S: Final = 25 * 24 * 3600.0
BUCKETS: Final = ("media-inbound", "media-outbound")


@dataclass(frozen=True)
class Uploaded:
    """Meta's id of the file; `size` is what was moved, nothing where the id was remembered."""

    id: str
    size: int


@dataclass(frozen=True)
class Uploading:
    """Meta's side of a file's way out."""

    client: WhatsAppClient
    streams: Streams
    cache: Cache

    async def upload(self, request: MediaUpload, bearer: Bearer) -> Uploaded:
        """The id. Raises MediaError, Told, S3Away, Unavailable."""
        if request.bucket not in BUCKETS or not request.key.startswith(f"{request.tenant_id}/"):
            words = "the object is none of this tenant's files"
            whose = {"tenant_id": request.tenant_id}
            raise Forbidden(words, reason="another_tenants_file", whose=whose)
        key = memory_key(request)
        known = None if request.fresh else await self.cache.get(key)
        if known:
            return Uploaded(known.decode(), 0)
        media_id = await self._give(request, bearer)
        await self.cache.set(key, media_id.encode(), REMEMBERED_S)
        return Uploaded(media_id, request.size)

    async def _give(self, request: MediaUpload, bearer: Bearer) -> str:
        token = await bearer.token()
        try:
            told = await self._stream(request, token)
        except NotFound:
            raise Gone("S3 does not have the file any more") from None
        if isinstance(told, SendError) and told.token_rejected:
            fresh = await bearer.renew(token)
            if fresh is not None:
                told = await self._stream(request, fresh)
        if isinstance(told, SendError):
            raise Told(told)
        return told

    async def _stream(self, request: MediaUpload, token: SecretStr) -> str | SendError:
        async with self.streams.read(request.bucket, request.key) as reading:
            if reading.size != request.size:
                raise NotAFile("the object in S3 has another size than was told")
            name = clean_name(request.filename) or f"file.{ending_of(request.mime)}"
            upload = Upload(reading.chunks(), reading.size, request.mime, name)
            told = await self.client.upload(request.phone_number_id, token, upload)
            if reading.failed is not None:
                raise reading.failed
            return told


def memory_key(request: MediaUpload) -> str:
    """Where the id is kept: per tenant, number, content, and the type and name that Meta got.

    The same bytes under another name are another file: a first, worse name does not stay.
    """
    told = f"{request.mime}\0{request.filename or ''}"
    label = hashlib.sha256(told.encode()).hexdigest()[:16]
    return f"media:{request.tenant_id}:{request.phone_number_id}:{request.sha256.lower()}:{label}"
