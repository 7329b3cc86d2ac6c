"""`parley dlq list` and `show`: what was given up, and why; what customers wrote only if asked."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from parley.environment import Environment
from parley.stores import database_of, quiet, tenant_id_of
from shared.command.moments import short
from shared.command.output import json_text, print_items, print_json, say, wants_json
from shared.messaging.envelope import Event
from shared.runtime.errors import BadInput, NotFound
from shared.storage.database import Database

DONE = 0
PAGE = 100
_FIND = (
    "select * from dlq_find(:tenant_id, :reason, :queue, :from, :to, :id, :replayed,"
    " :after_seen, :after_id, :limit)"
)
_COUNTS = "select * from dlq_counts(:tenant_id, :reason, :queue, :from, :to, :id, :replayed)"
_BODY = "select dlq_body(:id) as body"


@dataclass(frozen=True)
class Filter:
    """Which letters. Absent: any."""

    tenant_id: str | None
    given: argparse.Namespace
    replayed: bool

    @classmethod
    async def of(cls, database: Database, given: argparse.Namespace, *, replayed: bool) -> Filter:
        """As it was typed. Raises NotFound for a tenant that is not there."""
        # One that is named is wanted, whatever became of it.
        return cls(
            await tenant_id_of(database, given.tenant), given, replayed or given.id is not None
        )

    @property
    def arguments(self) -> dict[str, Any]:
        """As the SQL functions want it."""
        return {
            "tenant_id": self.tenant_id,
            "reason": self.given.reason,
            "queue": self.given.queue,
            "from": self.given.since,
            "to": self.given.until,
            "id": self.given.id,
            "replayed": self.replayed,
        }


async def counts(database: Database, wanted: Filter) -> dict[str, int]:
    """How many letters, by reason."""
    found = await database.rows(_COUNTS, idempotent=True, **wanted.arguments)
    return {row["reason_code"]: row["letters"] for row in found}


async def letters(
    database: Database, wanted: Filter, limit: int | None
) -> AsyncIterator[Mapping[str, Any]]:
    """The letters, the first seen first; those that come meanwhile may be among them."""
    seen, last, left = None, None, limit
    while left is None or left > 0:
        some = await database.rows(
            _FIND,
            idempotent=True,
            after_seen=seen,
            after_id=last,
            limit=PAGE if left is None else min(PAGE, left),
            **wanted.arguments,
        )
        for row in some:
            yield row
        if len(some) < PAGE:
            return
        seen, last = some[-1]["first_seen"], some[-1]["id"]
        left = None if left is None else left - len(some)


async def body_of(database: Database, id_: str) -> bytes:
    """The event's bytes. Raises NotFound."""
    found = await database.rows(_BODY, idempotent=True, id=id_)
    if found[0]["body"] is None:
        raise NotFound("the letter is gone")
    return bytes(found[0]["body"])


def list_(given: argparse.Namespace, environment: Environment) -> int:
    """A line a letter, and how many of each reason."""
    quiet()
    return asyncio.run(_list(given, environment))


async def _list(given: argparse.Namespace, environment: Environment) -> int:
    async with database_of(environment) as database:
        wanted = await Filter.of(database, given, replayed=given.replayed)
        told = await counts(database, wanted)
        rows = [row async for row in letters(database, wanted, given.limit)]
    if wants_json(given):
        print_items([_public(row) for row in rows], total=sum(told.values()), by_reason=told)
        return DONE
    for row in rows:
        mark = " (replayed)" if row["replayed_at"] else ""
        who = row["slug"] or row["tenant_id"] or "-"
        say(f"{row['id']}  {short(row['last_seen'])}  {who}  {row['queue']}{mark}")
        say(f"    {row['reason_code']}, {row['attempts']} attempts: {row['reason'][:120]}")
    _sum_up(told, len(rows))
    return DONE


def _sum_up(told: Mapping[str, int], shown: int) -> None:
    total = sum(told.values())
    if not total:
        say("no dead letters of that kind")
        return
    say()
    say(f"{total} dead letters" + (f", {shown} shown" if shown < total else ""))
    for code, count in told.items():
        say(f"  {count:>6}  {code}")
    say("next: `parley dlq show ID`; mend the cause; `parley dlq replay` with the same filters")


def show(given: argparse.Namespace, environment: Environment) -> int:
    """One letter with all that is known of it."""
    quiet()
    return asyncio.run(_show(given, environment))


async def _show(given: argparse.Namespace, environment: Environment) -> int:
    async with database_of(environment) as database:
        found = await database.rows(
            _FIND,
            idempotent=True,
            **dict.fromkeys(("tenant_id", "reason", "queue", "from", "to")),
            **dict.fromkeys(("after_seen", "after_id")),
            id=given.id,
            replayed=True,
            limit=1,
        )
        if not found:
            raise NotFound(f"there is no dead letter {given.id!r}: `parley dlq list` names them")
        body = await body_of(database, found[0]["id"])
    known = _public(found[0]) | _envelope(body)
    if wants_json(given):
        print_json(known | ({"body": _parsed(body)} if given.body else {}))
        return DONE
    for name, value in known.items():
        shown = short(value) if isinstance(value, datetime) else value
        say(f"{name:<14} {'-' if value is None else shown}")
    if given.body:
        say()
        say("# the event, with what was written in it:")
        for line in _readable(body):
            say(line)
    else:
        say()
        say("what was written is not shown; --body shows the event with it")
    return DONE


def _public(row: Mapping[str, Any]) -> dict[str, Any]:
    """What of a row is nobody's secret. The partition key holds a customer's number."""
    return {name: row[name] for name in row if name != "partition_key"}


def _envelope(body: bytes) -> dict[str, Any]:
    try:
        event = Event.decode(body)
    except BadInput as error:
        return {"event": f"can not be read: {error.detail}"}
    return {"type": event.type, "time": event.time, "channel_id": event.channelid or None}


def _readable(body: bytes) -> list[str]:
    read = _parsed(body)
    return [read] if isinstance(read, str) else json_text(read).split("\n")


def _parsed(body: bytes) -> Any:
    """The event; its bytes in words where they are none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return repr(body)
