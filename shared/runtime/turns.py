"""Gives other work of the event loop its turn in the middle of much work of one request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import TypeVar

T = TypeVar("T")

AT_A_TIME = 20
"""Items between two turns: some milliseconds of work at a door."""


async def in_turns(items: Iterable[T], at_a_time: int = AT_A_TIME) -> AsyncIterator[T]:
    """The items, others' work done between every few of them; a few alone are not slowed."""
    for number, item in enumerate(items):
        if number and number % at_a_time == 0:
            await asyncio.sleep(0)
        yield item
