"""One source message that becomes several at the other side, and the ids of its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from shared.wire.body import Json

MARK = "#"

Endpoint = Literal["message", "structured"]
"""Where Genesys takes a part: `/message`, or `/structured/response` for a tapped option."""


@dataclass(frozen=True, slots=True)
class Part:
    """One body to send. `number` counts from 1; `id` names the part and is the same every time.

    `instead` is the plain message to send when Genesys refuses the structured one for good.
    """

    number: int
    id: str
    body: Json
    endpoint: Endpoint = "message"
    instead: Json | None = None


class ShownFile(NamedTuple):
    """Which file of an agent's message a part shows: so much as its statuses bring back.

    `element` of the content, and `block` of that element, count from 1. `worded`: the words of the
    block stand in the same part.
    """

    element: int
    block: int
    worded: bool


def part_id(source_id: str, number: int) -> str:
    """The source id itself for part 1, `<source id>#<n>` after that."""
    return source_id if number == 1 else f"{source_id}{MARK}{number}"
