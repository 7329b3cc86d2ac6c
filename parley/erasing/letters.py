"""Events that wait in rows: parked, given up, or spooled in PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from parley.erasing.case import Case
from shared.erasure.events import received_at, without
from shared.messaging.envelope import Event, EventType
from shared.messaging.spool import Spooled
from shared.runtime.errors import BadInput
from shared.storage.database import Database
from shared.wire.fields import obj, text

PAGE = 200


@dataclass(frozen=True)
class Table:
    """Where events lie. `key`: the column that pages and names a row."""

    name: str
    key: str
    first: Any


TABLES = (
    Table("parked", "seq", -1),
    Table("dead_letters", "id", "00000000-0000-0000-0000-000000000000"),
)


async def clear_rows(case: Case, database: Database) -> None:
    """Take the person out of `parked` and `dead_letters`. Raises Unavailable."""
    for table in TABLES:
        async for row in _rows(database, table, case.tenant_id):
            await _one(case, database, table, row)


async def _rows(database: Database, table: Table, tenant: str) -> AsyncIterator[dict[str, Any]]:
    after = table.first
    sql = (
        f"select {table.key}, event_id, tenant_id, body from {table.name}"  # noqa: S608  # our own
        f" where (tenant_id = :tenant or tenant_id is null) and {table.key} > :after"
        f" order by {table.key} limit {PAGE}"
    )
    while True:
        found = await database.rows(sql, idempotent=True, tenant=tenant, after=after)
        for row in found:
            yield row
        if len(found) < PAGE:
            return
        after = found[-1][table.key]


async def _one(case: Case, database: Database, table: Table, row: dict[str, Any]) -> None:
    try:
        event = Event.decode(bytes(row["body"]))
    except BadInput:
        case.left["unreadable_events"] += row["tenant_id"] is not None
        return
    rest = await reduced(case, event)
    if rest is event:
        return
    case.removed[table.name] += 1
    if case.dry:
        return
    where = f"where {table.key} = :key"
    if rest is not None:
        await database.rows(
            f"update {table.name} set body = :body {where} returning 1 as done",  # noqa: S608
            key=row[table.key],
            body=rest.encode(),
        )
        return
    if row["tenant_id"] is not None:
        await database.call(
            "ledger_answer", event_id=row["event_id"], tenant_id=case.tenant_id, answer="erased"
        )
    await database.rows(
        f"delete from {table.name} {where} returning 1 as done",  # noqa: S608
        key=row[table.key],
    )


async def reduced(case: Case, event: Event) -> Event | None:
    """The event without the person; itself when it is not about them, or came after the moment."""
    if event.type == EventType.RAW and not str(event.data.get("key")).startswith(case.tenant_id):
        return event
    if event.type != EventType.RAW and event.tenantid != case.tenant_id:
        return event
    if received_at(event) > case.as_of or without(event, case.marks) is event:
        return event
    return without(event, case.marks, await case.others(_ids(event)))


def _ids(event: Event) -> set[str]:
    item = obj(event.data.get("message", event.data.get("status")))
    return {found for one in (item.get("id"), event.subject) if (found := text(one))}


async def clear_spool_rows(case: Case, database: Database, installation: str) -> None:
    """Take the person out of the spool's rows."""
    found = await database.rows(
        "select name, body from spool where installation = :installation"
        " and (tenant_id = :tenant or tenant_id is null)",
        idempotent=True,
        installation=installation,
        tenant=case.tenant_id,
    )
    for row in found:
        body = await smaller(case, bytes(row["body"]))
        if body is None:
            continue
        case.removed["spool"] += 1
        if case.dry:
            continue
        given = {"installation": installation, "name": row["name"]}
        where = "where installation = :installation and name = :name returning 1 as done"
        if body:
            await database.rows(f"update spool set body = :body {where}", body=body, **given)  # noqa: S608
        else:
            await database.rows(f"delete from spool {where}", **given)  # noqa: S608


async def smaller(case: Case, body: bytes) -> bytes | None:
    """A spooled body without the person: empty when nothing is left, None when it is as it was."""
    try:
        spooled = Spooled.decode(body)
    except BadInput:
        case.left["unreadable_events"] += 1
        return None
    rest = [await reduced(case, event) for event in spooled.events]
    if all(one is event for one, event in zip(rest, spooled.events, strict=True)):
        return None
    kept = [one for one in rest if one is not None]
    return Spooled(spooled.exchange, kept).encode() if kept else b""
