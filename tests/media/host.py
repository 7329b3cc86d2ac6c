"""A provider that has files: it answers by path, each path's replies in turn, the last for ever."""

import json
import socket
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.delivery.provider import Connection, Provider, Reply, Seen, _read, reply
from tests.media.samples import JPEG
from tests.storage.s3_tools import blocks

PHONE = "106540352242922"
MEDIA = "900000000000001"
LOOKUP = f"/v23.0/{MEDIA}"
FILE = "/whatsapp_business/attachments"
UPLOAD = f"/v23.0/{PHONE}/media"
DOWNLOAD = "/api/v2/downloads/"


@dataclass
class Host(Provider):
    """`at` says what a path answers; what nobody asked about is 404."""

    rooms: dict[str, deque[Reply]] = field(default_factory=dict)

    def at(self, path: str, *replies: Reply) -> None:
        self.rooms[path] = deque(replies)

    def begin(self) -> None:
        """Forget all that was said and all that came."""
        self.play()
        self.rooms = {}

    def asked(self, path: str) -> list[Seen]:
        """The requests to this path and what is under it."""
        return [seen for seen in self.seen if seen.path.startswith(path)]

    def serve(self, sock: socket.socket) -> None:
        with sock.makefile("rb") as stream:
            while seen := _read(stream):
                self.seen.append(seen)
                if not self._choose(seen)(Connection(sock, self.closing)):
                    return

    def _choose(self, seen: Seen) -> Reply:
        fitting = [path for path in self.rooms if seen.path.startswith(path)]
        if not fitting:
            return reply(404, {"message": "nobody was told what this answers"})
        replies = self.rooms[max(fitting, key=len)]
        return replies.popleft() if len(replies) > 1 else replies[0]


def found(host: Provider, path: str = FILE, **told: Any) -> Reply:
    """Meta's answer to a look-up."""
    answer = {"messaging_product": "whatsapp", "url": host.url + path, "id": MEDIA, **told}
    return reply(200, answer)


def file(body: bytes = JPEG, mime: str = "image/jpeg", **headers: str) -> Reply:
    return reply(200, body, Content_Type=mime, **headers)


def large(size: int, mime: str, head: bytes = b"") -> Reply:
    """So many bytes after `head`, made as they are sent."""

    def play(connection: Connection) -> bool:
        length = len(head) + size
        start = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nContent-Type: {mime}\r\n\r\n"
        return pour(connection, start.encode() + head, blocks(size))

    return play


def unmeasured(size: int, mime: str, head: bytes = b"") -> Reply:
    """The same without a word of its length: it ends with the connection."""

    def play(connection: Connection) -> bool:
        start = f"HTTP/1.1 200 OK\r\nContent-Type: {mime}\r\nConnection: close\r\n\r\n".encode()
        pour(connection, start + head, blocks(size))
        return False

    return play


def pour(connection: Connection, start: bytes, body: Iterable[bytes]) -> bool:
    """Send until the other side has enough."""
    try:
        connection.sock.sendall(start)
        for block in body:
            connection.sock.sendall(block)
    except OSError:
        return False
    return True


def meta_error(code: int, words: str = "no", **more: Any) -> bytes:
    return json.dumps({"error": {"message": words, "code": code, **more}}).encode()


NO_OBJECT = reply(400, meta_error(100, "Unsupported get request", error_subcode=33))
BAD_TOKEN = reply(401, meta_error(190))
