"""Ends what nobody will ask for any more: statuses whose message never came."""

from __future__ import annotations

from connector.lease import Lease
from shared.runtime.logging import logger
from shared.runtime.periodic import every
from shared.storage.database import Database

log = logger()

EVERY_S = 600.0
# Meta repeats a webhook for seven days (contracts/meta.md a): no message is that late.
STATUS_DAYS = 7.0


async def tidy(database: Database, lease: Lease, seconds: float = EVERY_S) -> None:
    """Do it every so many seconds while the lease is ours, until cancelled."""

    async def forget() -> None:
        gone = await database.call("forget_statuses", days=STATUS_DAYS) if lease.mine else 0
        if gone:
            log.info("statuses_forgotten", extra={"statuses": gone})

    await every(seconds, forget, "old statuses", at_once=True)
