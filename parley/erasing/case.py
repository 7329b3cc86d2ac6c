"""One erasure under way: whose it is, by marks alone, and what was found or removed so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.erasure.marks import Marks
from shared.storage.database import Database


@dataclass
class Case:
    """`dry`: count, change nothing. `removed`: since it was last written down."""

    tenant_id: str
    marks: Marks
    files: frozenset[str]  # how names of the person's files begin
    as_of: datetime
    dry: bool
    owner: Database
    id: str | None = None  # None: dry
    channels: list[dict[str, Any]] = field(default_factory=list)
    reached: dict[str, str] = field(default_factory=dict)
    removed: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)  # what could not be looked into
    seen: set[str] = field(default_factory=set)  # ids of messages that went, for their statuses

    async def others(self, ids: set[str]) -> frozenset[str]:
        """Which of these ids are somebody else's messages, whatever number they came from."""
        if not ids:
            return frozenset()
        found = await self.owner.rows(
            "select erasure_others(:tenant, :ids) as id",
            idempotent=True,
            tenant=self.tenant_id,
            ids=tuple(ids),
        )
        known = {str(row["id"]) for row in found}
        return frozenset(one for one in known if not self.marks.has("message", one))

    async def learn(self) -> None:
        """Write down whose it is, before the rows go that say so: a second try must know it too."""
        if self.id is not None:
            await self.owner.call(
                "erasure_learn",
                tenant_id=self.tenant_id,
                id=self.id,
                marks=tuple(sorted(self.marks.known)),
                files=tuple(sorted(self.files)),
            )

    async def note(self, *, end: bool = False) -> dict[str, Any]:
        """Write down how far it is: a second try goes on from there."""
        if self.id is None:
            return {}
        removed, self.removed = dict(self.removed), Counter()
        told: dict[str, Any] = await self.owner.call(
            "erasure_note",
            idempotent=False,
            tenant_id=self.tenant_id,
            id=self.id,
            reached=self.reached,
            removed=removed,
            end=end,
        )
        return told

    def mine(self, entry: dict[str, Any], change: dict[str, Any]) -> bool:
        """Whether a change of a body that several tenants share is this tenant's."""
        value = change.get("value")
        told = value.get("metadata") if isinstance(value, dict) else None
        number = told.get("phone_number_id") if isinstance(told, dict) else None
        if number:
            return any(one["phone_number_id"] == number for one in self.channels)
        return any(one["waba_id"] == entry.get("id") for one in self.channels)
