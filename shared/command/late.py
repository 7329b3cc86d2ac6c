"""Commands whose modules load when they are run: no client of a server for a word of help."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any


def late(module: str, name: str) -> Callable[..., int]:
    """The function `name` of a module that is imported by the first call."""

    def run(*arguments: Any) -> int:
        return int(getattr(import_module(module), name)(*arguments))

    return run
