"""The form in which Meta takes a file, and what it tells of one that a customer sent.

Contract: contracts/meta.md (d).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp

from shared.wire.fields import number, text


@dataclass(frozen=True)
class Found:
    """Where a customer's file is for the next five minutes, and what it should be."""

    url: str
    mime: str | None
    sha256: str | None
    size: int | None  # bytes


@dataclass(frozen=True)
class Upload:
    """A file to give to Meta: its pieces, once, and how many bytes they are."""

    chunks: AsyncIterator[bytes]
    size: int
    mime: str
    filename: str


class _Sized(aiohttp.AsyncIterablePayload):
    """A stream whose length is known, so that the form has a Content-Length."""

    def __init__(self, upload: Upload) -> None:
        super().__init__(upload.chunks, content_type=upload.mime)
        self._size = upload.size


def form_of(upload: Upload) -> aiohttp.MultipartWriter:
    """The multipart form of an upload. The file's part has its own Content-Type, with all of it."""
    writer = aiohttp.MultipartWriter("form-data")
    for name, value in (("messaging_product", "whatsapp"), ("type", upload.mime)):
        part = writer.append(value)
        part.headers.pop("Content-Type", None)
        part.set_content_disposition("form-data", name=name)
    part = writer.append_payload(_Sized(upload))
    name = upload.filename
    part.set_content_disposition("form-data", quote_fields=False, name="file", filename=name)
    return writer


def found_of(told: dict[str, Any] | None) -> Found | None:
    """The answer to a look-up: {url, mime_type, sha256, file_size (text or number), id}."""
    answer = told or {}
    url, size = text(answer.get("url")), number(answer.get("file_size"))
    if url is None:
        return None
    return Found(
        url=url,
        mime=text(answer.get("mime_type")),
        sha256=text(answer.get("sha256")),
        size=None if size is None else int(size),
    )
