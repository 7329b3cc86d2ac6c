"""`parley dlq replay`: dead letters back into their queues, confirmed, by the events' own keys.

Safe at any time and as often as you like: ids are fixed, so what was delivered is a duplicate.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

from parley.dead_letters import Filter, body_of, counts, letters
from parley.environment import Environment
from parley.progress import Progress
from parley.stores import database_of, publisher_of, quiet, topology_of
from shared.command.output import print_json, remark, say, wants_json
from shared.command.question import confirm
from shared.messaging.envelope import Event, EventType
from shared.messaging.publisher import Publisher
from shared.messaging.topology import MESSAGE_EXCHANGES, Topology
from shared.runtime.errors import BadInput, Unavailable
from shared.storage.database import Database

DONE, SKIPPED = 0, 1


def replay(given: argparse.Namespace, environment: Environment) -> int:
    """Replay what fits; --dry-run counts. Of everything only after a yes."""
    quiet()
    if not (given.dry_run or given.yes or _is_filtered(given)):
        confirm("replay all dead letters of all tenants?", "name some (--tenant, --from and so on)")
    return asyncio.run(_dry(given, environment) if given.dry_run else _replay(given, environment))


def _is_filtered(given: argparse.Namespace) -> bool:
    filters = (given.tenant, given.reason, given.queue, given.id, given.since, given.until)
    return any(one is not None for one in filters)


async def _dry(given: argparse.Namespace, environment: Environment) -> int:
    async with database_of(environment) as database:
        told = await counts(database, await Filter.of(database, given, replayed=False))
    total = sum(told.values())
    limited = total if given.limit is None else min(total, given.limit)
    if wants_json(given):
        print_json({"dry_run": True, "would_replay": limited, "total": total, "by_reason": told})
        return DONE
    for code, count in told.items():
        say(f"  {count:>6}  {code}")
    say(f"would replay {limited} of {total} dead letters; nothing was changed")
    return DONE


async def _replay(given: argparse.Namespace, environment: Environment) -> int:
    topology = topology_of(environment)
    fates: Counter[str] = Counter()
    async with database_of(environment) as database, publisher_of(environment) as publisher:
        wanted = await Filter.of(database, given, replayed=False)
        total = sum((await counts(database, wanted)).values())
        progress = Progress("replayed", total if given.limit is None else min(total, given.limit))
        try:
            async for row in letters(database, wanted, given.limit):
                fates[await _one(database, publisher, topology, row)] += 1
                progress.step()
        except Unavailable:
            remark(f"stopped after {progress.done}: those are in their queues; run it again")
            raise
    if wants_json(given):
        print_json(
            {
                "replayed": fates["replayed"] + fates["agents"],
                **{name: fates[name] for name in ("agents", "unreadable", "foreign")},
            }
        )
    else:
        _tell(fates)
    return SKIPPED if fates["unreadable"] or fates["foreign"] else DONE


async def _one(
    database: Database, publisher: Publisher, topology: Topology, row: Mapping[str, Any]
) -> str:
    exchange = _exchange_of(row["queue"], topology)
    if exchange is None:
        return "foreign"
    try:
        event = Event.decode(await body_of(database, row["id"]))
        await publisher.publish(exchange, event)
    except BadInput:
        return "unreadable"
    await database.call("dlq_replayed", id=row["id"], last_seen=row["last_seen"])
    return "agents" if event.type == EventType.GENESYS_MESSAGE else "replayed"


def _exchange_of(queue: str, topology: Topology) -> str | None:
    """The exchange of a queue of this installation."""
    name = queue.rpartition(".")[0].removeprefix(topology.prefix)
    return name if name in MESSAGE_EXCHANGES and queue.startswith(topology.prefix) else None


def _tell(fates: Counter[str]) -> None:
    replayed = fates["replayed"] + fates["agents"]
    say(f"replayed {replayed} dead letters, each into its own queue")
    if fates["agents"]:
        say(
            f"{fates['agents']} are agents' messages: an agent who was told that one failed has a "
            "Failed receipt, and it is not sent after that"
        )
    if fates["unreadable"]:
        say(f"skipped {fates['unreadable']} that are no events: `parley dlq show ID --body`")
    if fates["foreign"]:
        say(f"skipped {fates['foreign']} of other queues: compare QUEUE_PREFIX")
    if replayed:
        say("next: `parley dlq list` in a minute: what dies again is there, its attempts summed")
