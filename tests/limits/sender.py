"""A replica that sends as fast as it may; its arguments: Redis, tries, rate, customers.

Prints a line a message: when its turn was at the earliest and at the latest, how long it waited for
it, and the customer. The turn is Redis' moment of the decision, which lies between our question and
its answer, and the wait. Each of its senders tries so often: a busy machine only takes longer.
"""

import asyncio
import os
import sys
import time
from dataclasses import dataclass

from shared.limits.numbers import SharedNumbers
from shared.limits.values import Go, Lane, Rules
from shared.storage.cache import Cache

AT_ONCE = 8


@dataclass(frozen=True)
class Sent:
    """One message's turn."""

    earliest: float
    latest: float
    waited: float
    customer: str


async def send(numbers: SharedNumbers, tries: int, rate: float, customers: int) -> list[Sent]:
    sent: list[Sent] = []

    async def work(place: int) -> None:
        for turn in range(place, place + tries):
            customer = f"customer {(os.getpid() + turn) % customers}"
            asked = time.time()
            answer = await numbers.admit(Lane("106540352242922", rate, customer))
            told = time.time()
            if isinstance(answer, Go):
                moments = (asked + answer.wait, told + answer.wait, answer.wait)
                sent.append(Sent(*moments, customer))
            await asyncio.sleep(answer.wait if isinstance(answer, Go) else 0.05)

    await asyncio.gather(*(work(place) for place in range(AT_ONCE)))
    return sent


async def main(url: str, tries: int, rate: float, customers: int) -> None:
    async with Cache.open(f"{url}?socket_timeout=30") as cache:
        numbers = SharedNumbers(cache, Rules())
        for one in await send(numbers, tries, rate, customers):
            sys.stdout.write(f"{one.earliest!r} {one.latest!r} {one.waited!r} {one.customer}\n")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
