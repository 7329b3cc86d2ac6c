"""A login host of a test's own: small, real HTTP, counts what it is asked and answers as told."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


@dataclass
class Asked:
    path: str
    client: str
    form: dict[str, list[str]]


@dataclass
class Login:
    """`status` other than 200 answers `error`; `delay` seconds pass before each answer."""

    url: str = ""
    status: int = 200
    error: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    expires_in: Any = 86399
    delay: float = 0.0
    asked: list[Asked] = field(default_factory=list)

    def answer(self) -> bytes:
        if self.status != 200:
            return json.dumps(self.error).encode()
        token = f"gc-token-{len(self.asked)}"
        body = {"access_token": token, "token_type": "bearer", "expires_in": self.expires_in}
        return json.dumps(body).encode()


@contextmanager
def login_server() -> Iterator[Login]:
    login = Login()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            client = base64.b64decode(self.headers["Authorization"].removeprefix("Basic "))
            login.asked.append(Asked(self.path, client.decode(), form))
            body = login.answer()
            time.sleep(login.delay)
            self.send_response(login.status)
            for name, value in login.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests look at `asked`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    login.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield login
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
