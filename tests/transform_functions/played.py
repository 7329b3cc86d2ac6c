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
TYPES = {PNG: "image/png", PDF: "application/pdf", OGG: "audio/ogg"}

Route = tuple[str, Callable[[str], bool], Reply]


@dataclass
class Files(Provider):
    """Holds files by their path or id; takes uploads. `uploads` are the bytes that came."""

    files: dict[str, bytes] = field(default_factory=dict)
    trouble: Reply | None = None  # the answer to everything about files, while it is set
    uploads: list[bytes] = field(default_factory=list)

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
            self.uploads.append(uploaded(seen))
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
        self.play(*replies)


def uploaded(seen: Seen) -> bytes:
    """The file in an upload's form."""
    head = f"Content-Type: {seen.headers['content-type']}\r\n\r\n".encode()
    form = BytesParser().parsebytes(head + seen.body)
    for part in form.walk():
        if part.get_filename():
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            return content
    raise AssertionError(json.dumps([str(part.get("Content-Disposition")) for part in form.walk()]))
