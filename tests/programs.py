"""Our programs as processes of the tests: each forked from one that has the libraries loaded.

tests/deploy, tests/e2e and tests/pages start everything as images and people do.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Self

from local.services import clock
from tests.waits import WAIT_S

ROOT = Path(__file__).resolve().parents[1]
Stream = IO[Any] | int


class Program:
    """A running program, with the ways of subprocess.Popen."""

    def __init__(self, told: socket.socket) -> None:
        """`told` says its pid, and in the end its exit code."""
        self._told = told
        self.pid = int(told.recv(100))
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            self._told.settimeout(timeout)
            try:
                self.returncode = int(self._told.recv(100))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0) from None
            self._told.close()
        return self.returncode

    def poll(self) -> int | None:
        """The same; None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        """Not to one that has ended: its pid may be another's."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """As a platform ends it."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """As nothing can be done about."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait(WAIT_S)


class _Starter:
    """The process that starts them, itself started at the first order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders: socket.socket | None = None

    def order(self, words: bytes, streams: list[int]) -> socket.socket:
        """Where it is told how the new process fares."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, self._lock:
            if self._orders is None:
                self._orders = self._begin()
            socket.send_fds(self._orders, [words], [theirs.fileno(), *streams])
        return ours

    @staticmethod
    def _begin() -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            starter = subprocess.Popen(
                [sys.executable, "-m", "tests.starter", str(theirs.fileno())],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], **clock.moved()},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

        def end() -> None:
            ours.close()
            starter.wait(WAIT_S)

        atexit.register(end)
        return ours


_starter = _Starter()


def start(
    module: str,
    *arguments: str | Path,
    environment: Mapping[str, str],
    output: Stream | None = None,
    errors: Stream | None = None,
    reads: Stream | None = None,
    folder: Path = ROOT,
) -> Program:
    """`python -m MODULE ARGUMENTS` in that folder, with these variables and no others.

    Without `output` it goes nowhere; without `errors` they go to the output; without `reads`
    there is nothing to be read.
    """
    order = {
        "module": module,
        "arguments": [str(one) for one in arguments],
        "environment": dict(environment),
        "folder": str(folder),
    }
    with Path(os.devnull).open("r+b") as nothing:
        says = nothing if output is None else output
        streams = (reads or nothing, says, says if errors is None else errors)
        files = [one if isinstance(one, int) else one.fileno() for one in streams]
        return Program(_starter.order(json.dumps(order).encode(), files))


def run(
    module: str,
    *arguments: str | Path,
    environment: Mapping[str, str],
    folder: Path = ROOT,
    typed: str = "",
    limit: float = WAIT_S,
) -> subprocess.CompletedProcess[str]:
    """The same to its end: exit code, and what it said. `typed`: what it reads."""
    with (
        tempfile.TemporaryFile("w+") as reads,
        tempfile.TemporaryFile("w+") as says,
        tempfile.TemporaryFile("w+") as warns,
    ):
        reads.write(typed)
        reads.seek(0)
        program = start(
            module,
            *arguments,
            environment=environment,
            output=says,
            errors=warns,
            reads=reads,
            folder=folder,
        )
        try:
            code = program.wait(limit)
        except subprocess.TimeoutExpired:
            program.kill()
            raise
        for one in (says, warns):
            one.seek(0)
        words = [module, *map(str, arguments)]
        return subprocess.CompletedProcess(words, code, says.read(), warns.read())
