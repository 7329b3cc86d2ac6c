"""How the work of a call grows with its input: what strangers may reach costs linear time at most.

CPU time of this thread alone is measured, and only how it grows is judged, never how long it is.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable

FLOOR_S = 0.005
"""CPU time from which a growth can be told; what never takes as long grows too little to matter."""

ENOUGH_S = 0.02
"""CPU time that one call may take when growth is looked at again."""

MOST = 1 << (16 if os.environ.get("SECURITY_FULL") else 14)
"""The largest input: as many characters as a message may have (shared/wire/sizes.py), in short a
quarter of them, where what is square takes a second already."""

SQUARE = 9.0
"""Four times the input is four times the work where it is linear, sixteen times where square."""

TRIES = 4

Make = Callable[[int], Callable[[], object]]
"""Makes the input of a size, and gives the call to be measured."""


def linear(make: Make, *, first: int = 256, most: int = MOST) -> bool:
    """Whether the work does not grow like a square of the size, or worse.

    Looked at where it begins to be seen, and at the largest size that costs little if it is linear.
    One good try of several is enough: a machine that is busy with other work makes it only more.
    """
    make(first)()  # what is done once a process
    size, taken = first, 0.0
    while 4 * size <= most and (taken := cpu(make(size))) < FLOOR_S:
        size *= 2
    if 4 * size > most:
        return True
    large = size
    while 8 * large <= most and taken * large / size < ENOUGH_S:
        large *= 2
    return all(_steady(make, one) for one in dict.fromkeys((size, large)))


def _steady(make: Make, size: int) -> bool:
    return any(_ratio(make, size) < SQUARE for _ in range(TRIES))


def _ratio(make: Make, size: int) -> float:
    small, middle = _least(make(size)), _least(make(2 * size))
    if middle > SQUARE * small:  # so much already: four times might never end
        return middle / small
    return _least(make(4 * size)) / small


def _least(call: Callable[[], object], times: int = 3) -> float:
    return min(cpu(call) for _ in range(times))


def cpu(call: Callable[[], object]) -> float:
    """Seconds of this thread's CPU time."""
    gc.disable()
    try:
        before = time.thread_time()
        call()
        return time.thread_time() - before
    finally:
        gc.enable()
