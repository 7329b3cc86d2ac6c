"""Faults switched on by request: what goes wrong, for which requests or webhooks, how often."""

from __future__ import annotations

import re
import time
from itertools import count
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

Target = Literal["graph", "genesys", "login", "oidc"]
Kind = Literal[
    "delay",
    "status",
    "html_5xx",
    "drop_before",
    "drop_after_accept",
    "cut_short",
    "corrupt",
    "drip",
    "async_failure",
    "duplicate",
    "reorder",
]
ON_WEBHOOKS: frozenset[Kind] = frozenset({"duplicate", "reorder"})
ON_DOWNLOADS: frozenset[Kind] = frozenset({"cut_short", "corrupt", "drip"})
DOWNLOADS = frozenset({"media_download", "download", "storage"})


class Match(BaseModel):
    """All that is given must hold. `name`: of the request or webhook, as in the records."""

    model_config = ConfigDict(extra="forbid")
    path: str | None = Field(None, description="regular expression found in the path")
    name: str | None = None
    phone_number_id: str | None = None
    integration_id: str | None = None
    customer: str | None = Field(None, description="of webhooks and async_failure alone")


class Fault(BaseModel):
    """One fault.

    `duplicate` and `reorder` act on webhooks, `cut_short`, `corrupt` and `drip` on downloads, the
    others on requests; `async_failure` accepts a Graph send and lets its status be `failed` with
    `code`. It ends after `count` uses or `seconds`, whichever is first; with neither it stays.
    """

    model_config = ConfigDict(extra="forbid")
    target: Target
    kind: Kind
    match: Match = Field(default_factory=Match)
    count: int | None = Field(None, gt=0)
    seconds: float | None = Field(None, gt=0)
    delay_ms: float = Field(
        0, ge=0, description="delay: this long; duplicate: gap to the copy; drip: to each 64 KB"
    )
    bytes: int = Field(0, ge=0, description="cut_short: so many are sent")
    hold_ms: float = Field(1000, gt=0, description="reorder: go alone if nothing follows in time")
    copies: int = Field(1, gt=0, description="duplicate: how many more")
    status: int | None = Field(None, ge=400, le=599)
    code: int | str | None = Field(None, description="Graph code or Genesys code of the error body")
    retry_after: float | None = Field(None, ge=0, description="header, seconds")
    id: int = 0
    used: int = 0
    _until: float | None = PrivateAttr(None)
    _path: re.Pattern[str] | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _complete(self) -> Fault:
        if self.kind == "status" and self.status is None and self.code is None:
            raise ValueError("a fault of kind status needs `status` or `code`")
        if self.kind in {"delay", "drip"} and not self.delay_ms:
            raise ValueError(f"a fault of kind {self.kind} needs `delay_ms`")
        if self.kind == "async_failure" and self.target != "graph":
            raise ValueError("async_failure is of the target graph alone")
        if self.match.path is not None:
            try:
                self._path = re.compile(self.match.path)
            except re.error as wrong:
                raise ValueError(f"match.path is no regular expression: {wrong}") from wrong
        if self.seconds is not None:
            self._until = time.monotonic() + self.seconds
        return self

    @property
    def over(self) -> bool:
        """True when it was used up or its time has passed."""
        used_up = self.count is not None and self.used >= self.count
        return used_up or (self._until is not None and time.monotonic() >= self._until)

    def hits(self, name: str, path: str, ids: dict[str, str]) -> bool:
        """Tell whether it is meant for this request or webhook."""
        match = self.match
        if match.name is not None and match.name != name:
            return False
        if self.kind in ON_DOWNLOADS and name not in DOWNLOADS:
            return False
        if self._path is not None and not self._path.search(path):
            return False
        wanted = (
            ("phone_number_id", match.phone_number_id),
            ("integration_id", match.integration_id),
            ("customer", match.customer),
        )
        return all(value is None or ids.get(key) == value for key, value in wanted)


class FaultBook:
    """The faults that are on, in the order they were switched on."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._ids = count(1)

    def add(self, fault: Fault) -> Fault:
        """Switch one on; its `id` is set."""
        fault.id = next(self._ids)
        self._faults.append(fault)
        return fault

    def listed(self) -> list[Fault]:
        """Those that still act."""
        self._faults = [f for f in self._faults if not f.over]
        return self._faults

    def clear(self, fault_id: int | None = None) -> int:
        """Switch off one, or all; answers how many."""
        gone = [f for f in self._faults if fault_id in (None, f.id)]
        self._faults = [f for f in self._faults if f not in gone]
        return len(gone)

    def take(
        self, target: str, kinds: frozenset[str], name: str, path: str, ids: dict[str, str]
    ) -> list[Fault]:
        """Use up and answer what acts now: every matching delay, and the first other fault."""
        if not self._faults:
            return []
        taken: list[Fault] = []
        for fault in self.listed():
            if fault.target != target or fault.kind not in kinds:
                continue
            decided = any(f.kind != "delay" for f in taken)
            if (fault.kind == "delay" or not decided) and fault.hits(name, path, ids):
                fault.used += 1
                taken.append(fault)
        return taken
