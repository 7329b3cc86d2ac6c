"""How the work of a call grows with its input: what strangers may reach costs linear time at most.

CPU time of this thread alone is measured, and only how it grows is judged, never how long it is.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

FLOOR_S = 0.005
"""CPU time from which a growth can be told; what never takes as long grows too little to matter."""

MOST = 1 << 17
"""The largest input: more than every limit of shared.wire.sizes."""

SQUARE = 9.0
"""Four times the input is four times the work where it is linear, sixteen times where square."""

TRIES = 4

Make = Callable[[int], Callable[[], object]]
"""Makes the input of a size, and gives the call to be measured."""


def growth(make: Make, *, first: int = 64, most: int = MOST) -> float:
    """How many times the work grows when its input grows four times; 0 where it stays too small.

    The least of several tries: a machine that is busy with other work can only make it more.
    """
    size = first
    while 4 * size <= most:
        if cpu(make(size)) >= FLOOR_S:
            return min(_ratio(make, size) for _ in range(TRIES))
        size *= 2
    return 0.0


def linear(make: Make, *, first: int = 64, most: int = MOST) -> bool:
    """Whether it does not grow like a square, or worse."""
    size = first
    while 4 * size <= most:
        if cpu(make(size)) >= FLOOR_S:
            return any(_ratio(make, size) < SQUARE for _ in range(TRIES))
        size *= 2
    return True


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
