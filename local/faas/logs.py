"""Reads the logs of processes and servers, by name and time, and follows them through restarts."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TextIO

from local.faas.errors import UsageFault
from local.faas.layout import Layout

PAUSE_S = 0.2
SUFFIX = ".log"

# How the programs begin a line: JSON of ours, ISO 8601 (PostgreSQL, RabbitMQ, the supervisor),
# Redis (`7:M 30 Nov 2026 19:00:01.123`), the S3 server (`I1130 19:00:01.123`: without a year).
_ISO = re.compile(
    r'^(?:\{.*?"timestamp":\s?")?'
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?)(Z|[+-]\d\d:?\d\d)?"
)
_REDIS = re.compile(r"^\d+:\w (\d{1,2} \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3})")
_GLOG = re.compile(r"^[IWEF](\d{4} \d\d:\d\d:\d\d\.\d{1,6})")


class Line(NamedTuple):
    """One line of a log. `at`: its time, or that of the line before it which has one."""

    at: datetime
    name: str
    text: str


def known(layout: Layout) -> list[str]:
    """The names that have a log."""
    return sorted(path.name.removesuffix(SUFFIX) for path in layout.logs.glob(f"*{SUFFIX}"))


def path_of(layout: Layout, name: str) -> Path:
    """The log of a process, a server or `supervisor`. Raises UsageFault that lists those there."""
    path = layout.log_of(name)
    if not path.is_file():
        names = ", ".join(known(layout)) or "none"
        raise UsageFault(f"there is no log of {name!r} in {layout.logs}; there are: {names}")
    return path


def lines(
    paths: Mapping[str, Path], *, since: datetime | None = None, last: int | None = None
) -> list[Line]:
    """What the logs hold, in the order of time: since a moment, the last so many."""
    found = [line for name, path in paths.items() for line in _read(name, path)]
    if len(paths) > 1:
        found.sort(key=lambda line: line.at)  # stable: a log's own lines keep their order
    if since is not None:
        found = [line for line in found if line.at >= since]
    return found[-last:] if last else found


def moment_of(text: str, now: datetime) -> datetime | None:
    """When a line was written; None where it does not say."""
    if (iso := _ISO.match(text)) is not None:
        told = datetime.fromisoformat(iso[1])
        zone = datetime.fromisoformat(f"2000-01-01T00:00:00{iso[2]}").tzinfo if iso[2] else UTC
        return told.replace(tzinfo=zone)
    if (redis := _REDIS.match(text)) is not None:
        told = datetime.strptime(redis[1], "%d %b %Y %H:%M:%S.%f").astimezone()
        return told.astimezone(UTC)
    if (glog := _GLOG.match(text)) is not None:
        told = datetime.strptime(f"{now.year}{glog[1]}", "%Y%m%d %H:%M:%S.%f").astimezone()
        return told if told <= now else told.replace(year=now.year - 1)
    return None


def _read(name: str, path: Path) -> Iterable[Line]:
    now = datetime.now(UTC)
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    texts = path.read_text(encoding="utf-8", errors="replace").splitlines()
    told = [moment_of(text, now) for text in texts]
    at = next((moment for moment in told if moment is not None), at)
    for text, moment in zip(texts, told, strict=True):
        at = moment or at
        yield Line(at, name, text)


@dataclass
class _Followed:
    """One log from its present end on, over to the log of a new run."""

    name: str
    path: Path
    file: TextIO
    held: str = ""

    @classmethod
    def at_end(cls, name: str, path: Path) -> _Followed:
        file = path.open(encoding="utf-8", errors="replace")
        file.seek(0, 2)
        return cls(name, path, file)

    def line(self) -> str | None:
        """The next whole line; None when there is none yet."""
        self.held += self.file.readline()
        if self.held.endswith("\n"):
            text, self.held = self.held[:-1], ""
            return text
        if _replaced(self.path, self.file.fileno()):
            self.file.close()
            self.file, self.held = self.path.open(encoding="utf-8", errors="replace"), ""
            return self.line()
        return None


def follow(
    paths: Mapping[str, Path], pause: Callable[[float], None] = time.sleep
) -> Generator[Line]:
    """What is written from now on, whole lines, for ever; a new run's log is followed too."""
    followed = [_Followed.at_end(name, path) for name, path in paths.items()]
    return _follow(followed, pause)


def _follow(followed: list[_Followed], pause: Callable[[float], None]) -> Generator[Line]:
    try:
        while True:
            quiet = True
            for one in followed:
                while (text := one.line()) is not None:
                    quiet = False
                    yield Line(datetime.now(UTC), one.name, text)
            if quiet:
                pause(PAUSE_S)
    finally:
        for one in followed:
            one.file.close()


def _replaced(path: Path, descriptor: int) -> bool:
    try:
        return not path.samefile(f"/dev/fd/{descriptor}")
    except FileNotFoundError:  # between two runs
        return False
