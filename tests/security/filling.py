"""A row of a tenant's in every table there is, made from the catalogue, whatever the table."""

from typing import Any

from local.services import Endpoints
from tests.migrations.asking import ask

_TABLES = """
select c.oid::regclass::text as name,
       (select a.attname from pg_attribute a where a.attrelid = c.oid and not a.attisdropped
         and a.attname = case c.relname when 'tenants' then 'id' else 'tenant_id' end) as whose
from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  and not c.relispartition and c.relname <> 'alembic_version'
order by 1
"""
_COLUMNS = """
select a.attname as name, format_type(a.atttypid, null) as type
from pg_attribute a
where a.attrelid = cast(:table_name as text)::regclass and a.attnum > 0 and not a.attisdropped
  and a.attnotnull and not a.atthasdef and a.attidentity = '' and a.attgenerated = ''
"""
CANARY = "canary-of-the-other"
VALUES = {
    "text": f"'{CANARY}'",
    "uuid": "gen_random_uuid()",
    "integer": "1",
    "bigint": "1",
    "smallint": "1",
    "boolean": "false",
    "timestamp with time zone": "now()",
    "date": "current_date",
    "bytea": f"'{CANARY}'::bytea",
    "jsonb": "'{}'",
    "text[]": "'{}'",
    "double precision": "1",
}


def tables(endpoints: Endpoints) -> list[dict[str, Any]]:
    """Every table with the column that says whose a row is; None: it has no such column."""
    return ask(endpoints.database_owner_url, _TABLES)


def fill(endpoints: Endpoints, tenant_id: str) -> None:
    """Put a row of the tenant's into every table; a database of the test's own is changed for it:
    without checks and foreign keys a row need not make sense."""
    owner = endpoints.database_owner_url
    checks = ask(
        owner,
        "select conrelid::regclass::text as name, quote_ident(conname) as what from pg_constraint"
        " where contype in ('c', 'f') and connamespace = 'public'::regnamespace"
        " and conislocal and conparentid = 0 order by contype desc",
    )
    for check in checks:
        ask(owner, f"alter table {check['name']} drop constraint if exists {check['what']}")
    for table in tables(endpoints):
        columns = ask(owner, _COLUMNS, table_name=table["name"])
        given = {column["name"]: _value(column["type"]) for column in columns}
        if table["whose"] is not None:
            given[table["whose"]] = f"'{tenant_id}'"
        names, values = ", ".join(given), ", ".join(given.values())
        ask(owner, f"insert into {table['name']} ({names}) values ({values})")


def _value(kind: str) -> str:
    return VALUES.get(kind) or f"(enum_range(null::{kind}))[1]"
