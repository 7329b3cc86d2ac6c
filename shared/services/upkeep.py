"""What an operator asks of tenancy's upkeep: who changed what, which key secrets lie under."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from shared.services.fields import Moment

PAGE = 100  # lines of the audit log in one answer
BATCH = 50  # rows sealed anew in one transaction


class AuditLine(BaseModel):
    """One change: when, who, what, of what.

    `fields` are the names of what changed; `values` holds the old and the new value of those that
    are no secret.
    """

    id: int
    at: Moment
    actor: str
    action: str
    subject: str
    fields: list[str] = Field(default_factory=list)
    values: dict[str, list[Any]] = Field(default_factory=dict)


class AuditPage(BaseModel):
    """The newest changes first; `before` asks for those before the last of these."""

    lines: list[AuditLine]
    before: int | None = None


class SealCount(BaseModel):
    """How many values of a column lie under a key of the ring. `known`: the ring holds it."""

    table: str
    column: str
    key: str
    known: bool
    values: int


class Seals(BaseModel):
    """Under which keys all secrets lie, and which key seals now."""

    current: str
    keys: list[str]
    counts: list[SealCount]

    @property
    def total(self) -> int:
        """Values at all."""
        return sum(one.values for one in self.counts)

    @property
    def old(self) -> list[SealCount]:
        """Those that are not under the current key."""
        return [one for one in self.counts if one.key != self.current]


class Place(BaseModel):
    """How far a renewal is: the last row of a table that was looked at."""

    table: str
    after: str


class Renewed(BaseModel):
    """What a batch did. `broken`: what does not open, by its place; `next` None: the end."""

    renewed: int
    broken: list[str]
    next: Place | None
