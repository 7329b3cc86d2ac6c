"""With tenant A's identity no row of tenant B's is read, changed or made, in any table there is."""

import asyncio
from collections.abc import Iterator
from typing import Any, get_args
from uuid import uuid4

import pytest

from local.services import Endpoints
from local.services.endpoints import Role
from migrations.run import upgrade
from shared.runtime.errors import ParleyError
from shared.storage.database import Database, Session
from tests.migrations.asking import ask, fresh, quiet
from tests.security.filling import fill, tables

MINE, THEIRS = str(uuid4()), str(uuid4())
# Who looks across tenants, and where: a new line here is a decision. The doors' and senders' role
# (functions) is not among them but to put into the spool, which it can not read.
ACROSS = {
    "functions": {"spool"},
    "tenancy": {
        "api_keys",
        "audit_log",
        "channels",
        "meta_apps",
        "stale_keys",
        "tenant_credentials",
        "tenants",
    },
    "connector": set(),  # told by the catalogue: what waits, what is over, what is erased
}
NOBODYS: set[str] = set()  # tables without a tenant


@pytest.fixture(scope="module")
def filled(services: Endpoints) -> Iterator[Endpoints]:
    with fresh(services) as endpoints:
        upgrade(endpoints.database_owner_url, report=quiet)
        fill(endpoints, THEIRS)
        yield endpoints


def attempt(endpoints: Endpoints, role: Role, sql: str) -> list[dict[str, Any]] | None:
    """The rows of a statement with tenant A's identity; None: it was refused."""

    async def run() -> list[dict[str, Any]] | None:
        async with Database.open(endpoints.database_url(role), size=1) as database:

            def work(session: Session) -> list[dict[str, Any]]:
                session.rows("select set_config('app.tenant_id', :mine, true)", {"mine": MINE})
                return session.rows(sql, {})

            try:
                return await database.transaction(work)
            except ParleyError:
                return None

    return asyncio.run(run())


def across(endpoints: Endpoints, role: str) -> set[str]:
    """Tables with a policy that lets the role see over its tenant."""
    rows = ask(
        endpoints.database_owner_url,
        "select p.polrelid::regclass::text as name from pg_policy p"
        " join pg_roles r on r.oid = any(p.polroles) where r.rolname = :role",
        role=f"parley_{role}",
    )
    return {row["name"] for row in rows}


def test_every_table_says_whose_its_rows_are(filled: Endpoints) -> None:
    assert {table["name"] for table in tables(filled) if table["whose"] is None} == NOBODYS


@pytest.mark.parametrize("role", get_args(Role))
def test_nothing_of_another_tenant_s_is_read_changed_or_made(filled: Endpoints, role: Role) -> None:
    wide = across(filled, role)
    walked = 0
    for table in tables(filled):
        name, whose = table["name"], table["whose"]
        if name in wide or whose is None:
            continue
        walked += 1
        here = f"from {name} where {whose} = '{THEIRS}'"
        seen = attempt(filled, role, f"select count(*) as n {here}")
        assert seen in (None, [{"n": 0}]), name
        assert attempt(filled, role, f"delete {here} returning 1 as n") in (None, []), name
        change = f"update {name} set {whose} = '{MINE}' where {whose} = '{THEIRS}' returning 1 as n"
        assert attempt(filled, role, change) in (None, []), name
        theft = f"insert into {name} ({whose}) values ('{THEIRS}') returning 1 as n"
        assert attempt(filled, role, theft) is None, name
    assert walked > 0


@pytest.mark.parametrize("role", ["functions", "tenancy"])
def test_who_looks_across_tenants_is_written_down(filled: Endpoints, role: str) -> None:
    assert across(filled, role) == ACROSS[role]


def test_the_role_of_the_message_path_reads_no_spool_and_no_secret(filled: Endpoints) -> None:
    assert attempt(filled, "functions", "select count(*) as n from spool") is None


def test_without_an_identity_nothing_is_seen_at_all(filled: Endpoints) -> None:
    for table in tables(filled):
        sql = f"select count(*) as n from {table['name']}"
        try:
            assert ask(filled.database_url("functions"), sql) == [{"n": 0}], table["name"]
        except ParleyError:
            continue
