"""Small tools that tests of several rooms share."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from local.services import clock
from tests.waits import WAIT_S

ROOT = Path(__file__).resolve().parents[1]


def start_function(
    source: str | Path, port: int, output: Path, **environment: str
) -> subprocess.Popen[bytes]:
    """A handler in a process, as an image runs it, with these variables and no others."""
    with output.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "shared.runtime.serve"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "HOST": "127.0.0.1",
                "PORT": str(port),
                "FUNCTION_SOURCE": str(source),
                "SECRETS_DIR": str(output.parent / "secrets"),
                **clock.moved(),
                **environment,
            },
            stdout=file,
            stderr=subprocess.STDOUT,
        )


def wait_until(ready: Callable[[], bool]) -> None:
    """Wait for a condition; fail when it is not so in the time that tests wait."""
    end = time.monotonic() + WAIT_S
    while not ready():
        if time.monotonic() > end:
            pytest.fail(f"waited {WAIT_S} s in vain")
        time.sleep(0.05)


def passed(seconds: float) -> Callable[[], bool]:
    """For `wait_until`: so much time has passed since this call.

    A promise that something is so after some time is held by one look when that time is over: a
    busy machine only looks later.
    """
    end = time.monotonic() + seconds
    return lambda: time.monotonic() > end


@contextmanager
def frozen_server() -> Iterator[int]:
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as server:
        yield int(server.getsockname()[1])


ANSWER_S = 5.0  # then it is asked again


def answers(url: str) -> bool:
    """Whether a GET of the address gives 200."""
    try:
        return requests.get(url, timeout=ANSWER_S).status_code == 200
    except (requests.ConnectionError, requests.Timeout):
        return False
