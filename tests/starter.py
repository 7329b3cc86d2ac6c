"""The process that starts programs for the tests: it has the libraries loaded, and forks.

A start costs a second of CPU, nearly all of it for imports of others' libraries, and a run of the
tests makes hundreds. Nothing of ours is loaded here: each new process imports that by itself, under
its own environment. tests/programs.py asks for them.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
from typing import Any, NoReturn

LIBRARIES = (
    "aiohttp.web",
    "alembic.config",
    "aws_lambda_powertools",
    "cryptography.hazmat.primitives.ciphers.aead",
    "fastapi",
    "filetype",
    "functions_framework.aio",
    "jsonschema",
    "jwt",
    "minio",
    "multipart",
    "orjson",
    "pg8000.native",
    "phonenumbers",
    "pika.adapters.asyncio_connection",
    "prometheus_client",
    "psutil",
    "pydantic.functional_serializers",
    "pydantic_settings",
    "redis.asyncio",
    "regex",
    "requests",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
    "yaml",
)
LARGEST_ORDER = 1 << 20
FILES = 4  # that come with an order: where its pid and exit code go, and its standard streams


class Starter:
    """Takes orders until the client is gone; then it ends what it has started."""

    def __init__(self, orders: socket.socket) -> None:
        self._orders = orders
        self._running: dict[int, socket.socket] = {}  # by pid: where its exit code goes
        self._deaths, self._wakes = socket.socketpair()
        for one in (self._deaths, self._wakes):
            one.setblocking(False)
        self._ready = selectors.DefaultSelector()
        self._ready.register(orders, selectors.EVENT_READ)
        self._ready.register(self._deaths, selectors.EVENT_READ)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the client's
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakes.fileno())

    def take_orders(self) -> dict[str, Any]:
        """Comes back in each new process alone, with what it is to become."""
        while True:
            for key, _ in self._ready.select():
                if key.fileobj is self._deaths:
                    self._tell_ends()
                elif (order := self._next()) is not None:
                    return order

    def _next(self) -> dict[str, Any] | None:
        words, files, _, _ = socket.recv_fds(self._orders, LARGEST_ORDER, FILES)
        if not words:
            self._end()
        told = socket.socket(fileno=files[0])
        pid = os.fork()
        if pid == 0:
            told.close()
            self._leave()
            for number, file in enumerate(files[1:]):
                os.dup2(file, number)
                os.close(file)
            return dict(json.loads(words))
        for file in files[1:]:
            os.close(file)
        self._running[pid] = told
        self._tell(told, pid)
        return None

    def _tell_ends(self) -> None:
        self._deaths.recv(LARGEST_ORDER)
        for pid in list(self._running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                with self._running.pop(pid) as told:
                    self._tell(told, os.waitstatus_to_exitcode(status))

    @staticmethod
    def _tell(told: socket.socket, number: int) -> None:
        with contextlib.suppress(OSError):  # nobody asks any more
            told.send(str(number).encode())

    def _leave(self) -> None:
        """A new process has nothing of its parent's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._ready.close()
        for one in (self._orders, self._deaths, self._wakes, *self._running.values()):
            one.close()

    def _end(self) -> NoReturn:
        for pid in self._running:
            os.kill(pid, signal.SIGKILL)
        sys.exit()


def load() -> None:
    """Import the libraries, and keep them out of the sight of every new process's collector."""
    gc.disable()
    for name in LIBRARIES:
        importlib.import_module(name)
    gc.freeze()
    gc.enable()


def become(order: dict[str, Any]) -> None:
    """As `python -m MODULE ARGUMENTS` in that folder, under that environment alone."""
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    sys.argv = [order["module"], *order["arguments"]]
    also = order["environment"].get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:1] = [order["folder"], *filter(None, also)]
    runpy.run_module(order["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    load()
    become(Starter(socket.socket(fileno=int(sys.argv[1]))).take_orders())
