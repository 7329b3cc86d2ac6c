"""One of our functions in a process that a test may stop and start again at the same address."""

import signal
from pathlib import Path
from typing import Any

import requests

from shared.runtime.service_auth import ServiceTokens
from tests.ports import free_port
from tests.programs import Program
from tests.support import answers, start_function, wait_until
from tests.waits import WAIT_S

SERVICE_KEY = "a-service-token-key-of-forty-characters!"
TOKENS = ServiceTokens("test", SERVICE_KEY)


class Process:
    """`functions/<name>`, served as an image would."""

    def __init__(self, name: str, folder: Path, **environment: str) -> None:
        self.name = name
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.output = folder / f"{name}-{self.port}.log"
        self._settings = {"SERVICE_TOKEN_KEY": SERVICE_KEY, **environment}
        self._running: Program | None = None

    def launch(self) -> "Process":
        """Start it without waiting: several start side by side."""
        self._running = start_function(
            f"functions/{self.name}/handler.py", self.port, self.output, **self._settings
        )
        return self

    def ready(self) -> "Process":
        running = self._running
        assert running is not None
        wait_until(lambda: running.poll() is not None or answers(self.url + "/healthz"))
        assert running.poll() is None, self.output.read_text()
        return self

    @property
    def running(self) -> bool:
        return self._running is not None and self._running.poll() is None

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._running is not None
        return self._running.pid

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._running is not None and self.running:
            self._running.send_signal(how)
            self._running.wait(WAIT_S)

    def post(self, path: str, body: bytes, **headers: str) -> requests.Response:
        """Call it as another function does."""
        known = {"Authorization": f"Bearer {TOKENS.mint(self.name)}"}
        return requests.post(self.url + path, data=body, headers=known | headers, timeout=WAIT_S)

    def logged(self) -> str:
        return self.output.read_text(errors="replace")


def json_of(answer: requests.Response) -> Any:
    """The body, with the whole answer in sight when it is no JSON."""
    assert answer.headers["content-type"].startswith("application/"), answer.text
    return answer.json()
