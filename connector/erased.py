"""Who was erased: of them nothing is delivered that reached us before. Asked by `Admission`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector import counts
from connector.values import Held
from shared.erasure.events import received_at, without
from shared.erasure.marks import Marker, Marks
from shared.messaging.envelope import Event
from shared.runtime.errors import BadInput
from shared.runtime.periodic import background, every
from shared.storage.database import Database

EVERY_S = 1.0  # well within the five seconds that `parley erase` waits before anything goes
MARGIN_S = 2 * 3600.0  # beyond an event's longest life, before its marks are forgotten
FORGET_EVERY_S = 600.0


@dataclass(frozen=True)
class Erasure:
    """One person of a tenant: nothing goes that reached us until `as_of`."""

    as_of: datetime
    marks: frozenset[str]


@dataclass(frozen=True)
class OfTenant:
    """A tenant's erasures, and the marks of all of them: few events have any."""

    erasures: Sequence[Erasure]
    markers: Sequence[Marker]  # of the key that is current, and of the one before it
    all: frozenset[str]

    @classmethod
    def of(cls, id_: str, keys: Sequence[str], erasures: Sequence[Erasure]) -> OfTenant:
        """Of these erasures, whose marks were made with one of the keys."""
        marks = frozenset[str]().union(*(one.marks for one in erasures))
        return cls(erasures, [Marker(key, id_) for key in keys], marks)

    def rest(self, event: Event) -> Event | None:
        """The event without them: itself, a smaller one, or None when nothing is left."""
        received, left = received_at(event), event
        due = [one for one in self.erasures if received <= one.as_of]
        for marker in self.markers if due else ():
            if without(event, Marks(marker, self.all)) is event:
                continue
            for one in due:
                smaller = without(left, Marks(marker, one.marks))
                if smaller is None:
                    return None
                left = smaller
        return left


class Erased:
    """The erasures whose events may still be under way. Mostly there are none."""

    def __init__(self, database: Database, keys: list[str], longest_life: float) -> None:
        """`keys`: SERVICE_TOKEN_KEY and the one before it; `longest_life`: of an event, seconds."""
        self._database = database
        self._keys = keys
        self._longest_life = longest_life + MARGIN_S
        self._erasures: dict[str, tuple[str, Erasure]] = {}  # with their tenants, by id
        self._known: dict[str, OfTenant] = {}

    async def run(self) -> None:
        """Look once a second, until cancelled. What was known holds while PostgreSQL is away."""
        forgetting = every(FORGET_EVERY_S, self._forget_old, "old erasures", at_once=True)
        async with background(forgetting):
            await every(EVERY_S, self.look, "erasures")

    async def _forget_old(self) -> None:
        await self._database.call("erasure_forget", seconds=self._longest_life)
        age: float | None = await self._database.call("retention_age")
        counts.RETENTION_AGE.set(-1 if age is None else age)

    async def look(self) -> None:
        """Learn them anew. Raises Unavailable."""
        found: list[dict[str, Any]] = await self._database.rows(
            "select * from erasure_marks(:known)", idempotent=True, known=tuple(self._erasures)
        )
        now = {str(row["id"]): self._erasures.get(str(row["id"])) or _erasure(row) for row in found}
        if now.keys() == self._erasures.keys():
            return
        of: dict[str, list[Erasure]] = defaultdict(list)
        for tenant, erasure in now.values():
            of[tenant].append(erasure)
        self._erasures = now
        self._known = {tenant: OfTenant.of(tenant, self._keys, of[tenant]) for tenant in of}

    def rest(self, held: Held) -> bytes | None:
        """The event's body as it may go; None: nothing of it is left."""
        if not self._known:
            return held.body
        tenant = held.tenant or (held.raw_ref or "").partition("/")[2].partition("/")[0]
        known = self._known.get(tenant)
        if known is None:
            return held.body
        try:
            event = Event.decode(held.body)
            left = known.rest(event)
        except BadInput:
            return held.body  # the function will refuse it
        if left is None:
            return None
        return held.body if left is event else left.encode()


def _erasure(row: dict[str, Any]) -> tuple[str, Erasure]:
    return str(row["tenant_id"]), Erasure(row["as_of"], frozenset(row["marks"]))
