"""A tenancy function of a test's own: answers from a dictionary, counts, goes away on request."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from shared.runtime.peer import Peer, http_session
from shared.runtime.service_auth import ServiceTokens
from shared.services.tenancy import Resolved, Signing
from shared.tenancy.models import Resolution, SigningSecrets

KEY = "k" * 32


@dataclass
class Standin:
    resolutions: dict[str, Resolution] = field(default_factory=dict)
    secrets: dict[str, SigningSecrets] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    status: int = 200
    delay: float = 0.0
    peer: Peer = field(init=False)

    async def answer(self, request: web.Request) -> web.Response:
        _, what, kind, value = request.path.strip("/").split("/")
        key = f"{kind}:{value}"
        self.calls[key] += 1
        await asyncio.sleep(self.delay)
        if self.status != 200:
            return web.Response(status=self.status)
        if what == "resolve":
            body = Resolved(resolution=self.resolutions.get(key)).model_dump_json()
        else:
            body = Signing(secrets=self.secrets.get(key)).model_dump_json()
        return web.Response(text=body, content_type="application/json")


@asynccontextmanager
async def standin() -> AsyncIterator[Standin]:
    tenancy = Standin()
    app = web.Application()
    app.router.add_get("/{tail:.*}", tenancy.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    async with http_session() as session:
        tenancy.peer = Peer(
            session, name="tenancy", url=f"http://{host}:{port}", tokens=ServiceTokens("test", KEY)
        )
        yield tenancy
    await runner.cleanup()
