"""How many sends a second wa-api carries to a provider that takes 250 ms, with 150 in flight.

`python -m tests.delivery.bench_wa_api [seconds]`: the same calls straight to the provider in the
same run are the measure, since figures of one machine do not hold on another.
"""

import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import uvloop
from pydantic import SecretStr

from shared.messaging.outcomes import SendOutcome
from shared.messaging.transport import provider_session
from shared.runtime.peer import Peer, http_session
from shared.services.delivery import WaApiClient, WhatsAppSend
from shared.whatsapp.client import WhatsAppClient
from tests.delivery.bodies import WHATSAPP
from tests.delivery.conftest import DROPPED, TOKENS, launch, token_answer
from tests.delivery.provider import TOKEN
from tests.ports import free_port

IN_FLIGHT = 150
TAKES_S = 0.25
BODY = b'{"contacts":[{"wa_id":"1"}],"messages":[{"id":"wamid.0123456789AB"}]}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


class SlowMeta(asyncio.Protocol):
    """Answers each request after a quarter of a second, at next to no cost."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        asyncio.get_running_loop().call_later(TAKES_S, self._answer)
        del data

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(ANSWER)


def serve_meta(port: int) -> None:
    async def forever() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(SlowMeta, "127.0.0.1", port, backlog=512)
        await server.serve_forever()

    uvloop.run(forever())


def cpu_ms(pid: int) -> float:
    """CPU that a process has used: fields 14 and 15 of proc(5), in clock ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def say(words: str) -> None:
    sys.stdout.write(words + "\n")


async def rate(send: Callable[[], Awaitable[SendOutcome]], seconds: float) -> tuple[float, float]:
    """Sends a second with so many in flight, and the 99th percentile in ms."""
    took: list[float] = []
    end = time.perf_counter() + seconds

    async def worker() -> None:
        while time.perf_counter() < end:
            started = time.perf_counter()
            outcome = await send()
            assert outcome.outcome == "accepted", outcome
            took.append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
    whole = time.perf_counter() - started
    return len(took) / whole, sorted(took)[int(len(took) * 0.99)] * 1000


async def compare(function_url: str, meta_url: str, seconds: float) -> None:
    request = WhatsAppSend.model_validate(WHATSAPP)
    async with provider_session() as providers, http_session() as session:
        client = WhatsAppClient(providers, base_url=meta_url, version="v23.0")
        wa_api = WaApiClient(Peer(session, name="wa-api", url=function_url, tokens=TOKENS))
        for round_ in (1, 2):
            bare, bare_p99 = await rate(
                lambda: client.send(request.phone_number_id, SecretStr(TOKEN), request.body),
                seconds,
            )
            ours, ours_p99 = await rate(lambda: wa_api.send(request), seconds)
            say(
                f"round {round_}: bare {bare:.0f}/s p99 {bare_p99:.0f} ms, "
                f"wa-api {ours:.0f}/s p99 {ours_p99:.0f} ms, ratio {ours / bare:.2f}"
            )


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    port = free_port()
    meta_url = f"http://127.0.0.1:{port}"
    meta = multiprocessing.Process(target=serve_meta, args=(port,), daemon=True)
    meta.start()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        function = launch(stack, Path(folder), "wa-api", GRAPH_API_BASE_URL=meta_url)
        function.begin((), (token_answer(TOKEN), DROPPED))
        started = cpu_ms(function.pid)
        uvloop.run(compare(function.url, meta_url, seconds))
        used = cpu_ms(function.pid) - started
        sends = function.log.count('"message":"send"')
    say(f"wa-api: {used / sends:.2f} ms of CPU a send")
    meta.terminate()
    meta.join()


if __name__ == "__main__":
    main()
