"""A provider on a loopback port that answers as it is told, and breaks off where it is told."""

import contextlib
import json
import socket
import socketserver
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Self

from tests.waits import WAIT_S

# What must never be seen outside the request itself. They are in every request of these tests, and
# the provider's words quote them wherever it has words.
TEXT = "Dear Ms Ōsaka, your xylophone is here"
NUMBER = "4915112345678"
TOKEN = "EAAG0secret0token0of0the0tenant"
FRESH = "EAAG0fresh0token"
PRIVATE = (TEXT, NUMBER, TOKEN, FRESH, "xylophone", "Ōsaka", "12345678")


def assert_clean(*texts: str) -> None:
    """No text, number or token, in any of them."""
    for text in texts:
        for private in PRIVATE:
            assert private not in text, text
            assert json.dumps(private).strip('"') not in text, text


@dataclass(frozen=True)
class Seen:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Reply = Callable[["Connection"], bool]  # plays the answer; whether the connection stays


@dataclass
class Connection:
    sock: socket.socket
    closing: threading.Event


def reply(status: int, body: bytes | dict[str, Any] = b"", **headers: str) -> Reply:
    """An ordinary answer. Header names with _ for -."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} words", f"Content-Length: {len(raw)}"]
    lines += [f"{name}: {value}" for name, value in named.items()]
    return send("\r\n".join(lines).encode() + b"\r\n\r\n" + raw)


def send(raw: bytes) -> Reply:
    """These bytes, whatever they mean."""

    def play(connection: Connection) -> bool:
        connection.sock.sendall(raw)
        return True

    return play


def send_and_cut(raw: bytes) -> Reply:
    """These bytes, then the end."""

    def play(connection: Connection) -> bool:
        connection.sock.sendall(raw)
        return False

    return play


def reset(connection: Connection) -> bool:
    """A reset in place of an answer, after the request was read."""
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def cut(_: Connection) -> bool:
    """The end in place of an answer, after the request was read."""
    return False


def hang(connection: Connection) -> bool:
    """No answer until the test is over."""
    connection.closing.wait(WAIT_S)
    return False


@dataclass
class Provider:
    """`replies` are played in turn; the last one again and again. `seen` is what came.

    What comes for a path of `apart` gets that reply and is kept in `seen_apart`: a call that may
    come at any time takes no turn.
    """

    replies: deque[Reply] = field(default_factory=deque)
    seen: list[Seen] = field(default_factory=list)
    apart: dict[str, Reply] = field(default_factory=dict)
    seen_apart: list[Seen] = field(default_factory=list)
    slam: bytes | None = None  # say this and close, before anything is read
    tls: ssl.SSLContext | None = None
    url: str = ""
    closing: threading.Event = field(default_factory=threading.Event)

    @classmethod
    @contextmanager
    def running(cls, *replies: Reply) -> Iterator[Self]:
        provider = cls(deque(replies))
        server = _Server(provider)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        provider.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield provider
        finally:
            provider.closing.set()
            server.shutdown()
            server.server_close()
            thread.join()

    def play(self, *replies: Reply) -> None:
        """From now on; whatever hangs is let go, whatever came is forgotten."""
        self.closing.set()
        self.closing = threading.Event()
        self.replies = deque(replies)
        self.seen, self.seen_apart = [], []

    def serve(self, sock: socket.socket) -> None:
        """One connection, until it ends or a reply ends it."""
        if self.slam is not None:
            sock.sendall(self.slam)
            return
        connection = Connection(sock, self.closing)
        with sock.makefile("rb") as stream:
            while seen := _read(stream):
                if not self._next_reply(seen)(connection):
                    return

    def _next_reply(self, seen: Seen) -> Reply:
        if seen.path in self.apart:
            self.seen_apart.append(seen)
            return self.apart[seen.path]
        self.seen.append(seen)
        return self.replies.popleft() if len(self.replies) > 1 else self.replies[0]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, provider: Provider) -> None:
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self._provider = provider

    def finish_request(self, request: Any, client_address: Any) -> None:
        del client_address
        if self._provider.tls is None:
            self._provider.serve(request)
            return
        with (
            contextlib.suppress(OSError),
            self._provider.tls.wrap_socket(request, server_side=True) as sock,
        ):
            self._provider.serve(sock)


def _read(stream: BinaryIO) -> Seen | None:
    head = b""
    try:
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline()
            if not line:
                return None
            head += line
    except OSError:
        return None
    first, *lines = head.decode().rstrip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    method, path, _ = first.split(" ", 2)
    return Seen(method, path, headers, stream.read(int(headers.get("content-length", 0))))
