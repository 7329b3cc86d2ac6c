"""What a process remembers of many, within bounds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

S = TypeVar("S")


class Kept(OrderedDict[str, S], Generic[S]):
    """States by name; those not used for longest are forgotten."""

    def __init__(self, limit: int, make: Callable[[], S]) -> None:
        super().__init__()
        self._limit = limit
        self._make = make

    def __missing__(self, name: str) -> S:
        if len(self) >= self._limit:
            self.popitem(last=False)
        made = self[name] = self._make()
        return made

    def of(self, name: str) -> S:
        """The state of that name."""
        state = self[name]
        self.move_to_end(name)
        return state
