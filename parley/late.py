"""Commands whose modules load when they are run: no client of a server for a word of help."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module

from parley.environment import Environment

Run = Callable[[argparse.Namespace, Environment], int]


def late(module: str, name: str) -> Run:
    """The function `name` of a module that is imported by the first call."""

    def run(given: argparse.Namespace, environment: Environment) -> int:
        return int(getattr(import_module(module), name)(given, environment))

    return run
