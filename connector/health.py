"""/healthz, /readyz and /metrics of a process that has no other door."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiohttp import web

from shared.runtime import metrics
from shared.runtime.function import Check
from shared.runtime.logging import logger

log = logger()

CHECK_S = 0.9  # as shared.runtime.host


@asynccontextmanager
async def serving(host: str, port: int, checks: Sequence[Check]) -> AsyncIterator[None]:
    """Answer on this address for the length of the block. Raises OSError when it is taken."""

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def readyz(_: web.Request) -> web.Response:
        states = dict(zip([c.name for c in checks], await _ask_all(checks), strict=True))
        ready = all(state == "ok" for state in states.values())
        body = {"function": "connector", "status": "ready" if ready else "not ready"}
        return web.json_response(body | {"checks": states}, status=200 if ready else 503)

    async def page(_: web.Request) -> web.Response:
        return web.Response(body=metrics.page(), headers={"Content-Type": metrics.CONTENT_TYPE})

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/readyz", readyz)])
    app.add_routes([web.get("/metrics", page)])
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()


async def _ask_all(checks: Sequence[Check]) -> list[str]:
    return await asyncio.gather(*(_ask(check) for check in checks))


async def _ask(check: Check) -> str:
    try:
        await asyncio.wait_for(check.ping(), CHECK_S)
    except TimeoutError:
        return "no answer"
    except Exception as error:  # noqa: BLE001  # any failure is the answer
        return type(error).__name__
    return "ok"
