"""What Redis must forget is looked after further, whatever a look ended in."""

import asyncio
from typing import Any

from local.services import Endpoints
from shared.storage.cache import Cache
from shared.storage.database import Database, Row
from tenancy_service.invalidation import Invalidator
from tests.messaging.broker import until


class Surprising(Database):
    """A database whose first answer nobody understands."""

    asked = 0

    async def rows(self, sql: str, /, *, idempotent: bool = False, **arguments: Any) -> list[Row]:
        self.asked += 1
        if self.asked == 1:
            raise KeyError("nobody foresaw this")
        return await super().rows(sql, idempotent=idempotent, **arguments)


def test_it_goes_on_after_a_surprise(migrated: Endpoints) -> None:
    async def main() -> None:
        database = Surprising(migrated.database_url("tenancy"))
        async with Cache.open(migrated.redis_url) as cache:
            invalidator = Invalidator(cache, database)
            invalidator.start()
            await until(lambda: database.asked >= 2)
            await invalidator.close()
        await database.close()

    asyncio.run(main())
