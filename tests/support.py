"""Small tools that tests of several rooms share."""

import socket
import time
from collections.abc import Callable

import pytest
import requests


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
