"""A receiver of webhooks with scripted answers, and a world of its own for each test."""

from __future__ import annotations

import json
import secrets
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import requests

from local.sandbox.client import Message, Sandbox
from local.sandbox.room.magic import png
from tests.moments import told_at
from tests.waits import WAIT_S

PNG = png()
HANG: Literal["hang"] = "hang"
CUT: Literal["cut"] = "cut"
Reply = int | Literal["hang", "cut"]


@dataclass(frozen=True)
class Hit:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Silent: some clients cut the connection, as they should."""


class Receiver:
    """Keeps what comes; answers 200, or what `script` says, path by path."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._over = threading.Event()
        self._hits: dict[str, list[Hit]] = defaultdict(list)
        self._scripts: dict[str, deque[Reply]] = defaultdict(deque)
        self.bodies: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver._serve(self)

            def do_GET(self) -> None:
                receiver._serve(self)

            def log_message(self, *_: object) -> None:
                """Silent."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        path = request.path.partition("?")[0]
        headers = {k.lower(): v for k, v in request.headers.items()}
        with self._changed:
            script = self._scripts[path]
            reply = script.popleft() if script else 200
            self._hits[path].append(Hit(request.command, request.path, headers, body))
            self._changed.notify_all()
        if reply == HANG:
            self._over.wait()
        if isinstance(reply, str):
            request.close_connection = True
            return
        answer = self.bodies.get(path, b"")
        request.send_response(reply)
        request.send_header("Content-Length", str(len(answer)))
        if path in self.types:
            request.send_header("Content-Type", self.types[path])
        if 300 <= reply < 400:
            request.send_header("Location", f"{self.url}/elsewhere")
        request.end_headers()
        request.wfile.write(answer)

    def offer(self, path: str, content: bytes, mime: str) -> str:
        """Let `path` answer a file; answers its link."""
        self.bodies[path], self.types[path] = content, mime
        return self.url + path

    def script(self, path: str, *replies: Reply) -> None:
        self._scripts[path].extend(replies)

    def hits(self, path: str, count: int = 0, limit: float = 10.0) -> list[Hit]:
        """The hits of a path, once there are `count`."""
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self._hits[path]) >= count, limit)
            assert enough, f"{len(self._hits[path])} of {count} came to {path}"
            return list(self._hits[path])

    def stop(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class World:
    """A number, an app, a token, an org with a client and an integration; all with fresh ids."""

    sandbox: Sandbox
    receiver: Receiver
    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    token: str = ""

    def __post_init__(self) -> None:
        n = int(self.tag, 16)
        self.app, self.number, self.waba = f"app-{self.tag}", f"1{n:011d}", f"2{n:011d}"
        self.display = f"1555{n:011d}"
        self.integration, self.client_id = f"int-{self.tag}", f"client-{self.tag}"
        self.app_secret, self.webhook_secret = f"app-secret-{n}", f"webhook-secret-{n}"
        self.graph_token = f"EAA{self.tag}"
        self.meta_path, self.genesys_path = f"/meta/{self.tag}", f"/genesys/{self.tag}"

    def described(self, **client: Any) -> dict[str, Any]:
        return {
            "apps": [
                {
                    "name": self.app,
                    "app_secret": self.app_secret,
                    "callback_url": self.receiver.url + self.meta_path,
                    "verify_token": f"verify-{self.tag}",
                }
            ],
            "phone_numbers": [
                {
                    "phone_number_id": self.number,
                    "waba_id": self.waba,
                    "display_phone_number": self.display,
                    "app": self.app,
                }
            ],
            "access_tokens": [{"token": self.graph_token, "phone_number_ids": [self.number]}],
            "orgs": [
                {
                    "name": f"org-{self.tag}",
                    "clients": [
                        {"client_id": self.client_id, "client_secret": "client-secret", **client}
                    ],
                    "integrations": [
                        {
                            "integration_id": self.integration,
                            "webhook_url": self.receiver.url + self.genesys_path,
                            "webhook_secret": self.webhook_secret,
                            "webhook_headers": {"X-Static": "yes"},
                        }
                    ],
                }
            ],
        }

    def graph(self, body: Any, **over: Any) -> requests.Response:
        """POST to /messages; `over`: number, version, token, data, headers."""
        number, version = over.pop("number", self.number), over.pop("version", "v23.0")
        headers = {"Authorization": f"Bearer {over.pop('token', self.graph_token)}"}
        headers |= over.pop("headers", {})
        url = f"{self.sandbox.graph_url}/{version}/{number}/messages"
        payload = {"data": over.pop("data")} if "data" in over else {"json": body}
        return requests.post(url, headers=headers, timeout=WAIT_S, **payload)

    def login(self, secret: str = "client-secret", **form: str) -> requests.Response:
        data = {"grant_type": "client_credentials", **form}
        url = f"{self.sandbox.login_url}/oauth/token"
        return requests.post(url, auth=(self.client_id, secret), data=data, timeout=WAIT_S)

    def genesys(self, end: str, body: Any, **over: Any) -> requests.Response:
        """POST to inbound/open/<end>; `over`: integration, token, data, headers."""
        if not self.token:
            self.token = self.login().json()["access_token"]
        integration = over.pop("integration", self.integration)
        headers = {"Authorization": f"Bearer {over.pop('token', self.token)}"}
        headers |= over.pop("headers", {})
        base = f"{self.sandbox.genesys_url}/api/v2/conversations/messages"
        payload = {"data": over.pop("data")} if "data" in over else {"json": body}
        url = f"{base}/{integration}/inbound/open/{end}"
        return requests.post(url, headers=headers, timeout=WAIT_S, **payload)

    def wamid(self, body: Any) -> str:
        """Send what must be accepted; answers its id."""
        got = self.graph(body)
        assert got.status_code == 200, got.text
        sent: str = got.json()["messages"][0]["id"]
        return sent

    def upload(
        self, content: bytes = PNG, mime: str = "image/png", **over: Any
    ) -> requests.Response:
        """POST to /media; `over`: number, token, fields, part (name, mime)."""
        fields = {"messaging_product": "whatsapp", "type": mime} | over.pop("fields", {})
        name, own = over.pop("part", ("file.bin", mime))
        files: Any = {"file": (name, content, own)} if name else {"other": ("", b"")}
        number, token = over.pop("number", self.number), over.pop("token", self.graph_token)
        return requests.post(
            f"{self.sandbox.graph_url}/v23.0/{number}/media",
            data={k: v for k, v in fields.items() if v is not None},
            files=files,
            headers={"Authorization": f"Bearer {token}"},
            timeout=WAIT_S,
        )

    def uploaded(self, content: bytes = PNG, mime: str = "image/png") -> str:
        """Upload what must be accepted; answers the media id."""
        got = self.upload(content, mime)
        assert got.status_code == 200, got.text
        media_id: str = got.json()["id"]
        return media_id

    def media(self, media_id: str, method: str = "GET", **over: Any) -> requests.Response:
        """GET or DELETE /{media_id}; `over`: token, query."""
        token, query = over.pop("token", self.graph_token), over.pop("query", {})
        url = f"{self.sandbox.graph_url}/v23.0/{media_id}"
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, url, headers=headers, params=query, timeout=WAIT_S)

    def fetched(self, url: str, token: str | None = None) -> requests.Response:
        """GET a download link with the Graph token."""
        headers = {"Authorization": f"Bearer {token or self.graph_token}"}
        return requests.get(url, headers=headers, timeout=WAIT_S)

    def bearer(self) -> dict[str, str]:
        """The header of a Genesys call."""
        if not self.token:
            self.token = self.login().json()["access_token"]
        return {"Authorization": f"Bearer {self.token}"}

    def got(self, customer: str = "919876543210") -> list[Message]:
        """What the customer got."""
        thread = self.sandbox.conversation("whatsapp", self.number, customer)
        return [m for m in thread.messages if m.direction == "got"] if thread else []

    def talk(self, customer: str = "+919876543210") -> list[Message]:
        """Both ways, as the agent sees it."""
        thread = self.sandbox.conversation("genesys", self.integration, customer)
        return thread.messages if thread else []

    def hooks(self, count: int = 0) -> list[dict[str, Any]]:
        """The values that came to Meta's callback, once there are `count` bodies."""
        bodies = [json.loads(h.body) for h in self.receiver.hits(self.meta_path, count)]
        return [c["value"] for b in bodies for e in b["entry"] for c in e["changes"]]

    def statuses(self, count: int) -> list[dict[str, Any]]:
        """The statuses that came to the callback, once there are `count`."""

        def come(_: object) -> list[dict[str, Any]]:
            found = [s for v in self.hooks() for s in v.get("statuses", [])]
            return found if len(found) >= count else []

        found: list[dict[str, Any]] = self.sandbox.wait_for(come, WAIT_S)
        return found

    def posted(self, count: int = 1) -> list[dict[str, Any]]:
        """The bodies that came from the platform, once there are `count`."""
        return [json.loads(h.body) for h in self.receiver.hits(self.genesys_path, count, 20)]

    def opened(self, customer: str = "919876543210") -> str:
        """Let the customer write, so that the 24 hours run; answers the wamid."""
        return self.sandbox.customer_says(self.number, customer, "hello", wait=True).id


def text_message(to: str = "919876543210", **more: Any) -> dict[str, Any]:
    return {
        "messaging_product": "whatsapp",
        "to": to,
        "type": "text",
        "text": {"body": "hi"},
    } | more


def open_message(**more: Any) -> dict[str, Any]:
    channel = {
        "from": {"id": "+919876543210", "idType": "Phone", "nickname": "Asha"},
        "time": told_at(),
        "messageId": "wamid.1",
    }
    return {"channel": channel, "text": "hello"} | more


def receipt(message_id: str, **more: Any) -> dict[str, Any]:
    channel = {"to": {"id": "+919876543210", "idType": "Phone"}, "time": told_at()}
    body = {"id": message_id, "channel": channel, "status": "Delivered", "isFinalReceipt": True}
    return body | more
