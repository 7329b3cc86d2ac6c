"""Runs a handler in a process of its own, as an image would."""

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port
from tests.programs import Program
from tests.support import answers, start_function, wait_until
from tests.waits import WAIT_S

HERE = Path(__file__).parent
KEY = "a-service-token-key-of-forty-characters!"


class Clock:
    """A clock that a test moves. Seconds."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was logged since the last look."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@dataclass
class Running:
    """A served function."""

    url: str
    process: Program
    output: Path

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(WAIT_S)


Serve = Callable[..., Running]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    started: list[Running] = []

    def run(name: str, *, wait: bool = True, **environment: str) -> Running:
        port = free_port()
        output = tmp_path / f"{name}-{port}.log"
        source = HERE / "functions" / name / "handler.py"
        process = start_function(source, port, output, **environment)
        running = Running(f"http://127.0.0.1:{port}", process, output)
        started.append(running)
        if wait:
            wait_until(lambda: answers(running.url + "/healthz"))
        return running

    yield run
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait(WAIT_S)
