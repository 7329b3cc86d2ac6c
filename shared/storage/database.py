"""PostgreSQL on the message path: few connections, prepared statements, one round trip a call.

A connection that misbehaved is thrown away; an idempotent call is then tried once more. pg8000's
connections serve one thread at a time, so each call borrows one inside a small executor.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import orjson
import pg8000.native
from pg8000.exceptions import DatabaseError, InterfaceError

from shared.runtime.errors import BadInput, ParleyError, Unavailable, Unknown
from shared.storage.database_errors import STALE_PLAN, is_cut, named, sqlstate
from shared.storage.database_url import DatabaseUrl

T = TypeVar("T")
Row = dict[str, Any]

TROUBLE = (InterfaceError, OSError, struct.error)
# A lone surrogate, alone or inside JSON: refused before anything is written.
UNSENDABLE = (UnicodeEncodeError, orjson.JSONEncodeError)
JSON_OID, JSONB_OID, UUID_OID = 114, 3802, 2950  # pg_type.dat
MAX_PREPARED = 200  # a connection; our statements are a fixed few dozen


class Session:
    """One connection with its prepared statements. One thread at a time."""

    def __init__(
        self, url: DatabaseUrl, *, statement_timeout_ms: int, connect_timeout: float
    ) -> None:
        """Connect. Raises OSError, InterfaceError or DatabaseError."""
        options = url.connect_options(connect_timeout)
        sock = options["sock"]
        options["startup_params"] |= {
            "statement_timeout": str(statement_timeout_ms),
            "idle_in_transaction_session_timeout": str(2 * statement_timeout_ms),
        }
        try:
            self._connection = pg8000.native.Connection(**options, application_name="parley")
        except BaseException:
            sock.close()
            raise
        # The server gives up first; the socket's limit is for a server or network that is frozen.
        sock.settimeout(statement_timeout_ms / 1000 + 1)
        self._connection.register_in_adapter(UUID_OID, str)
        for oid in (JSON_OID, JSONB_OID):
            self._connection.register_in_adapter(oid, orjson.loads)
        self._connection.register_out_adapter(dict, _json)
        self._connection.register_out_adapter(list, _json)
        self._connection.register_out_adapter(tuple, _array)
        self._prepared: dict[str, pg8000.native.PreparedStatement] = {}

    def rows(self, sql: str, arguments: dict[str, Any]) -> list[Row]:
        """Run one statement with `:name` placeholders, prepared once for this connection.

        dict and list go as JSON, tuple as an array, bytes as bytea; json comes back decoded, uuid
        as text, timestamptz as an aware datetime.
        """
        statement = self._prepared.get(sql)
        if statement is None:
            if len(self._prepared) >= MAX_PREPARED:
                self._prepared.pop(next(iter(self._prepared))).close()
            statement = self._prepared[sql] = self._connection.prepare(sql)
        found = statement.run(**arguments)
        if not found:
            return []
        names = [column["name"] for column in statement.columns]
        return [dict(zip(names, row, strict=True)) for row in found]

    def command(self, sql: str) -> None:
        """Run `begin`, `commit`, `rollback`: text without values."""
        self._connection.run(sql)

    def close(self) -> None:
        """Say goodbye; a connection that is already broken has nobody to say it to."""
        with suppress(*TROUBLE, ValueError, AttributeError):
            self._connection.close()


class Database:
    """A bounded pool. Make it with `async with Database.open(url) as db`."""

    def __init__(
        self,
        url: str,
        *,
        size: int = 4,
        statement_timeout_ms: int = 5000,
        connect_timeout: float = 2.0,
        wait: float = 5.0,
    ) -> None:
        """At most `size` connections, made when needed. `wait`: seconds to get a free one.

        Four are enough: more threads only fight for the interpreter (measured, 4/8/16).
        """
        self._connect = functools.partial(
            Session,
            DatabaseUrl.parse(url),
            statement_timeout_ms=statement_timeout_ms,
            connect_timeout=connect_timeout,
        )
        self._executor = ThreadPoolExecutor(size, thread_name_prefix="postgres")
        self._free = asyncio.Semaphore(size)
        self._wait = wait
        self._idle: deque[Session] = deque()  # its ends are atomic, so no lock

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str, **limits: Any) -> AsyncIterator[Database]:
        """Yield a pool for the life of the process; nothing connects before the first call."""
        database = cls(url, **limits)
        try:
            yield database
        finally:
            await database.close()

    async def call(self, function: str, /, *, idempotent: bool = True, **arguments: Any) -> Any:
        """Call an SQL function of the migrations; return its one value (json comes decoded).

        Its parameters are the names given here with `p_` in front. Raises BadInput, Conflict,
        Unavailable, or Unknown when a call that is not idempotent was cut.
        """
        names = ", ".join(f"p_{name} => :{name}" for name in arguments)
        found = await self.rows(
            f"select {function}({names}) as answer",  # names from our own code
            idempotent=idempotent,
            **arguments,
        )
        return found[0]["answer"]

    async def rows(self, sql: str, /, *, idempotent: bool = False, **arguments: Any) -> list[Row]:
        """Run one statement (`:name` placeholders), its own transaction; return rows by column."""
        return await self._borrowing(lambda session: session.rows(sql, arguments), idempotent)

    async def transaction(self, work: Callable[[Session], T], *, idempotent: bool = False) -> T:
        """Run `work(session)` in a thread between begin and commit; rolled back when it raises."""

        def bracketed(session: Session) -> T:
            session.command("begin")
            try:
                result = work(session)
            except BaseException:
                session.command("rollback")
                raise
            session.command("commit")
            return result

        return await self._borrowing(bracketed, idempotent)

    async def ping(self) -> None:
        """Raise Unavailable when PostgreSQL does not answer."""
        await self.rows("select 1 as one", idempotent=True)

    async def close(self) -> None:
        """Wait for the calls in work, then close all connections."""
        await asyncio.to_thread(self._executor.shutdown)
        self._drop_idle()

    async def _borrowing(self, work: Callable[[Session], T], idempotent: bool) -> T:  # noqa: FBT001  # private
        try:
            async with asyncio.timeout(self._wait):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable("every database connection is at work", retry_after=1) from None
        # run_in_executor does not carry context variables over (trace, log keys); copy them.
        job = functools.partial(contextvars.copy_context().run, self._attempt, work, idempotent)
        future = asyncio.get_running_loop().run_in_executor(self._executor, job)
        # The slot is free when the thread is, also if our caller has gone away meanwhile.
        future.add_done_callback(lambda _: self._free.release())
        return await asyncio.shield(future)

    def _attempt(self, work: Callable[[Session], T], idempotent: bool) -> T:  # noqa: FBT001  # private
        """In a thread: run the work, once more on a new connection when that is safe."""
        try:
            return self._once(work)
        except Again as first:
            if first.sent and not idempotent:
                raise Unknown("the database connection was cut: the change may be done") from first
            try:
                return self._once(work, fresh=True)
            except Again as second:
                if second.sent and not idempotent:
                    raise Unknown(
                        "the database connection was cut: the change may be done"
                    ) from second
                raise Unavailable("the database does not answer", retry_after=1) from second

    def _once(self, work: Callable[[Session], T], *, fresh: bool = False) -> T:
        session = self._borrow(fresh=fresh)
        try:
            result = work(session)
        except DatabaseError as error:
            if is_cut(error) or sqlstate(error) in STALE_PLAN:
                session.close()
                raise Again(sent=is_cut(error)) from error
            self._idle.append(session)
            raise named(error) from error
        except ParleyError:
            self._idle.append(session)
            raise
        except BaseException as error:
            session.close()  # whatever it was, the protocol may be out of step
            if isinstance(error, TROUBLE):
                raise Again(sent=True) from error
            if isinstance(error, UNSENDABLE):
                raise BadInput("a value is not text that UTF-8 can carry") from error
            raise
        self._idle.append(session)
        return result

    def _borrow(self, *, fresh: bool) -> Session:
        if fresh:  # the others of a pool were mostly cut together
            self._drop_idle()
        with suppress(IndexError):
            return self._idle.pop()
        try:
            return self._connect()
        except DatabaseError as error:
            if is_cut(error):
                raise Again(sent=False) from error
            raise named(error) from error
        except TROUBLE as error:
            raise Again(sent=False) from error

    def _drop_idle(self) -> None:
        with suppress(IndexError):
            while True:
                self._idle.pop().close()


class Again(Exception):
    """The connection is gone. `sent`: the statement may have reached the server."""

    def __init__(self, *, sent: bool) -> None:
        super().__init__()
        self.sent = sent


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _array(values: tuple[Any, ...]) -> str:
    """PostgreSQL's array literal of a flat tuple."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    text = "\\x" + value.hex() if isinstance(value, bytes) else str(value)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
