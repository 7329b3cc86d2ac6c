"""The park in PostgreSQL: events written in order, read by key, and those given up.

The rows are the marker: nothing else says that a key is parked, so nothing can disagree with them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connector.lane import Turn
from connector.values import Held, Row
from shared.storage.database import Database

ROWS_PER_KEY = 10
KEYS_PER_TURN = 40


@dataclass(frozen=True)
class Letter:
    """An event that is given up, and why. Times are Unix seconds."""

    event_id: str
    tenant: str | None
    channel: str | None
    queue: str
    key: str
    reason_code: str
    reason: str
    attempts: int
    first_seen: float
    last_seen: float
    raw_ref: str | None
    body: bytes


@dataclass(frozen=True)
class QueueRows:
    """How many rows a queue has, and how many of them may be tried now."""

    queue: str
    total: int
    due: int


class Park:
    """Calls of the SQL functions `connector_*`. All may be repeated; all raise Unavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, queue: str, events: Sequence[Held]) -> None:
        """Write events as rows in this order; one that has a row keeps it."""
        await self._database.call(
            "connector_park",
            queue=queue,
            events=[_as_row(held) for held in events],
            bodies=tuple(held.body for held in events),
        )

    async def turn(self, queue: str, turn: Turn) -> dict[str, list[Row]]:
        """Drop, note and read what a window asks for. The first rows of each key, in order."""
        found = await self._database.rows(
            "select * from connector_turn(:gone, :late, :queue, :keys, :rows)",
            idempotent=True,
            gone=tuple(turn.gone),
            late=[_as_row(held) for held in turn.late],
            queue=queue,
            keys=tuple(turn.keys),
            rows=ROWS_PER_KEY,
        )
        by_key: dict[str, list[Row]] = defaultdict(list)
        for row in found:
            by_key[row["partition_key"]].append(_row(row))
        return {key: by_key[key] for key in turn.keys}

    async def keys(self, queue: str) -> list[tuple[str, str]]:
        """The keys of a queue that have rows, with their tenants ("" for none)."""
        found = await self._database.rows(
            "select * from connector_keys(:queue)", idempotent=True, queue=queue
        )
        return [(row["partition_key"], row["tenant_id"] or "") for row in found]

    async def overview(self) -> list[QueueRows]:
        """Every queue that has rows."""
        found = await self._database.rows("select * from connector_overview()", idempotent=True)
        return [QueueRows(**row) for row in found]

    async def bury(self, letter: Letter) -> None:
        """Keep an event that is given up."""
        told: dict[str, Any] = {
            name: getattr(letter, name) for name in Letter.__dataclass_fields__ if name != "body"
        }
        await self._database.call("connector_bury", letter=told, body=letter.body)


def _as_row(held: Held) -> dict[str, Any]:
    return {
        "event_id": held.event_id,
        "key": held.key,
        "tenant": held.tenant or None,
        "channel": held.channel,
        "attempts": held.attempts,
        "faults": held.faults,
        "reason": held.reason,
        "next_at": held.next_at,
        "first_seen": held.first_seen,
    }


def _row(row: dict[str, Any]) -> Row:
    return Row(
        event_id=row["event_id"],
        body=row["body"],
        attempts=row["attempts"],
        faults=row["faults"],
        reason=row["reason"] or "",
        next_at=row["next_at"].timestamp(),
        first_seen=row["first_seen"].timestamp(),
    )
