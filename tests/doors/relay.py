"""A relay in front of a real server, to be cut and frozen from a test that has no event loop."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from tests.messaging.proxy import Proxy
from tests.waits import WAIT_S


class Relay:
    """Passes connections on to `host:port` until told otherwise."""

    def __init__(self, loop: asyncio.AbstractEventLoop, host: str, port: int) -> None:
        self._loop = loop
        self._proxy = Proxy(host, port)
        self.restore()

    @property
    def port(self) -> int:
        return self._proxy.port

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Connections end, new ones are refused."""
        self._run(self._proxy.shut())
        try:
            yield
        finally:
            self.restore()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Connections stay and pass nothing."""
        self._loop.call_soon_threadsafe(self._proxy.freeze)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._proxy.thaw)

    def restore(self) -> None:
        self._run(self._proxy.open())

    def close(self) -> None:
        self._run(self._proxy.shut())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)


@contextmanager
def relays() -> Iterator[Callable[[str, int], Relay]]:
    """Makes relays, on a loop of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    made: list[Relay] = []

    def make(host: str, port: int) -> Relay:
        made.append(Relay(loop, host, port))
        return made[-1]

    try:
        yield make
    finally:
        for relay in made:
            relay.close()
        # Let the pumps end before the loop does.
        asyncio.run_coroutine_threadsafe(_settled(), loop).result(WAIT_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _settled() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
