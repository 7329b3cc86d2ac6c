"""The way to a function that is away, slow or broken: once more where it does no harm, then no."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from gateway_service.proxy import BREAKER, Answered, Call, Proxy, Unreached
from shared.runtime.errors import ParleyError, Unavailable, Unknown
from shared.runtime.metrics import REGISTRY
from shared.runtime.peer import http_session
from tests.messaging.broker import until
from tests.ports import free_port
from tests.waits import WAIT_S

GET = Call("state", "GET", "/x", {}, repeatable=True)
POST = Call("state", "POST", "/x", {}, body=b"{}")
WEBHOOK = Call("state", "POST", "/x", {}, body=b"{}", guarded=False)


class Function:
    """A function whose answers a test scripts, 0 for none; `ready` is what /readyz says."""

    def __init__(self, *statuses: int) -> None:
        self._statuses: Iterator[int] = iter(statuses)
        self.hangs = 0 in statuses
        self.asked = 0
        self.ready = False
        self.targets: list[str] = []

    async def answer(self, request: web.BaseRequest) -> web.Response:
        if request.path == "/readyz":
            return web.Response(status=200 if self.ready else 503)
        self.asked += 1
        self.targets.append(request.raw_path)
        status = next(self._statuses, 200)
        if status == 0:
            await asyncio.sleep(30)
        return web.Response(status=status)


@asynccontextmanager
async def behind(function: Function | None) -> AsyncIterator[Proxy]:
    """A proxy to it; None: nothing listens there."""
    port = free_port()
    runner = None
    if function is not None:
        runner = web.ServerRunner(web.Server(function.answer), shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
    # A limit is short only where the test waits for its end.
    seconds = 0.3 if function and function.hangs else WAIT_S
    async with http_session() as session:
        proxy = Proxy(session, {"state": f"http://127.0.0.1:{port}"}, seconds=seconds)
        yield proxy
        await proxy.close()
    if runner is not None:
        await runner.cleanup()


def send(function: Function | None, *calls: Call) -> list[int | type[ParleyError]]:
    """The status, or the error, of each call in turn."""

    async def main() -> list[int | type[ParleyError]]:
        found: list[int | type[ParleyError]] = []
        async with behind(function) as proxy:
            for call in calls:
                try:
                    found.append((await proxy.send(call)).status)
                except ParleyError as error:
                    found.append(type(error))
        return found

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("call", "statuses", "answer", "asked"),
    [
        (GET, [503, 200], 200, 2),
        (GET, [503, 503, 200], 503, 2),
        (GET, [500, 200], 500, 1),
        (GET, [429, 200], 429, 1),
        (GET, [0], Unknown, 1),
        (POST, [503, 200], 503, 1),
        (POST, [0], Unknown, 1),
        (WEBHOOK, [503, 200], 503, 1),
        (WEBHOOK, [0], Unavailable, 1),
    ],
)
def test_only_what_may_be_repeated_is_and_once(
    call: Call, statuses: list[int], answer: int | type[ParleyError], asked: int
) -> None:
    function = Function(*statuses)
    assert send(function, call) == [answer]
    assert function.asked == asked


def test_a_function_that_is_not_there_is_our_trouble_for_now() -> None:
    assert send(None, GET, POST, WEBHOOK) == [Unreached] * 3
    assert issubclass(Unreached, Unavailable)


@pytest.mark.parametrize("call", [GET, POST, WEBHOOK])
def test_what_was_never_sent_is_sent_once_more(call: Call) -> None:
    """The function listens a moment too late for the first try."""
    function = Function(200)

    async def main() -> int:
        port = free_port()
        runner = web.ServerRunner(web.Server(function.answer), shutdown_timeout=0.1)
        await runner.setup()
        async with http_session() as session:
            proxy = Proxy(session, {"state": f"http://127.0.0.1:{port}"}, WAIT_S, again=3.0)
            sending = asyncio.create_task(proxy.send(call))
            await until(lambda: tried(call) > before)
            await web.TCPSite(runner, "127.0.0.1", port).start()
            answer = await sending
            await proxy.close()
        await runner.cleanup()
        return answer.status

    before = tried(call)
    assert asyncio.run(main()) == 200
    assert function.asked == 1


def tried(call: Call) -> float:
    """How often the gateway has tried once more."""
    labels = {"function": call.function}
    return REGISTRY.get_sample_value("parley_gateway_retries_total", labels) or 0.0


def test_a_function_that_fails_again_and_again_is_left_alone() -> None:
    function = Function(*[503] * 20)
    times = BREAKER.trip_after
    assert send(function, *[POST] * (times + 3)) == [503] * times + [Unavailable] * 3
    assert function.asked == times


def test_a_webhook_goes_on_whatever_others_met() -> None:
    function = Function(*[503] * BREAKER.trip_after, 200)
    calls = [POST] * BREAKER.trip_after + [POST, WEBHOOK]
    assert send(function, *calls)[-2:] == [Unavailable, 200]


def test_a_function_that_is_ready_again_is_asked_again() -> None:
    function = Function(*[503] * BREAKER.trip_after)

    async def main() -> Answered:
        async with behind(function) as proxy:
            for _ in range(BREAKER.trip_after):
                await proxy.send(POST)
            with pytest.raises(Unavailable):
                await proxy.send(POST)
            function.ready = True
            async with asyncio.timeout(WAIT_S):
                while True:
                    try:
                        return await proxy.send(POST)
                    except Unavailable:
                        await asyncio.sleep(0.05)

    assert asyncio.run(main()).status == 200


def test_a_target_goes_as_it_is_written() -> None:
    function = Function()
    target = "/state/message/wamid.a%2Fb%3D%3D%25?tenant_id=a%26b"
    assert send(function, Call("state", "GET", target, {})) == [200]
    assert function.targets == [target]
