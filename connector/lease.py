"""What one connector of several does: whoever holds an advisory lock of PostgreSQL.

The lock lives and dies with its connection, so a connector that is gone frees it. One that is
frozen is cut off by the server after a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

from pg8000.exceptions import DatabaseError

from shared.runtime.logging import logger
from shared.runtime.periodic import background, every
from shared.storage.database import TROUBLE, Session
from shared.storage.database_url import DatabaseUrl

log = logger()

T = TypeVar("T")

EVERY_S = 1.0
IDLE_LIMIT = "set idle_session_timeout = '15s'"  # PostgreSQL 14 and later
TAKE = "select pg_try_advisory_lock(hashtextextended(:name, 0)) as taken"


class Lease:
    """One connector's claim on the work that only one does."""

    def __init__(self, url: str, name: str) -> None:
        """`name` tells installations on one database apart."""
        self._url = DatabaseUrl.parse(url)
        self._name = name
        self._session: Session | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lease")
        self.mine = False

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, name: str) -> AsyncIterator[Lease]:
        """Try for it, and keep it, for the length of the block."""
        lease = cls(url, name)
        await lease.look()
        try:
            async with background(every(EVERY_S, lease.look, "lease")):
                yield lease
        finally:
            lease.mine = False
            await lease._in_thread(lease._drop)
            lease._thread.shutdown()

    async def look(self) -> None:
        """Take it if it is free; find out whether it is still ours."""
        mine = False  # whatever goes wrong: another connector may have taken it
        try:
            mine = await self._in_thread(self._held)
        finally:
            if mine != self.mine:
                log.info("sweeper_here" if mine else "sweeper_elsewhere")
            self.mine = mine

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _held(self) -> bool:
        try:
            if self.mine and self._session is not None:
                self._session.rows("select 1 as one", {})
                return True
            if self._session is None:
                self._session = Session(self._url, statement_timeout_ms=3000, connect_timeout=2.0)
                with suppress(DatabaseError):
                    self._session.command(IDLE_LIMIT)
            return bool(self._session.rows(TAKE, {"name": self._name})[0]["taken"])
        except (DatabaseError, *TROUBLE):
            self._drop()
            return False
        except BaseException:
            self._drop()
            raise

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()
