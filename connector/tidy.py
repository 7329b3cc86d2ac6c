"""Ends what nobody will ask for any more: statuses whose message never came."""

from __future__ import annotations

import asyncio

from connector.lease import Lease
from shared.runtime.errors import ParleyError
from shared.runtime.logging import describe, logger
from shared.storage.database import Database

log = logger()

EVERY_S = 600.0
# Meta repeats a webhook for seven days (contracts/meta.md a): no message is that late.
STATUS_DAYS = 7.0


async def tidy(database: Database, lease: Lease, every: float = EVERY_S) -> None:
    """Do it again and again while the lease is ours, until cancelled."""
    while True:
        try:
            gone = await database.call("forget_statuses", days=STATUS_DAYS) if lease.mine else 0
            if gone:
                log.info("statuses_forgotten", extra={"statuses": gone})
        except ParleyError as error:
            log.warning("tidy_failed", extra={"detail": error.detail})
        except Exception as error:  # noqa: BLE001  # the next time needs it
            log.error("tidy_failed", extra=describe(error))
        await asyncio.sleep(every)
