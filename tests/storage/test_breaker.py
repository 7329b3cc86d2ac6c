"""The breaker in front of Redis closes again, whatever its probe raises meanwhile."""

import asyncio

from redis.exceptions import ConnectionError as RedisConnectionError

from shared.storage.cache import Breaker, CacheLimits
from tests.messaging.broker import until


def test_a_surprise_of_its_probe_does_not_leave_it_open_for_ever() -> None:
    script: list[Exception] = [KeyError("nobody foresaw this"), RedisConnectionError("away")]

    async def probe() -> None:
        if script:
            raise script.pop(0)

    async def scene() -> None:
        breaker = Breaker(probe, CacheLimits(trip_after=1, probe_every=0.01))
        breaker.failed()
        assert breaker.open
        await until(lambda: not breaker.open)
        assert script == []
        breaker.failed()
        assert breaker.open, "it can open again"
        await breaker.close()

    asyncio.run(scene())
