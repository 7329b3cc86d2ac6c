"""The pool on a real PostgreSQL: values, errors by name, broken and frozen connections."""

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest

from local.services import Endpoints
from shared.runtime.errors import BadInput, Conflict, ParleyError, Unavailable, Unknown
from shared.storage.database import Database, Session
from tests.ports import free_port
from tests.storage.forwarder import Forwarder
from tests.waits import WAIT_S

T = TypeVar("T")


def run(url: str, work: Callable[[Database], Awaitable[T]], **limits: Any) -> T:
    """Open a pool, do the work, close it."""

    async def main() -> T:
        async with Database.open(url, **limits) as database:
            return await work(database)

    return asyncio.run(main())


@pytest.fixture
def url(migrated: Endpoints) -> str:
    return migrated.database_url("tenancy")


@pytest.fixture
def owner(migrated: Endpoints) -> str:
    return migrated.database_owner_url


@pytest.fixture
def forwarder(migrated: Endpoints) -> Iterator[Forwarder]:
    parts = urlsplit(migrated.database_owner_url)
    assert parts.hostname
    assert parts.port
    forwarder = Forwarder((parts.hostname, parts.port))
    yield forwarder
    forwarder.close()


def through(forwarder: Forwarder, url: str) -> str:
    parts = urlsplit(url)
    return url.replace(f"{parts.hostname}:{parts.port}", f"127.0.0.1:{forwarder.port}")


STORED = {
    "search_path": "elsewhere",
    "synchronous_commit": "off",
    "default_transaction_read_only": "on",
    "default_transaction_isolation": "serializable",
    "standard_conforming_strings": "off",
    "bytea_output": "escape",
    "timezone": "Asia/Tokyo",
    "statement_timeout": "1",
    "row_security": "off",
}


def test_what_a_role_stores_for_itself_changes_no_connection_of_ours(url: str) -> None:
    async def told(database: Database) -> dict[str, str]:
        rows = await database.rows("select lower(name) as name, setting from pg_settings")
        return {row["name"]: row["setting"] for row in rows if row["name"] in STORED}

    async def alter(database: Database, what: str) -> None:
        [row] = await database.rows("select quote_ident(current_database()) as name")
        await database.rows(f"alter role current_user in database {row['name']} {what}")

    before = run(url, told)
    assert before.keys() == STORED.keys()
    try:
        for name, value in STORED.items():
            run(url, lambda it, n=name, v=value: alter(it, f"set {n} = '{v}'"))  # type: ignore[misc]
        assert run(url, told) == before
    finally:
        run(url, lambda it: alter(it, "reset all"))


def test_values_come_back_as_they_went(url: str) -> None:
    moment = datetime.now(UTC)
    given: dict[str, Any] = {
        "text": "it's :x, $1 and ünïcode",
        "json": {"a": [1, None, "b"]},
        "many": ("a", None, 'q"uo\\te', ""),
        "raw": b"\x00\xff",
        "moment": moment,
        "id": "7c6e0d0e-6a4f-4a36-9d4b-0f4f3f0f5a11",
        "number": 7,
        "nothing": None,
    }
    sql = (
        "select :text::text as text, :json::jsonb as json, :many::text[] as many,"
        " :raw::bytea as raw, :moment::timestamptz as moment, :id::uuid as id,"
        " :number::integer as number, :nothing::text as nothing"
    )
    [row] = run(url, lambda db: db.rows(sql, **given))
    assert row == {**given, "many": list(given["many"])}


def test_a_tuple_of_bytes_is_an_array_of_bytea(url: str) -> None:
    bodies = (b"\x00one", b'"two\\')
    [row] = run(url, lambda db: db.rows("select :b::bytea[] as b", b=bodies))
    assert row["b"] == list(bodies)


