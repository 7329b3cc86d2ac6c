"""`parley ledger`: what came in and what became of it, and what is missing, by the data alone.

in = done + refused + parked + dead + waiting + overdue.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from parley.environment import Environment
from parley.stores import (
    database_of,
    object_settings,
    objects_of,
    publisher_of,
    quiet,
    tenant_id_of,
    topology_of,
)
from shared.command.moments import short
from shared.command.output import print_items, say, wants_json
from shared.messaging.spooled import InPostgres, InS3
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES, OUTBOUND_GENESYS_MESSAGES
from shared.storage.database import Database

BALANCED, MISSING = 0, 1
EXCHANGES = {"inbound": INBOUND_WHATSAPP_MESSAGES, "outbound": OUTBOUND_GENESYS_MESSAGES}
COLUMNS = ("arrived", "done", "refused", "parked", "dead", "waiting", "overdue")
NAMED = 10  # overdue messages that are named
LOOK_AT = 10_000  # objects in the spool
_PAGE = "select * from ledger_page(:tenant, :since, :until, :grace)"
_OVERDUE = "select * from ledger_overdue(:tenant, :grace, :limit)"


def ledger(given: argparse.Namespace, environment: Environment) -> int:
    """Show the page; 1 when it does not balance."""
    quiet()
    return asyncio.run(_ledger(given, environment))


async def _ledger(given: argparse.Namespace, environment: Environment) -> int:
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(database_of(environment))
        tenant = await tenant_id_of(database, given.tenant)
        await database.call("ledger_settle")
        page = await database.rows(
            _PAGE,
            idempotent=True,
            tenant=tenant,
            since=given.since,
            until=given.until,
            grace=given.grace,
        )
        overdue: Counter[str] = Counter()
        for row in page:
            overdue[row["direction"]] += row["overdue"]
        places = await _places(environment, database) if overdue.total() else {}
        named = await database.rows(
            _OVERDUE, idempotent=True, tenant=tenant, grace=given.grace, limit=NAMED
        )
    missing = {way: max(0, count - _held(places, way)) for way, count in overdue.items()}
    wrong = [row for row in page if _difference(row)]
    balanced = not wrong and not any(missing.values())
    if wants_json(given):
        _as_json(page, places, missing, balanced=balanced)
    else:
        _as_table(page, places)
        _advise(page, missing, named, wrong)
    return BALANCED if balanced else MISSING


async def _places(environment: Environment, database: Database) -> dict[str, int]:
    """Messages in the queues and in the spool: there the overdue ones may be."""
    prefix = topology_of(environment).prefix
    async with publisher_of(environment) as publisher, objects_of(environment) as objects:
        in_s3 = InS3(objects, object_settings(environment), prefix)
        spooled = len(await in_s3.names(LOOK_AT))
        spooled += len(await InPostgres(database, prefix).names(LOOK_AT))
        queued = {way: await publisher.waiting(name) for way, name in EXCHANGES.items()}
    return queued | {"spool": spooled}


def _held(places: Mapping[str, int], way: str) -> int:
    return places.get(way, 0) + places.get("spool", 0)


def _difference(row: Mapping[str, Any]) -> int:
    """What the columns do not explain. Not 0 when somebody changed the ledger's own rows."""
    return int(row["arrived"] - sum(row[name] for name in COLUMNS[1:]))


def _as_json(
    page: Sequence[Mapping[str, Any]],
    places: Mapping[str, int],
    missing: Mapping[str, int],
    *,
    balanced: bool,
) -> None:
    rows = [
        {"tenant": row["slug"], "tenant_id": row["tenant_id"], "direction": row["direction"]}
        | {name: row[name] for name in COLUMNS}
        | {"unexplained": _difference(row)}
        for row in page
    ]
    print_items(rows, balanced=balanced, missing=missing, held=places)


def _as_table(page: Sequence[Mapping[str, Any]], places: Mapping[str, int]) -> None:
    names = [row["slug"] or str(row["tenant_id"]) for row in page]
    width = max([len(name) for name in names] + [6])
    heads = ("in", *COLUMNS[1:])
    say(f"{'tenant':<{width}}  {'direction':<9}" + "".join(f"{head:>9}" for head in heads))
    for name, row in zip(names, page, strict=True):
        numbers = "".join(f"{row[column]:>9}" for column in COLUMNS)
        say(f"{name:<{width}}  {row['direction']:<9}{numbers}")
    if not page:
        say("nothing came in")
    if places:
        say()
        queues = f"{places['inbound']} inbound, {places['outbound']} outbound"
        say(f"in the queues: {queues}; in the spool: {places['spool']}")


def _advise(
    page: Sequence[Mapping[str, Any]],
    missing: Mapping[str, int],
    named: Sequence[Mapping[str, Any]],
    wrong: Sequence[Mapping[str, Any]],
) -> None:
    lost = sum(missing.values())
    overdue = sum(row["overdue"] for row in page)
    for row in wrong:
        who = row["slug"] or row["tenant_id"]
        say(f"{who} {row['direction']}: {_difference(row)} are not explained: were rows changed?")
    if lost:
        say()
        say(f"MISSING: {lost} messages came in and are nowhere. The oldest that are overdue:")
        for row in named:
            say(f"  {short(row['arrived_at'])}  {row['direction']:<8}  {row['event_id']}")
        say(
            "look for these ids in the logs of the connector and of the transforms; bring them "
            "back from the raw archive:"
        )
        say("  parley replay --tenant SLUG --from MOMENT --to MOMENT")
    elif overdue:
        say(f"{overdue} are overdue and may be in the queues or in the spool: they hold as many")
    if not wrong and not lost:
        say(
            "it balances: in = done + refused + parked + dead + waiting + overdue, and nothing is "
            "missing"
        )
