"""The schema: made once, made again without harm, and closed to whoever has no business in it."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from local.services import Endpoints
from migrations.run import current, upgrade
from shared.runtime.errors import BadInput, ParleyError, Unavailable
from shared.storage.database import Database
from tests.migrations.asking import ask, fresh, quiet


@pytest.fixture
def empty(services: Endpoints) -> Iterator[Endpoints]:
    """A database of its own, without a schema."""
    with fresh(services) as database:
        yield database


def test_an_empty_database_gets_everything_and_a_second_run_changes_nothing(
    empty: Endpoints,
) -> None:
    owner = empty.database_owner_url
    said: list[str] = []
    assert current(owner) is None
    upgrade(owner, report=said.append)
    made = current(owner)
    upgrade(owner, report=said.append)
    assert made == current(owner)
    assert said[0] == f"schema empty -> {made}"
    assert said[2:] == [f"schema at {made}", "functions loaded, 0 partitions made"]


def test_what_is_in_the_tables_stays(empty: Endpoints) -> None:
    owner = empty.database_owner_url
    upgrade(owner, report=quiet)
    ask(empty.database_url("tenancy"), "insert into tenants (slug, name) values ('kept', 'Kept')")
    upgrade(owner, report=quiet)
    assert ask(empty.database_url("tenancy"), "select name from tenants") == [{"name": "Kept"}]


def test_two_upgrades_at_once_take_turns(empty: Endpoints) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: upgrade(empty.database_owner_url, report=quiet), range(2)))
    assert current(empty.database_owner_url) is not None


def test_an_owner_who_is_no_superuser_can_migrate(services: Endpoints, empty: Endpoints) -> None:
    owner, name = services.database_owner_url, f"plain_{uuid4().hex[:8]}"
    ask(owner, f"create role {name} login password 'plain' nosuperuser")
    database = empty.database_owner_url.rpartition("/")[2]
    ask(owner, f"alter database {database} owner to {name}")
    host = owner.partition("@")[2].partition("/")[0]
    plain = f"postgresql://{name}:plain@{host}/{database}"
    try:
        upgrade(plain, report=quiet)
        # Forced row security holds for the owner too.
        with pytest.raises(Unavailable, match="42501"):
            ask(plain, "insert into tenants (slug, name) values ('mine', 'Mine')")
        stray = "insert into message_events_default values"
        values = (
            f"('{uuid4()}','{uuid4()}','c','{uuid4()}',1,'inbound','message',now() + '200 days')"
        )
        ask(empty.database_owner_url, f"{stray} {values}")
        assert ask(plain, "select ensure_partitions(8) as made") == [{"made": 5}]
        found = ask(
            empty.database_owner_url, "select tableoid::regclass::text as at from message_events"
        )
        assert found[0]["at"].startswith("message_events_2")
    finally:
        ask(owner, f"alter database {database} owner to current_user")
        ask(empty.database_owner_url, f"reassign owned by {name} to current_user")
        ask(empty.database_owner_url, f"drop owned by {name}")
        ask(owner, f"drop role {name}")


def test_a_role_that_could_bypass_row_security_is_refused(empty: Endpoints) -> None:
    owner = empty.database_owner_url
    ask(owner, "alter role parley_connector bypassrls")
    try:
        with pytest.raises(Exception, match="can bypass row-level security"):
            upgrade(owner, report=quiet)
    finally:
        ask(owner, "alter role parley_connector nobypassrls")
    assert current(owner) is None


def test_every_table_with_a_tenant_forces_row_security_with_a_policy(migrated: Endpoints) -> None:
    open_tables = ask(
        migrated.database_owner_url,
        """
        select c.relname from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
          and c.relname <> 'alembic_version'
          and not (c.relrowsecurity and c.relforcerowsecurity
                   and exists (select from pg_policy p where p.polrelid = c.oid
                                and p.polname = 'tenant_isolation' and p.polwithcheck is not null))
        """,
    )
    assert open_tables == []


def test_the_roles_own_nothing_and_can_create_nothing(migrated: Endpoints) -> None:
    owned = ask(
        migrated.database_owner_url,
        "select relname from pg_class where relowner in"
        " (select oid from pg_roles where rolname like 'parley\\_%' and rolname <> current_user)",
    )
    assert owned == []
    for statement in ("create table mine (a int)", "create schema mine"):
        with pytest.raises(Unavailable, match="42501"):
            ask(migrated.database_url("functions"), statement)


def test_every_function_runs_with_its_caller_s_rights_and_for_one_role_alone(
    migrated: Endpoints,
) -> None:
    found = ask(
        migrated.database_owner_url,
        """
        select p.proname as name, p.prosecdef as definer,
               (select count(*) from pg_roles r
                 where r.rolname in ('parley_functions', 'parley_tenancy', 'parley_connector')
                   and has_function_privilege(r.oid, p.oid, 'execute')) as roles
        from pg_proc p where p.pronamespace = 'public'::regnamespace
          and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
        """,
    )
    assert not [row["name"] for row in found if row["definer"] or row["roles"] > 1]
    maintenance = {row["name"] for row in found if not row["roles"]}
    assert maintenance == {
        *("ensure_partitions", "isolate_tenants"),
        *("erasure_person", "erasure_rows", "erasure_others"),
        *("erasure_waiting", "erasure_waiting_ids"),
        *("retention_days", "retention_sweep", "retention_count", "retention_note"),
        *("retention_drop_partitions", "retention_needs"),
        *("erasure_open", "erasure_begin", "erasure_learn", "erasure_note"),
    }


@pytest.mark.parametrize(
    ("role", "sql"),
    [
        ("functions", "select sealed from tenant_credentials"),
        ("functions", "select app_secret from meta_apps"),
        ("functions", "select webhook_secret from channels"),
        ("functions", "select webhook_secret_previous from channels"),
        ("functions", "select * from channels"),
        ("functions", "select * from api_keys"),
        ("functions", "select * from audit_log"),
        ("functions", "select * from parked"),
        ("functions", "select * from dead_letters"),
        ("functions", "select * from message_events_default"),
        ("functions", "delete from message_tracking"),
        ("functions", "update message_events set content = null"),
        ("functions", "set role parley_tenancy"),
        ("functions", "alter table message_tracking disable row level security"),
        ("functions", "drop policy tenant_isolation on message_tracking"),
        ("tenancy", "select * from message_tracking"),
        ("tenancy", "select * from message_events"),
        ("tenancy", "select * from parked"),
        ("tenancy", "delete from audit_log"),
        ("tenancy", "update audit_log set actor = 'nobody'"),
        ("connector", "select * from tenants"),
        ("connector", "select * from tenant_credentials"),
        ("connector", "select * from message_tracking"),
    ],
)
def test_what_is_not_a_role_s_business_is_denied(migrated: Endpoints, role: Any, sql: str) -> None:
    with pytest.raises(Unavailable, match="42501"):
        ask(migrated.database_url(role), sql)


def test_switching_row_security_off_shows_nothing(migrated: Endpoints) -> None:
    async def main() -> None:
        async with Database.open(migrated.database_url("functions"), size=1) as database:
            await database.rows("set row_security = off")
            with pytest.raises(ParleyError):
                await database.rows("select * from message_tracking")

    asyncio.run(main())


def test_tenancy_sees_all_tenants_and_the_functions_only_the_one_they_work_for(
    migrated: Endpoints,
) -> None:
    tenancy, functions = migrated.database_url("tenancy"), migrated.database_url("functions")
    slugs = [f"seen-{uuid4().hex[:8]}" for _ in range(2)]
    insert = "insert into tenants (slug, name) values (:slug, 'n') returning id"
    ids = [ask(tenancy, insert, slug=slug)[0]["id"] for slug in slugs]
    assert len(ask(tenancy, "select 1 as x from tenants where slug = any(:s)", s=tuple(slugs))) == 2
    assert ask(functions, "select slug from tenants") == []
    mine = (
        "with mine as materialized (select set_config('app.tenant_id', :id, true))"
        " select t.slug from mine, tenants t"
    )
    assert ask(functions, mine, id=ids[0]) == [{"slug": slugs[0]}]


def test_the_connector_parks_in_order_and_each_event_once(migrated: Endpoints) -> None:
    connector = migrated.database_url("connector")
    park = (
        "insert into parked (queue, partition_key, event_id, tenant_id, channel_id, body)"
        " select :queue, 'k', id, null, null, body"
        " from unnest(:ids::text[], :bodies::bytea[]) with ordinality as e (id, body, n) order by n"
        " on conflict (event_id) do nothing returning event_id"
    )
    queue, ids = uuid4().hex, tuple(uuid4().hex for _ in range(5))
    bodies = tuple(b"\x00" + bytes([n]) for n in range(5))
    assert len(ask(connector, park, queue=queue, ids=ids[:3], bodies=bodies[:3])) == 3
    assert len(ask(connector, park, queue=queue, ids=ids, bodies=bodies)) == 2
    found = ask(
        connector, "select event_id, body from parked where queue = :q order by seq", q=queue
    )
    assert [(row["event_id"], row["body"]) for row in found] == list(zip(ids, bodies, strict=True))


def test_a_slug_is_fit_for_paths_and_names(migrated: Endpoints) -> None:
    insert = "insert into tenants (slug, name) values (:slug, 'n')"
    for slug in ("", "-a", "a-", "A", "a_b", "a/b", "a" * 64):
        with pytest.raises(BadInput):
            ask(migrated.database_url("tenancy"), insert, slug=slug)
