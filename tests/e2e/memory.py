"""How much memory the functions of a running stack take while something happens."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

EVERY_S = 0.02
MB = 1024 * 1024


class Watch:
    """Looks at all of them, again and again, within a `with`; `growth` is in bytes."""

    def __init__(self, root: Path) -> None:
        """`root` is that of faas-local, which writes down the pids."""
        entries = json.loads((root / "faas" / "state.json").read_text())["entries"]
        self._functions = {
            name: psutil.Process(entry["identity"]["pid"])
            for name, entry in entries.items()
            if name != "sandbox"
        }
        self._before = self._now()
        self._most = dict(self._before)
        self._end = threading.Event()
        self._looking = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._looking.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._end.set()
        self._looking.join()

    @property
    def growth(self) -> Mapping[str, int]:
        """The most that each had more than before."""
        return {name: self._most[name] - before for name, before in self._before.items()}

    def __str__(self) -> str:
        lines = (
            f"{name}: {self._before[name] / MB:.1f} MB resident, at most {more / MB:.1f} MB more"
            for name, more in self.growth.items()
        )
        return "\n".join(lines)

    def _now(self) -> dict[str, int]:
        return {name: process.memory_info().rss for name, process in self._functions.items()}

    def _look(self) -> None:
        while not self._end.wait(EVERY_S):
            for name, now in self._now().items():
                self._most[name] = max(self._most[name], now)
