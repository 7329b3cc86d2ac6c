"""A stream that is counted, capped and hashed as it passes; nothing of it is kept."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import AsyncIterable, AsyncIterator, Iterable

from shared.media.errors import Damaged, NotAFile, TooLarge

_HEX_LENGTH = 64


def read_digest(told: str | None) -> bytes | None:
    """A SHA-256 as it is told: in hex, or in base64 of either alphabet; None for anything else.

    Meta has both forms (contracts/meta.md d).
    """
    text = (told or "").strip()
    try:
        if len(text) == _HEX_LENGTH:
            return bytes.fromhex(text)
        padded = text.rstrip("=").replace("-", "+").replace("_", "/") + "="
        raw = base64.b64decode(padded, validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw if len(raw) == hashlib.sha256().digest_size else None


class Meter:
    """Passes a file's chunks on, and knows its `size` and `sha256` (hex) at the end."""

    def __init__(
        self, chunks: AsyncIterable[bytes], *, max_bytes: int, told: Iterable[str | None] = ()
    ) -> None:
        """`told`: the SHA-256 in one or several forms; any one that fits will do."""
        self.size = 0
        self._chunks = chunks
        self._max_bytes = max_bytes
        self._told = {digest for text in told if (digest := read_digest(text)) is not None}
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Of all that has passed."""
        return self._digest.hexdigest()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The same chunks. Raises TooLarge, NotAFile for nothing, Damaged, and what they raise."""
        async for chunk in self._chunks:
            self.size += len(chunk)
            if self.size > self._max_bytes:
                raise TooLarge(f"over {self._max_bytes} bytes")
            self._digest.update(chunk)
            yield chunk
        if not self.size:
            raise NotAFile("nothing came")
        if self._told and self._digest.digest() not in self._told:
            raise Damaged("the file has not the SHA-256 that was told")


async def behead(chunks: AsyncIterator[bytes], length: int) -> tuple[bytes, AsyncIterator[bytes]]:
    """The first `length` bytes, or a little more, or all; and the whole stream with them."""
    head = b""
    async for chunk in chunks:
        head += chunk
        if len(head) >= length:
            break

    async def whole() -> AsyncIterator[bytes]:
        if head:
            yield head
        async for chunk in chunks:
            yield chunk

    return head, whole()
