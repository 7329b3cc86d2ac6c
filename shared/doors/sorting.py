"""Sorts the items of one believed body by tenant: the tenant is told per change, never per body.

An item that is nobody's is kept as raw bytes, seen and counted; it never stops its neighbours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from shared.runtime.turns import in_turns
from shared.tenancy.models import Resolution
from shared.whatsapp.payloads import AnyItem, Item, Walk
from shared.wire.body import Json
from shared.wire.sizes import is_small

Resolve = Callable[[Item], Awaitable[Resolution | None]]


@dataclass
class Share:
    """What of a body belongs to one tenant."""

    tenant: Resolution
    items: list[tuple[AnyItem, Resolution]] = field(default_factory=list)

    def count(self, kind: type[Item]) -> int:
        """How many items of a kind."""
        return sum(isinstance(item, kind) for item, _ in self.items)


@dataclass(frozen=True)
class Sorted:
    """A body's items by tenant, and those that are nobody's."""

    shares: dict[str, Share]
    strays: list[AnyItem]

    @property
    def whole(self) -> bool:
        """Whether the body is one tenant's alone, so that it may be kept as it came."""
        return len(self.shares) == 1 and not self.strays


async def sort(found: Walk, resolve: Resolve) -> Sorted:
    """Ask for each item's tenant. Raises what `resolve` raises: then nothing has been done yet."""
    shares: dict[str, Share] = {}
    strays: list[AnyItem] = []
    async for item in in_turns(found.items):
        owner = await resolve(item)
        if owner is None:
            strays.append(item)
        else:
            shares.setdefault(owner.tenant_id, Share(owner)).items.append((item, owner))
    return Sorted(shares, strays)


def own_changes(body: Any, items: Iterator[AnyItem]) -> bytes:
    """The body with one tenant's changes alone: what goes under that tenant's prefix.

    What stands beside entries and changes is repeated for each tenant, while it is small.
    """
    wanted: dict[str, set[str]] = defaultdict(set)
    for item in items:
        entry, _, rest = item.path.partition(".")
        wanted[entry].add(rest.split(".")[0])
    entries = [
        {
            **_rest(entry, "changes"),
            "changes": [c for c, place in _placed(entry.get("changes"), "changes") if place in on],
        }
        for entry, name in _placed(body.get("entry"), "entry")
        if (on := wanted.get(name))
    ]
    return orjson.dumps({**_rest(body, "entry"), "entry": entries})


def _rest(value: Json, list_name: str) -> Json:
    """What stands beside a list; where that is much, what tells the product, account and time."""
    rest = {key: one for key, one in value.items() if key != list_name}
    short = {key: rest[key] for key in _SHORT if key in rest and is_small(rest[key])}
    return rest if is_small(rest) else short


_SHORT = ("object", "id", "time")


def _placed(value: Any, name: str) -> Iterator[tuple[Any, str]]:
    """Elements with the names that the walk gave them."""
    if isinstance(value, list):
        yield from ((element, f"{name}[{index}]") for index, element in enumerate(value))
    else:
        yield value, name
