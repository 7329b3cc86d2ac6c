"""Small tools that tests of several rooms share."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from local.sandbox.client import Sandbox
from local.services import clock
from tests.programs import ROOT, Program, start
from tests.waits import WAIT_S

__all__ = ["ROOT"]


def start_function(source: str | Path, port: int, output: Path, **environment: str) -> Program:
    """A handler in a process, as an image runs it, with these variables and no others."""
    variables = {
        "PATH": os.environ["PATH"],
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "FUNCTION_SOURCE": str(source),
        "SECRETS_DIR": str(output.parent / "secrets"),
        **clock.moved(),
        **environment,
    }
    with output.open("ab") as file:
        return start("shared.runtime.serve", environment=variables, output=file)


@contextmanager
def sandbox_process(*arguments: str) -> Iterator[tuple[Sandbox, Program]]:
    """The simulators on a port of their own choice, until the end of the block."""
    reads, writes = os.pipe()
    variables = {"PATH": os.environ["PATH"], **clock.moved()}
    with os.fdopen(reads) as said, os.fdopen(writes, "wb") as output:
        program = start(
            "local.sandbox", "--port", "0", *arguments, environment=variables, output=output
        )
        output.close()
        try:
            with Sandbox(said.readline().split()[-1]) as client:
                yield client, program
        finally:
            program.terminate()
            program.wait(WAIT_S)


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
