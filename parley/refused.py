"""`parley refused list`: messages that the other side did not take, or failed later, and why.

A row names no person and no id of WhatsApp's, which holds a number: codes, words, Genesys' ids.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from parley.environment import Environment
from parley.stores import database_of, quiet, tenant_id_of
from shared.command.moments import short
from shared.command.output import print_items, say, wants_json
from shared.services.pages import Place

DONE = 0
_FIND = (
    "select * from refused_find(:tenant, :channel, :direction, :since, :until, :before_at,"
    " :before_id, :limit)"
)


def list_(given: argparse.Namespace, environment: Environment) -> int:
    """Show them, the newest first."""
    quiet()
    return asyncio.run(_list(given, environment))


async def _list(given: argparse.Namespace, environment: Environment) -> int:
    place = Place.read(given.cursor)
    async with database_of(environment) as database:
        rows = await database.rows(
            _FIND,
            idempotent=True,
            tenant=await tenant_id_of(database, given.tenant),
            channel=given.channel,
            direction=given.direction,
            since=given.since,
            until=given.until,
            before_at=None if place is None else place.at,
            before_id=None if place is None else place.id,
            limit=given.limit + 1,
        )
    shown, more = rows[: given.limit], len(rows) > given.limit
    after = Place(shown[-1]["refused_at"], str(shown[-1]["tracking_id"])).text if more else None
    if wants_json(given):
        print_items([_public(row) for row in shown], next=after)
    else:
        _as_lines(shown, after)
    return DONE


def _public(row: Mapping[str, Any]) -> dict[str, Any]:
    names = {"tenant": row["slug"], "channel": row["channel"]}
    rest = {name: value for name, value in row.items() if name not in ("slug", "channel")}
    return names | rest


def _as_lines(rows: Sequence[Mapping[str, Any]], after: str | None) -> None:
    for row in rows:
        who = row["slug"] or row["tenant_id"]
        channel = row["channel"] or row["channel_id"]
        some = (
            ""
            if row["refused_parts"] == row["parts"]
            else (f", {row['refused_parts']} of {row['parts']} parts")
        )
        say(
            f"{short(row['refused_at'])}  {who}/{channel}  {row['direction']} {row['kind']}{some}"
            f"  conversation {row['conversation_id'] or '-'}"
        )
        say(f"    {row['code'] or '-'}: {row['reason'] or 'no reason was given'}")
        say(f"    {row['event_id']}")
    if not rows:
        say("no message of that kind was refused")
    if after is not None:
        say()
        say(f"there are more; older ones: the same with --cursor {after}")
