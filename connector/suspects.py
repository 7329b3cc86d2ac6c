"""Which events may have stopped a function: they are tried with nothing beside them.

Rules: when a function answers nobody any more, that counts against none of those who wait for it,
for one of them may be what stopped it. Nothing is sent until it answers again; then each of them is
tried alone. One that stops it by itself STRIKES times is given up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from connector.policy import Answer
from shared.limits.kept import Kept
from shared.messaging.amqp import Backoff
from shared.runtime.logging import logger

log = logger()

STRIKES = 3
MOST = 10_000  # at once; an event may also end elsewhere, or by its age


class Suspects:
    """The suspects of one route. They are forgotten with the connector's end."""

    def __init__(self, exchange: str, lives: Callable[[], Awaitable[bool]]) -> None:
        """`lives`: whether the exchange's function answers anything at all."""
        self.halted = False  # the function answers nobody: nothing is sent
        self._exchange = exchange
        self._lives = lives
        self._strikes: Kept[int] = Kept(MOST, int)
        self._asking = asyncio.Lock()

    def __contains__(self, event_id: object) -> bool:
        """Whether it has to be tried alone."""
        return event_id in self._strikes

    async def judged(self, event_id: str, answer: Answer, *, alone: bool) -> Answer:
        """The same answer, or what it says of the event that nobody had one.

        Returns when the function answers again.
        """
        if answer.trouble is None:  # whatever it said: this event does not stop the function
            self._strikes.pop(event_id, None)
        if answer.trouble != "no_answer" or not await self._is_stopped():
            return answer
        strikes = self._strikes[event_id] = self._strikes.of(event_id) + alone
        extra = {"exchange": self._exchange, "event_id": event_id, "alone": alone}
        log.warning("suspected", extra=extra)
        async with self._asking:  # one asks for all
            await self._until_it_lives()
        if strikes < STRIKES:
            return replace(answer, trouble="nobody_answered")
        self._strikes.pop(event_id, None)
        detail = f"{answer.detail}: it stopped the function {strikes} times, tried alone"
        return replace(answer, trouble="stops_the_function", detail=detail)

    async def _is_stopped(self) -> bool:
        if not self.halted and not await self._lives():
            self.halted = True
            log.error("function_stopped", extra={"exchange": self._exchange})
        return self.halted

    async def _until_it_lives(self) -> None:
        backoff = Backoff()
        while self.halted:
            if await self._lives():
                self.halted = False
                log.info("function_answers", extra={"exchange": self._exchange})
            else:
                await asyncio.sleep(backoff.next())
