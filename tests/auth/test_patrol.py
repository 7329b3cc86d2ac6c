"""The patrol of credentials goes on after what nobody foresaw."""

import asyncio
from typing import Any

from auth_service.patrol import Patrol
from local.services import Endpoints
from shared.runtime.errors import Unavailable
from shared.services.checks import Standing
from shared.services.tenancy import TenancyClient
from shared.storage.cache import Cache
from tests.messaging.broker import until


class Surprising(TenancyClient):
    """A tenancy that is misunderstood, then away, and then knows no credential."""

    def __init__(self) -> None:
        self.asked = 0

    async def standings(self) -> list[Standing]:
        self.asked += 1
        if self.asked == 1:
            raise KeyError("nobody foresaw this")
        if self.asked == 2:
            raise Unavailable("tenancy does not answer")
        return []


def test_it_goes_on_after_a_surprise(services: Endpoints) -> None:
    never_used: Any = None

    async def main() -> None:
        tenancy = Surprising()
        async with Cache.open(services.redis_url) as cache:
            patrol = Patrol(never_used, tenancy, never_used, cache)
            patrol.start(0.01)
            await until(lambda: tenancy.asked >= 4)
            await patrol.close()

    asyncio.run(main())
