"""Files that exist at one of the providers: given bytes, or generated ones that take no memory.

Bytes are kept only of what was given; of what is uploaded or fetched its size, hash and beginning.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from local.sandbox.room import magic
from local.sandbox.room.limits import Bounded
from local.sandbox.room.settings import Settings

BLOCK = 65536
HEAD = 64
USUAL_SIZE = 4096
MOST_FILES = 20_000


class Recipe(BaseModel):
    """The bytes of a file: `base64`, or `size` generated ones, the same for the same `seed`."""

    model_config = ConfigDict(extra="forbid")
    mime: str
    base64: str | None = None
    size: int | None = Field(None, ge=0, le=200_000_000)
    seed: int = 0
    animated: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> Recipe:
        if self.base64 is not None and self.size is not None:
            raise ValueError("give either `base64` or `size`")
        self.content()
        return self

    def content(self) -> bytes | None:
        """The given bytes, if bytes were given."""
        if self.base64 is None:
            return None
        try:
            return base64.b64decode(self.base64, validate=True)
        except binascii.Error as wrong:
            raise ValueError(f"base64 is not Base64: {wrong}") from wrong


@dataclass(slots=True)
class File:
    """A file. `owner`: the phone number id or the org it belongs to; `until`: epoch seconds."""

    id: str
    owner: str
    mime: str
    size: int
    sha256: str
    head: bytes
    filename: str | None = None
    until: float = float("inf")
    content: bytes | None = None
    recipe: Recipe | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, piece by piece."""
        if self.recipe is not None:
            yield from generated(self.recipe, self.size)
        elif self.content is not None:
            for start in range(0, len(self.content), BLOCK):
                yield self.content[start : start + BLOCK]

    @property
    def has_bytes(self) -> bool:
        """False of what was uploaded: its bytes were not kept."""
        return self.recipe is not None or self.content is not None

    @property
    def expired(self) -> bool:
        """True once its time is over."""
        return time.time() >= self.until

    def shown(self) -> dict[str, Any]:
        """As JSON, without its bytes."""
        shown = {"mime": self.mime, "size": self.size, "sha256": self.sha256}
        return {"id": self.id, **shown, "filename": self.filename}


@lru_cache(maxsize=64)
def _block(seed: int, *, text: bool) -> bytes:
    noise = hashlib.shake_256(f"file {seed}".encode()).digest(BLOCK)
    return base64.b64encode(noise)[: BLOCK - 1] + b"\n" if text else noise


def generated(recipe: Recipe, size: int) -> Iterator[bytes]:
    """`size` bytes that begin as the recipe's type does."""
    head = magic.head(recipe.mime, size, animated=recipe.animated)[:size]
    if head:
        yield head
    text = magic.plain(recipe.mime).startswith("text/")
    block, left, number = _block(recipe.seed, text=text), size - len(head), 0
    while left > 0:
        mark = f"{number:08x}".encode()
        yield (mark + block[len(mark) :])[:left]
        left, number = left - BLOCK, number + 1


def made(recipe: Recipe, owner: str, filename: str | None = None) -> File:
    """Make the file of a recipe: its hash is taken over its very bytes."""
    content = recipe.content()
    size = USUAL_SIZE if recipe.size is None else recipe.size
    file = File(new_media_id(), owner, recipe.mime, size, "", b"", filename)
    if content is None:
        file.recipe = recipe
    else:
        file.content, file.size = content, len(content)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        file.head = file.head or chunk[:HEAD]
        digest.update(chunk)
    file.sha256 = digest.hexdigest()
    return file


def new_media_id() -> str:
    """A fresh id as Meta's media have it: digits."""
    return str(10**15 + secrets.randbelow(9 * 10**15))


class Files:
    """All files of both providers; the oldest given bytes go first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._files: Bounded[File] = Bounded(MOST_FILES)
        self._bytes = 0

    def add(self, file: File) -> File:
        """Keep it. The bytes of the oldest leave when `room.max_file_bytes` is reached."""
        self._files[file.id] = file
        self._bytes += len(file.content or b"")
        most = self._settings.room.max_file_bytes
        if self._bytes > most:
            for old in [f for f in self._files.values() if f.content]:
                self.remove(old.id)
                if self._bytes <= most:
                    break
        while len(self._files) > MOST_FILES:
            self.remove(next(iter(self._files)))
        return file

    def find(self, file_id: str, owner: str | None = None) -> File | None:
        """Look one up that is not expired; of `owner` alone when given."""
        file = self._files.get(file_id)
        if file is None or file.expired or owner not in {None, file.owner}:
            return None
        return file

    def remove(self, file_id: str) -> bool:
        """Forget one; answers whether it was there."""
        gone = self._files.pop(file_id, None)
        if gone is not None:
            self._bytes -= len(gone.content or b"")
        return gone is not None
