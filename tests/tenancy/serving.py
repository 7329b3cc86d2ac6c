"""Runs one of our functions in a process of its own, and calls it with a service token."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from shared.runtime.service_auth import ServiceTokens
from tests.ports import free_port
from tests.programs import Program
from tests.support import answers, start_function, wait_until
from tests.waits import WAIT_S

SERVICE_KEY = "a-service-token-key-of-forty-characters!"
AUTH_KEY = "a-key-that-auth-and-tenancy-alone-have-!"
OWN = {"auth": (AUTH_KEY,)}


@dataclass
class Served:
    name: str
    url: str
    process: Program
    output: Path

    def call(
        self, method: str, path: str, body: Any = None, *, caller: str = "test", **params: str
    ) -> requests.Response:
        token = ServiceTokens(caller, SERVICE_KEY, own=OWN).mint(self.name)
        return requests.request(
            method,
            self.url + path,
            json=body,
            params=params,
            headers={"Authorization": f"Bearer {token}"},
            timeout=WAIT_S,
        )


@contextmanager
def served(name: str, folder: Path, **environment: str) -> Iterator[Served]:
    """Serve `functions/<name>` until the end of the block."""
    port = free_port()
    output = folder / f"{name}-{port}.log"
    settings = {"SERVICE_TOKEN_KEY": SERVICE_KEY, "AUTH_TOKEN_KEY": AUTH_KEY, **environment}
    process = start_function(f"functions/{name}/handler.py", port, output, **settings)
    function = Served(name, f"http://127.0.0.1:{port}", process, output)
    try:
        wait_until(lambda: process.poll() is not None or answers(function.url + "/healthz"))
        assert process.poll() is None, output.read_text()
        yield function
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(WAIT_S)
