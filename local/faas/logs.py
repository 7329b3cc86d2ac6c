"""Prints a process's log, and follows it through restarts and new runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from pathlib import Path

from local.faas.errors import FaasError
from local.faas.layout import Layout

PAUSE_S = 0.2
SUFFIX = ".log"


def path_of(layout: Layout, name: str) -> Path:
    """The log of a process, or of `supervisor`. Raises FaasError that lists those there are."""
    path = layout.log_of(name)
    if not path.is_file():
        known = ", ".join(sorted(p.name.removesuffix(SUFFIX) for p in layout.logs.glob("*.log")))
        raise FaasError(
            f"there is no log of {name!r} in {layout.logs}; there are: {known or 'none'}"
        )
    return path


def tail(path: Path, count: int) -> list[str]:
    """The last `count` lines; all for 0."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[-count:] if count else lines


def follow(path: Path, pause: Callable[[float], None] = time.sleep) -> Generator[str]:
    """What is written from now on, whole lines, for ever; a new run's log is followed too."""
    file = path.open(encoding="utf-8", errors="replace")
    try:
        file.seek(0, 2)
        held = ""
        while True:
            held += file.readline()
            if held.endswith("\n"):
                yield held[:-1]
                held = ""
            elif _replaced(path, file.fileno()):
                file.close()
                file, held = path.open(encoding="utf-8", errors="replace"), ""
            else:
                pause(PAUSE_S)
    finally:
        file.close()


def _replaced(path: Path, descriptor: int) -> bool:
    try:
        return not path.samefile(f"/dev/fd/{descriptor}")
    except FileNotFoundError:  # between two runs
        return False
