"""What the limits cost a send: `python -m tests.limits.bench_limits [seconds]`.

Two wa-api before the same Meta, one with its limits on and one without, in turns of the same run:
the ratio is the figure. The limits are as high as they go, so that nobody waits for a turn.
"""

import asyncio
import multiprocessing
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import uvloop

from shared.limits.numbers import SharedNumbers
from shared.limits.values import Lane, Rules
from shared.runtime.peer import Peer, http_session
from shared.services.delivery import WaApiClient, WhatsAppSend
from shared.storage.cache import Cache
from tests.delivery.bench_wa_api import cpu_ms, rate, say, serve_meta
from tests.delivery.bodies import WHATSAPP
from tests.delivery.conftest import DROPPED, TOKENS, Delivery, launch, token_answer
from tests.delivery.provider import TOKEN
from tests.ports import free_port
from tests.storage.redis_server import redis_server

ROUNDS = 3
CALLS = 4000
HIGH = {"NUMBER_PER_SECOND": "1000", "PAIR_BURST": "100000", "PAIR_SECONDS": "0.001"}


async def compare(functions: dict[str, Delivery], seconds: float) -> dict[str, list[float]]:
    """Sends a second of each, in turns; and its CPU a send in ms."""
    figures: dict[str, list[float]] = {name: [] for name in functions}
    request = WhatsAppSend.model_validate(WHATSAPP)
    async with http_session() as session:
        for _ in range(ROUNDS):
            for name, function in functions.items():
                peer = Peer(session, name="wa-api", url=function.url, tokens=TOKENS)
                client, used = WaApiClient(peer), cpu_ms(function.pid)
                got, p99 = await rate(lambda: client.send(request), seconds)  # noqa: B023 - awaited here
                cpu = (cpu_ms(function.pid) - used) / (got * seconds)
                say(f"{name}: {got:.0f}/s, p99 {p99:.0f} ms, {cpu:.2f} ms of CPU a send")
                figures[name].append(got)
    return figures


async def one_call(url: str) -> float:
    """Microseconds of this process for one admission, sixteen at once."""
    async with Cache.open(url) as cache:
        numbers, lane = SharedNumbers(cache, Rules(pair_burst=100_000)), Lane("1", 1000.0, "x")

        async def work() -> None:
            for _ in range(CALLS // 16):
                await numbers.admit(lane)

        await work()
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work() for _ in range(16)))
        whole, used = time.perf_counter() - began, time.process_time() - cpu
        say(f"one admission: {used / CALLS * 1e6:.0f} us of CPU, {CALLS / whole:.0f} a second")
        return used


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    port = free_port()
    meta = multiprocessing.Process(target=serve_meta, args=(port,), daemon=True)
    meta.start()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server = stack.enter_context(redis_server(Path(folder)))
        where = {"GRAPH_API_BASE_URL": f"http://127.0.0.1:{port}", "REDIS_URL": server.url}
        functions = {
            name: launch(stack, Path(folder), "wa-api", **where, **HIGH, RATE_LIMITS=name)
            for name in ("off", "on")
        }
        for function in functions.values():
            function.begin((), (token_answer(TOKEN), DROPPED))
        uvloop.run(one_call(server.url))
        figures = uvloop.run(compare(functions, seconds))
        best = {name: max(figures[name]) for name in figures}
        say(f"on / off: {best['on'] / best['off']:.2f} (the best of {ROUNDS} rounds each)")
    meta.terminate()
    meta.join()


if __name__ == "__main__":
    main()
