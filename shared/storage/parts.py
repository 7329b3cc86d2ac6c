"""Cuts a stream into parts of an S3 upload, with one part of it in memory at a time."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field

PART = 5 * 1024 * 1024  # bytes; S3 takes no smaller part, but for the last
PIECE = 128 * 1024  # bytes that go to a socket at once
_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Part:
    """Bytes to send; `digest` is their SHA-256 in hex, which the signature holds."""

    body: bytearray = field(default_factory=bytearray)
    digest: str = _EMPTY

    @classmethod
    def of(cls, body: bytes) -> Part:
        """A part of bytes that are there whole."""
        return cls(bytearray(body), hashlib.sha256(body).hexdigest())

    async def pieces(self) -> AsyncIterator[bytes]:
        """Small pieces: the loop is free in between, and no second copy of the part is made."""
        for start in range(0, len(self.body), PIECE):
            yield bytes(self.body[start : start + PIECE])


async def parts_of(chunks: AsyncIterable[bytes]) -> AsyncIterator[Part]:
    """Parts of PART bytes and the rest; one that is empty when nothing comes.

    The body of a part is emptied when the next is asked for: all share one buffer.
    """
    body, digest, several = bytearray(), hashlib.sha256(), False
    async for chunk in chunks:
        rest = memoryview(chunk)
        while len(body) + len(rest) >= PART:
            taken, rest = rest[: PART - len(body)], rest[PART - len(body) :]
            body += taken
            digest.update(taken)
            yield Part(body, digest.hexdigest())
            body.clear()
            digest, several = hashlib.sha256(), True
        body += rest
        digest.update(rest)
    if body or not several:
        yield Part(body, digest.hexdigest())
