"""A provider that also has files: what is asked of it is answered by path, else in turn."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from email.parser import BytesParser
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from tests.delivery.provider import Connection, Provider, Reply, Seen, _read, reply

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
PDF = b"%PDF-1.7\n" + b"1 0 obj << >> endobj\n" * 400 + b"%%EOF\n"
OGG = b"OggS\x00\x02" + bytes(22) + b"\x01\x13OpusHead\x01\x01" + bytes(4000)
GIF = b"GIF89a" + bytes(4000)
CSV = b"item;price\nTea;4,50\n"
XML = b'<?xml version="1.0"?><invoice id="88"/>'
PALETTE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\x03\0\0\0" + bytes(400)
WEBP = b"RIFF\x10\0\0\0WEBPVP8 " + bytes(400)
TYPES = {
    WEBP: "image/webp",
    PNG: "image/png",
    PDF: "application/pdf",
    OGG: "audio/ogg",
    GIF: "image/gif",
    CSV: "text/csv",
    XML: "application/xml",
    PALETTE: "image/png",
}

Route = tuple[str, Callable[[str], bool], Reply]


@dataclass
class Files(Provider):
    """Holds files by their path or id; takes uploads but for those in `not_taken`.

    `uploads` are the bytes that came, `labels` their types and names.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    trouble: Reply | None = None  # the answer to everything about files, while it is set
    uploads: list[bytes] = field(default_factory=list)
    labels: list[tuple[str, str]] = field(default_factory=list)
    not_taken: tuple[bytes, ...] = ()

    def serve(self, sock: Any) -> None:
        with sock.makefile("rb") as stream:
            while seen := _read(stream):
                answer = self._about_files(seen)
                if answer is None:
                    self.seen.append(seen)
                    answer = self.replies[0]
                    if len(self.replies) > 1:
                        self.replies.popleft()
                if not answer(Connection(sock, self.closing)):
                    return

    def _about_files(self, seen: Seen) -> Reply | None:
        path = urlsplit(seen.path).path
        upload = seen.method == "POST" and path.endswith("/media")
        if seen.method != "GET" and not upload:
            return None
        if self.trouble is not None:
            return self.trouble
        if upload:
            content, *label = uploaded(seen)
            if content in self.not_taken:
                return reply(400, {"error": {"code": 100, "message": "Param file must be a file"}})
            self.uploads.append(content)
            self.labels.append((label[0], label[1]))
            return reply(200, {"id": f"up-{len(self.uploads)}"})
        name = path.rpartition("/")[2]
        if name not in self.files:
            return reply(404, {"error": {"code": 100, "error_subcode": 33, "message": "no"}})
        return self._file(name, self.files[name], look_up="/files/" not in path)

    def _file(self, name: str, content: bytes, *, look_up: bool) -> Reply:
        if not look_up:
            return reply(200, content, Content_Type=TYPES[content])
        told = {
            "id": name,
            "url": f"{self.url}/files/{name}",
            "mime_type": TYPES[content],
            "sha256": sha256(content).hexdigest(),
            "file_size": len(content),
        }
        return reply(200, told, Content_Type="application/json")

    def keep(self, content: bytes) -> str:
        """A new file; the name that it has."""
        name = uuid4().hex
        self.files[name] = content
        return name

    def reset(self, *replies: Reply) -> None:
        """From now on; what came and what was held is forgotten."""
        self.files, self.trouble, self.uploads = {}, None, []
        self.labels, self.not_taken = [], ()
        self.play(*replies)


def uploaded(seen: Seen) -> tuple[bytes, str, str]:
    """The file in an upload's form, its type and its name."""
    head = f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode()
    form = BytesParser().parsebytes(head + seen.body)
    for part in form.walk():
        if name := part.get_filename():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return content, part["Content-Type"], name
    raise AssertionError(json.dumps([str(part.get("Content-Disposition")) for part in form.walk()]))
