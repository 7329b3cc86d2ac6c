"""Ends a task for good: a library may lose one cancellation, and a stop must not hang on it."""

from __future__ import annotations

import asyncio
from typing import Any

AGAIN_S = 1.0


async def ended(task: asyncio.Task[Any]) -> None:
    """Cancel it until it has ended. Whatever it raised is nobody's matter any more."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=AGAIN_S)
    if not task.cancelled():
        task.exception()
