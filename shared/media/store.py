"""Puts a file that is on its way in into S3: type by content, safe to open, capped, hashed.

Key: `{tenantId}/{mediaType}/{yyyy-MM-dd}/{uuid}.{ext}`. A file is there whole or not at all.
How the uuid begins tells who knows a message which files are its own: an erasure finds them so.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from shared.media.described import describe
from shared.media.errors import NotAFile, TooLarge
from shared.media.fetch import Download
from shared.media.form import LOOK
from shared.media.meter import Meter, behead
from shared.media.names import disposition
from shared.media.types import group, is_page
from shared.runtime.clock import utcnow
from shared.storage.streams import Streams
from shared.wire.file_types import Form, ending_of, plain

Bucket = Literal["media-inbound", "media-outbound"]

# How long a link lives: agents and customers open a chat days later.
LIFETIMES: Mapping[str, timedelta] = {
    "media-inbound": timedelta(days=7),
    "media-outbound": timedelta(days=7),
}


@dataclass(frozen=True)
class Wanted:
    """What is to be kept, and what was told of it. `sha256`: in any form, any one may fit.

    `message`: an id of the message that it is of.
    """

    tenant_id: str
    bucket: Bucket
    max_bytes: int
    mime: str | None = None
    filename: str | None = None
    sha256: tuple[str | None, ...] = ()
    message: str | None = None


@dataclass(frozen=True)
class Kept:
    """A file that is in S3. `size` in bytes, `sha256` in hex, `url` for whoever has it.

    `filename` ends as its bytes say; `text`: whether they are text, whatever its type.
    """

    bucket: str
    key: str
    mime: str
    size: int
    sha256: str
    filename: str
    url: str
    text: bool
    form: Form | None = None


class MediaStore:
    """The media buckets."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    async def keep(self, download: Download, wanted: Wanted) -> Kept:
        """Store it. Raises MediaError and S3Away; then nothing of it is there."""
        if download.length is not None and download.length > wanted.max_bytes:
            raise TooLarge(f"{download.length} bytes, the limit is {wanted.max_bytes}")
        head, chunks = await behead(download.chunks(), LOOK)
        told = wanted.mime or plain(download.content_type)
        if is_page(head, download.content_type, wanted.mime):
            raise NotAFile("a page came in place of the file")
        found = describe(head, told, wanted.filename)
        key = new_key(wanted, found.mime)
        meter = Meter(chunks, max_bytes=wanted.max_bytes, told=wanted.sha256)
        headers = {
            "Content-Type": found.mime,
            "Content-Disposition": disposition(found.mime, found.name),
        }
        await self._streams.write(wanted.bucket, key, meter, headers)
        url = self._streams.link(wanted.bucket, key, LIFETIMES[wanted.bucket])
        return Kept(
            bucket=wanted.bucket,
            key=key,
            mime=found.mime,
            size=meter.size,
            sha256=meter.sha256,
            filename=found.name,
            url=url,
            text=found.text,
            form=found.form,
        )


def new_key(wanted: Wanted, mime: str) -> str:
    """Where a new file goes."""
    begin = name_of(wanted.tenant_id, wanted.message or secrets.token_hex(16))
    name = begin + _uuid(b"", secrets.token_bytes(8))[len(begin) :]
    day = f"{utcnow():%Y-%m-%d}"
    return f"{wanted.tenant_id}/{group(mime)}/{day}/{name}.{ending_of(mime)}"


def name_of(tenant_id: str, message: str) -> str:
    """How the names of a message's files begin: 60 bits of a hash, in the first half of a uuid."""
    told = f"{tenant_id}\0{message}".encode()
    return _uuid(hashlib.blake2b(told, digest_size=8).digest(), b"")[:18]


def _uuid(first: bytes, second: bytes) -> str:
    return str(UUID(bytes=first.ljust(8, b"\0") + second.ljust(8, b"\0"), version=4))
