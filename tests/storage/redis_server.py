"""A Redis of a test's own, which it may stop, freeze and start again on the same port."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from shared.storage.cache import CacheLimits
from tests.ports import free_port
from tests.waits import WAIT_S

# A limit is short only where Redis is in trouble, and a test waits for the limit's end.
PATIENT = CacheLimits(answer=WAIT_S, call=WAIT_S, wait=WAIT_S)


class RedisServer:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""],
            cwd=self._folder,
            env={"PATH": os.environ["PATH"]},  # tests/clock.py moves ours, and it can not start so
            stdout=subprocess.DEVNULL,
        )
        with Redis.from_url(self.url, socket_timeout=1) as client:
            end = time.monotonic() + WAIT_S
            while time.monotonic() < end:
                with contextlib.suppress(RedisError):
                    client.ping()
                    return
                self._process.poll()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(0.02)
        raise AssertionError("redis-server did not start")

    def stop(self) -> None:
        if self._process is not None:
            self.thaw()
            self._process.terminate()
            self._process.wait(WAIT_S)
            self._process = None

    def freeze(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until `condition()` is true."""
    async with asyncio.timeout(WAIT_S):
        while not await condition():  # noqa: ASYNC110 -- the other side is another process
            await asyncio.sleep(0.01)
