"""Traffic at a fixed rate: what is due is sent when it is due, however long answers take."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

Send = Callable[[], None]


def drive(sends: Sequence[Send], rate: float, *, workers: int = 32) -> float:
    """Call each at its own moment, `rate` a second. Gives the seconds by which the worst was late.

    Raises what a send raised.
    """
    start = time.monotonic()
    waiter = threading.Event()
    late = 0.0
    with ThreadPoolExecutor(workers) as pool:
        running: list[Future[None]] = []
        for number, send in enumerate(sends):
            due = start + number / rate
            waiter.wait(max(0.0, due - time.monotonic()))
            late = max(late, time.monotonic() - due)
            running.append(pool.submit(send))
        for one in running:
            one.result()
    return late
