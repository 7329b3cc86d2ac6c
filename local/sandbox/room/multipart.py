"""Uploads as they come: each part's headers, size, hash and beginning; never a whole file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

HEAD = 1024
MOST_PARTS = 20


class NotMultipartError(Exception):
    """The body is not multipart/form-data, or broken."""


@dataclass(slots=True)
class Part:
    """One part. `head` is its beginning, a whole short field."""

    headers: dict[str, str] = field(default_factory=dict)
    name: str = ""
    filename: str | None = None
    size: int = 0
    head: bytes = b""
    sha256: str = ""

    @property
    def text(self) -> str:
        """A short field's value."""
        return self.head.decode("utf-8", "replace")

    @property
    def is_file(self) -> bool:
        """True when it has a file's name."""
        return self.filename is not None

    def shown(self) -> dict[str, Any]:
        """For the record."""
        if not self.is_file:
            return {"name": self.name, "value": self.text}
        told = {"filename": self.filename, "content_type": self.headers.get("content-type")}
        return {"name": self.name, **told, "size": self.size, "sha256": self.sha256}


class _Reader:
    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.over = False
        self._digest = hashlib.sha256()
        self._field, self._value = b"", b""

    def on_part_begin(self) -> None:
        if len(self.parts) == MOST_PARTS:
            raise NotMultipartError("too many parts")
        self.parts.append(Part())
        self._digest = hashlib.sha256()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        part, name = self.parts[-1], self._field.decode("latin-1").lower()
        part.headers[name] = self._value.decode("latin-1")
        if name == "content-disposition":
            _, options = parse_options_header(self._value)
            part.name = options.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in options:
                part.filename = options[b"filename"].decode("utf-8", "replace")
        self._field, self._value = b"", b""

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        part, piece = self.parts[-1], data[start:end]
        self._digest.update(piece)
        part.size += len(piece)
        if len(part.head) < HEAD:
            part.head += piece[: HEAD - len(part.head)]

    def on_part_end(self) -> None:
        self.parts[-1].sha256 = self._digest.hexdigest()

    def on_end(self) -> None:
        self.over = True


CALLBACKS = (
    "on_part_begin",
    "on_part_data",
    "on_part_end",
    "on_header_field",
    "on_header_value",
    "on_header_end",
    "on_end",
)


async def read_parts(request: Request) -> list[Part]:
    """Read the body to its end; raises `NotMultipartError` (the rest of the body is then read)."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    reader, wrong = _Reader(), "the body is not multipart/form-data"
    callbacks: Any = {name: getattr(reader, name) for name in CALLBACKS}
    parser = MultipartParser(boundary, callbacks) if boundary else None
    if kind != b"multipart/form-data":
        parser = None
    async for chunk in request.stream():
        try:
            if parser is not None:
                parser.write(chunk)
        except (FormParserError, NotMultipartError) as broken:
            parser, wrong = None, str(broken)
    if parser is None or not reader.over:
        raise NotMultipartError(wrong if parser is None else "the body ends too early")
    return reader.parts