def test_a_statement_over_8_kb_does_not_wait_for_an_acknowledgement(url: str) -> None:
    """Without TCP_NODELAY each of these takes 44 ms."""

    async def took(db: Database) -> float:
        times = []
        for _ in range(9):
            start = time.perf_counter()
            await db.rows("select length(:text) as n", text="x" * 20_000)
            times.append(time.perf_counter() - start)
        return min(times)

    assert run(url, took) < 0.03


@pytest.mark.parametrize(
    ("sql", "values", "error"),
    [
        ("select :v::uuid as v", {"v": "sesame"}, BadInput),
        ("select :v::text as v", {"v": "sesame \0"}, BadInput),
        ("select :v::text as v", {"v": "sesame \ud800"}, BadInput),
        ("select :v::jsonb as v", {"v": {"k": "sesame \ud800"}}, BadInput),
        ("insert into tenants (slug, name) values (:v, 'n')", {"v": "Sesame!"}, BadInput),
        ("insert into tenants (name) values (:v)", {"v": "sesame"}, BadInput),
        ("select * from sesame", {}, Unavailable),
        ("select * from message_tracking", {}, Unavailable),
    ],
)
def test_the_server_s_errors_have_our_names_and_hold_no_values(
    url: str, sql: str, values: dict[str, Any], error: type[ParleyError]
) -> None:
    with pytest.raises(error) as caught:
        run(url, lambda db: db.rows(sql, **values))
    assert type(caught.value) is error
    assert "sesame" not in caught.value.detail


def test_a_second_of_something_unique_is_a_conflict(url: str) -> None:
    async def twice(db: Database) -> None:
        for _ in range(2):
            await db.rows("insert into tenants (slug, name) values ('only-one', 'n')")

    with pytest.raises(Conflict, match="tenants_slug_key"):
        run(url, twice)


def test_the_connection_is_good_after_an_error(url: str) -> None:
    async def work(db: Database) -> Any:
        with pytest.raises(BadInput):
            await db.rows("select :v::uuid as v", v="no")
        first = await db.rows("select pg_backend_pid() as pid")
        with pytest.raises(BadInput):
            await db.rows("select :v::uuid as v", v="no")
        return first, await db.rows("select pg_backend_pid() as pid")

    first, second = run(url, work, size=1)
    assert first == second


def test_a_statement_that_takes_too_long_can_be_tried_again(url: str) -> None:
    with pytest.raises(Unavailable) as caught:
        run(url, lambda db: db.rows("select pg_sleep(30)"), statement_timeout_ms=100)
    assert caught.value.retryable == "yes"


def test_a_table_changed_under_a_prepared_statement_is_prepared_anew(owner: str) -> None:
    async def work(db: Database) -> Any:
        await db.rows("create table shifting (a integer)")
        before = await db.rows("select * from shifting")
        await db.rows("alter table shifting add b integer default 2")
        await db.rows("insert into shifting values (1)")
        after = await db.rows("select * from shifting")
        await db.rows("drop table shifting")
        return before, after

    assert run(owner, work, size=1) == ([], [{"a": 1, "b": 2}])


async def cut_all(db: Database) -> None:
    """As a restart of the server does: end every session but the one that says so."""
    await db.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where usename = 'parley_tenancy' and pid <> pg_backend_pid()"
    )


def test_sessions_that_the_server_ended_are_replaced_unnoticed(owner: str, url: str) -> None:
    async def work(db: Database) -> list[Any]:
        slow = "select pg_sleep(0.05), pg_backend_pid() as pid"
        before = await asyncio.gather(*(db.rows(slow) for _ in range(4)))
        async with Database.open(owner) as other:
            await cut_all(other)
        after = [await db.rows(slow, idempotent=True) for _ in range(8)]
        return [{rows[0]["pid"] for rows in found} for found in (before, after)]

    before, after = run(url, work)
    assert len(before) == 4
    assert not before & after


def test_a_change_that_was_cut_is_unknown_unless_it_may_be_repeated(owner: str, url: str) -> None:
    async def work(db: Database) -> None:
        await db.rows("select 1 as one")
        async with Database.open(owner) as other:
            await cut_all(other)
        await db.rows("select 1 as one")

    with pytest.raises(Unknown):
        run(url, work, size=1)


