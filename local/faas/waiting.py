"""Waits for every process's readiness, and says each as it comes."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.faas.environment import HOST
from local.faas.plan import Process
from local.faas.state import WAITING, State

ASK_TIMEOUT_S = 3.0
PAUSE_S = 0.1
LAST_LINES = 3


def answer(port: int, path: str, timeout: float = ASK_TIMEOUT_S) -> int:
    """The HTTP status of a GET; 0 when nobody answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def ready(process: Process) -> bool:
    """Whether it can work now."""
    return answer(process.port, process.ready_path) == http.client.OK


def last_lines(path: Path, count: int = LAST_LINES) -> list[str]:
    """The end of a log."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
    except OSError:
        return []


class Waiter:
    """Follows processes until all are ready or the time is over."""

    def __init__(self, state_file: Path, say: Callable[[str], None]) -> None:
        """`say` takes one line of progress."""
        self._state_file = state_file
        self._say = say
        self._told: set[tuple[str, int]] = set()

    def wait(self, processes: Iterable[Process], limit: float) -> list[Process]:
        """The processes that were not ready within `limit` seconds."""
        began = time.monotonic()
        missing = list(processes)
        with ThreadPoolExecutor(max_workers=4) as pool:
            while True:
                answers = list(pool.map(ready, missing))
                took = time.monotonic() - began
                for process, good in zip(missing, answers, strict=True):
                    if good:
                        where = f"{process.name:<20} port {process.port:<6}"
                        self._say(f"ready   {where} {took:.1f} s")
                missing = [p for p, good in zip(missing, answers, strict=True) if not good]
                if not missing or took > limit:
                    break
                self._tell_deaths(missing)
                time.sleep(PAUSE_S)
        return missing

    def _tell_deaths(self, missing: list[Process]) -> None:
        state = State.read(self._state_file)
        for process in missing:
            entry = state.entries.get(process.name)
            if entry is None or entry.status != WAITING or not entry.last_exit:
                continue
            if (process.name, entry.restarts) in self._told:
                continue
            self._told.add((process.name, entry.restarts))
            self._say(f"died    {process.name:<20} {entry.last_exit}")
            if entry.restarts == 1:
                for line in last_lines(Path(process.log)):
                    self._say(f"          {line[:300]}")
