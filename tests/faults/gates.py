"""A door in front of a process: it passes HTTP on, and can hold a call before or after it.

So a process can be killed between two steps, and not somewhere near them: the step is held, the
process is killed, and what was held is cut off.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

Moment = Literal["before", "after"]
Refusal = tuple[int, bytes]
HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
POLL_S = 0.05
PATIENCE = aiohttp.ClientTimeout(total=120)


@dataclass
class Trap:
    """Holds the next `left` calls that fit, at `moment`; `caught` is set at each."""

    moment: Moment
    fits: Callable[[str, bytes], bool]  # path with query, body
    left: int
    caught: threading.Event = field(default_factory=threading.Event)
    count: int = 0
    _freed: asyncio.Event = field(default_factory=asyncio.Event)

    def takes(self, moment: Moment, path: str, body: bytes) -> bool:
        """Use one up, if it is for this call."""
        if self.left == 0 or moment != self.moment or not self.fits(path, body):
            return False
        self.left -= 1
        self.count += 1
        return True

    async def hold(self) -> None:
        """Wait until the one who set it lets go."""
        self.caught.set()
        await self._freed.wait()

    def free(self) -> None:
        """Let go of all: they are cut off."""
        self.left = 0
        self._freed.set()


@dataclass
class Gate:
    """One door. `target` is asked for at each call: it may move, and be known later."""

    name: str
    target: Callable[[], str]
    port: int = 0
    trap: Trap | None = None
    refusal: Callable[[str, str], Refusal | None] | None = None  # method, path -> answer instead

    @property
    def url(self) -> str:
        """Where callers find it."""
        return f"http://127.0.0.1:{self.port}"


class Gates:
    """All doors, in a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._gates: dict[str, Gate] = {}
        self._runners: dict[str, web.ServerRunner] = {}
        self._reopening: dict[str, asyncio.Task[None]] = {}
        self._session: aiohttp.ClientSession | None = None

    def __getitem__(self, name: str) -> Gate:
        return self._gates[name]

    @contextmanager
    def open(self) -> Iterator[Gates]:
        """Run them until the end of the block."""
        self._thread.start()
        self._await(self._begin())
        try:
            yield self
        finally:
            self._await(self._end())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()

    def add(self, name: str, target: Callable[[], str]) -> Gate:
        """Open a door to `target`, e.g. http://127.0.0.1:20005."""
        gate = self._gates[name] = Gate(name, target)
        self._await(self._listen(gate))
        return gate

    @contextmanager
    def trap(
        self, name: str, moment: Moment, fits: Callable[[str, bytes], bool], count: int = 1
    ) -> Iterator[Trap]:
        """Hold calls at a door for the length of the block; then those held are cut off."""
        trap = Trap(moment, fits, count)
        self._gates[name].trap = trap
        try:
            yield trap
        finally:
            self._gates[name].trap = None
            self._loop.call_soon_threadsafe(trap.free)

    def shut(self, name: str) -> None:
        """Its process has died: refuse connections, as the machine would, till it listens again."""
        if name in self._gates:
            self._await(self._shut(self._gates[name]))

    def _await(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _begin(self) -> None:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=20)
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            timeout=PATIENCE,
        )

    async def _end(self) -> None:
        for gate in self._gates.values():
            if gate.trap is not None:
                gate.trap.free()
        for task in self._reopening.values():
            task.cancel()
        for runner in self._runners.values():
            await runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def _listen(self, gate: Gate) -> None:
        async def serve(request: web.BaseRequest) -> web.StreamResponse:
            return await self._serve(gate, request)

        runner = web.ServerRunner(web.Server(serve), shutdown_timeout=1.0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        gate.port = runner.addresses[0][1]
        self._runners[gate.name] = runner

    async def _serve(self, gate: Gate, request: web.BaseRequest) -> web.StreamResponse:
        body, path = await request.read(), request.path_qs
        refused = gate.refusal(request.method, path) if gate.refusal else None
        if refused is not None:
            return web.Response(status=refused[0], body=refused[1])
        if await self._held(gate, "before", path, body):
            return self._cut(request)
        try:
            answer = await self._passed(gate, request, body)
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            return self._cut(request)  # as the process itself would have cut it
        if await self._held(gate, "after", path, body):
            return self._cut(request)
        return answer

    async def _held(self, gate: Gate, moment: Moment, path: str, body: bytes) -> bool:
        trap = gate.trap
        if trap is None or not trap.takes(moment, path, body):
            return False
        await trap.hold()
        return True

    async def _passed(
        self, gate: Gate, request: web.BaseRequest, body: bytes
    ) -> web.StreamResponse:
        if self._session is None:
            raise ConnectionError("the gates are not open")
        kept = [(k, v) for k, v in request.headers.items() if k.lower() not in HOP]
        async with self._session.request(
            request.method,
            gate.target() + request.path_qs,
            data=body or None,
            headers=kept,
            allow_redirects=False,
        ) as answer:
            content = await answer.read()
            headers = [(k, v) for k, v in answer.headers.items() if k.lower() not in HOP]
            if request.method == "HEAD":
                headers.append(("Content-Length", answer.headers.get("Content-Length", "0")))
            made = web.Response(status=answer.status, body=content or None)
            made.headers.clear()
            made.headers.extend(headers)
            return made

    async def _shut(self, gate: Gate) -> None:
        runner = self._runners[gate.name]
        for site in list(runner.sites):
            await site.stop()
        if runner.server is not None:
            for connection in runner.server.connections:
                if connection.transport is not None:
                    connection.transport.abort()
        self._reopening[gate.name] = asyncio.create_task(self._reopen(gate, runner))

    async def _reopen(self, gate: Gate, runner: web.ServerRunner) -> None:
        place = urlsplit(gate.target())
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(place.hostname, place.port)
                writer.close()
                await web.TCPSite(runner, "127.0.0.1", gate.port).start()
                return
            await asyncio.sleep(POLL_S)

    @staticmethod
    def _cut(request: web.BaseRequest) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=502)