def test_a_lost_answer_is_asked_for_once_more(url: str, forwarder: Forwarder) -> None:
    async def work(db: Database) -> Any:
        await db.ping()
        forwarder.lose_next_answer()
        return await db.rows("select 1 as one", idempotent=True)

    assert run(through(forwarder, url), work, size=1) == [{"one": 1}]
    assert forwarder.connections == 2


def test_a_frozen_server_is_not_waited_for(url: str, forwarder: Forwarder) -> None:
    async def work(db: Database) -> None:
        await db.ping()
        forwarder.freeze()
        async with asyncio.timeout(WAIT_S):
            with pytest.raises(Unavailable):
                await db.ping()

    limits = {"statement_timeout_ms": 100, "connect_timeout": 0.5, "size": 1}
    run(through(forwarder, url), work, **limits)


def test_no_server_is_said() -> None:
    with pytest.raises(Unavailable):
        run(f"postgresql://nobody@127.0.0.1:{free_port()}/none", lambda db: db.ping())


def test_a_server_without_tls_is_refused_when_tls_is_asked_for(url: str) -> None:
    with pytest.raises(Unavailable):
        run(url + "?sslmode=require", lambda db: db.ping())


def test_a_wrong_password_is_not_shown(url: str) -> None:
    wrong = url.replace("parley_tenancy:", "parley_nobody:hush")
    with pytest.raises(Unavailable) as caught:
        run(wrong, lambda db: db.ping())
    assert "hush" not in caught.value.detail


def test_there_are_never_more_connections_than_the_size(url: str, forwarder: Forwarder) -> None:
    async def work(db: Database) -> None:
        await asyncio.gather(*(db.rows("select pg_sleep(0.01)") for _ in range(20)))

    run(through(forwarder, url), work, size=2)
    assert forwarder.connections == 2


def test_a_wait_for_a_busy_pool_ends(url: str) -> None:
    async def work(db: Database) -> None:
        slow = asyncio.create_task(db.rows("select pg_sleep(0.5)"))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="at work"):
            await db.ping()
        await slow

    run(url, work, size=1, wait=0.05)


def test_a_caller_that_gave_up_leaves_the_pool_whole(url: str) -> None:
    async def work(db: Database) -> Any:
        given_up = asyncio.create_task(db.rows("select pg_sleep(0.2)"))
        await asyncio.sleep(0.05)
        given_up.cancel()
        return await db.rows("select 1 as one")

    assert run(url, work, size=1) == [{"one": 1}]


def test_context_variables_reach_the_thread(url: str) -> None:
    tenant = contextvars.ContextVar("tenant", default="nobody")

    async def work(db: Database) -> str:
        tenant.set("acme")
        return await db.transaction(lambda _: tenant.get())

    assert run(url, work) == "acme"


def test_a_transaction_is_all_or_nothing(url: str) -> None:
    def two(session: Session) -> None:
        session.rows("insert into tenants (slug, name) values (:slug, 'n')", {"slug": "half"})
        session.rows("insert into tenants (slug, name) values (:slug, 'n')", {"slug": "Half!"})

    async def work(db: Database) -> Any:
        with pytest.raises(BadInput):
            await db.transaction(two)
        return await db.rows("select 1 as one from tenants where slug = 'half'")

    assert run(url, work) == []


def test_a_transaction_s_result_is_committed(url: str) -> None:
    def one(session: Session) -> Any:
        sql = "insert into tenants (slug, name) values (:slug, 'n') returning slug"
        return session.rows(sql, {"slug": "whole"})

    async def work(db: Database) -> Any:
        made = await db.transaction(one)
        return made, await db.rows("select slug from tenants where slug = 'whole'")

    made, found = run(url, work)
    assert made == found == [{"slug": "whole"}]
