"""Small tools that tests of several rooms share."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

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
                **environment,
            },
            stdout=file,
            stderr=subprocess.STDOUT,
        )


def free_port() -> int:
    """A port on loopback that is free now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_until(ready: Callable[[], bool], limit: float = 15.0) -> None:
    """Wait for a condition, at most `limit` seconds; then fail."""
    end = time.monotonic() + limit
    while not ready():
        if time.monotonic() > end:
            pytest.fail(f"waited {limit} s in vain")
        time.sleep(0.05)


def answers(url: str) -> bool:
    """Whether a GET of the address gives 200."""
    try:
        return requests.get(url, timeout=1).status_code == 200
    except requests.ConnectionError:
        return False
