"""Runs wa-api and genesys-api as processes, with a provider and an auth function that are played.

Redis and S3 are away in these tests: a send must not need them.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from shared.runtime.clock import rfc3339, utcnow
from shared.runtime.service_auth import ServiceTokens
from shared.tenancy.vault import KeyRing
from tests.delivery.bodies import KEY
from tests.delivery.provider import FRESH, NUMBER, TOKEN, Provider, Reply, assert_clean, reply
from tests.ports import free_port
from tests.support import answers, start_function, wait_until
from tests.waits import WAIT_S

ROOT = Path(__file__).resolve().parents[2]


def token_answer(token: str) -> Reply:
    """What the auth function answers."""
    now = utcnow()
    return reply(
        200,
        {
            "access_token": token,
            "token_type": "Bearer",
            "expires_at": rfc3339(now + timedelta(hours=1)),
            "refresh_at": rfc3339(now + timedelta(minutes=50)),
        },
    )


DROPPED = reply(200, {"dropped": True})
# The auth function hears behind a send that its token was taken.
HEARD = reply(
    200,
    {"tenant_id": str(uuid4()), "provider": "whatsapp", "access_token_hash": "0" * 64},
)


@dataclass
class Delivery:
    """One delivery function, the provider behind it and the auth function beside it."""

    name: str
    url: str
    provider: Provider
    auth: Provider
    output: Path
    pid: int
    tenant_id: str = ""
    log_begins: int = 0

    def begin(self, replies: tuple[Reply, ...], auth: tuple[Reply, ...]) -> None:
        """A test of its own: a tenant whose token nobody has asked for yet, and an empty log."""
        self.provider.play(*replies)
        self.auth.play(*auth)
        self.tenant_id = str(uuid4())
        self.log_begins = len(self.output.read_bytes())

    def post(
        self, path: str, body: dict[str, Any] | bytes, *, audience: str = ""
    ) -> requests.Response:
        """Call it as another function does. What it says must hold nothing private."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = requests.post(
            self.url + path,
            data=raw,
            headers={
                "Authorization": f"Bearer {TOKENS.mint(audience or self.name)}",
                "Content-Type": "application/json",
            },
            timeout=WAIT_S,
        )
        # The customer's id as Meta has it is part of a good answer, and of nothing else.
        answer = response.text.replace(f'"wa_id":"{NUMBER}"', "")
        assert_clean(answer, str(response.headers), self.log)
        return response

    @property
    def log(self) -> str:
        """All that it wrote to stdout and stderr since the test began."""
        return self.output.read_bytes()[self.log_begins :].decode()


Start = Callable[..., Delivery]
TOKENS = ServiceTokens("test", KEY)


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Delivery]]:
    """The running functions by name, started when first asked for."""
    folder = tmp_path_factory.mktemp("delivery")
    running: dict[str, Delivery] = {}
    with ExitStack() as stack:

        def get(name: str) -> Delivery:
            if name not in running:
                running[name] = launch(stack, folder, name)
            return running[name]

        yield get


@pytest.fixture
def start(processes: Callable[[str], Delivery]) -> Start:
    """A delivery function before a provider that plays `replies`; `auth` gives the tokens."""

    def begin(name: str, *replies: Reply, auth: tuple[Reply, ...] = ()) -> Delivery:
        function = processes(name)
        function.begin(replies, auth or (token_answer(TOKEN), DROPPED, token_answer(FRESH)))
        return function

    return begin


def launch(stack: ExitStack, folder: Path, name: str, **environment: str) -> Delivery:
    """Serve the function as an image would, until the stack ends."""
    provider = stack.enter_context(Provider.running())
    auth = stack.enter_context(Provider.running())
    auth.apart["/auth/accepted"] = HEARD
    output = folder / f"{name}.log"
    port = free_port()
    settings = {
        "SERVICE_TOKEN_KEY": KEY,
        "KEY_RING": KeyRing.generate().dump(),
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "AUTH_URL": auth.url,
        "GRAPH_API_BASE_URL": provider.url,
        "GENESYS_API_BASE_URL": provider.url,
        "PROVIDER_READ_SECONDS": "3",  # some tests wait for its end, the others must not meet it
        "RATE_LIMITS": "off",  # tests/limits has them on
        "S3_ENDPOINT_URL": "http://127.0.0.1:1",
        "S3_ACCESS_KEY": "key",
        "S3_SECRET_KEY": "secret",
        **environment,
    }
    process = start_function(f"functions/{name}/handler.py", port, output, **settings)
    stack.callback(process.wait, 10)
    stack.callback(process.terminate)
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: answers(url + "/healthz"))
    return Delivery(name, url, provider, auth, output, process.pid)
