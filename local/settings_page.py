"""Writes docs/configuration.md: `python -m local.settings_page > docs/configuration.md`.

All of it is read from the settings models, stack.yml and the doctor; a setting without words of
its own stops the writing.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from local.faas.planning import CONNECTOR_SECRETS
from local.settings_words import (
    COMMAND,
    INTRO,
    OF_COMMAND,
    OF_CONNECTOR,
    OF_SERVER,
    OF_STACK,
    SECRETS,
)
from shared.runtime.server import ServeSettings, load
from shared.runtime.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
CONNECTOR = "connector"
EVERY = "every function"

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*):-(?P<default>[^}]*)\}")
_BOUNDS = {"ge": "from {}", "gt": "over {}", "le": "to {}", "min_length": "{} characters or more"}


@dataclass(frozen=True)
class Entry:
    """One setting of one process, in words."""

    name: str
    default: str
    secret: bool
    meaning: str


class Stack:
    """What stack.yml says, its variables left as they stand there."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.functions: dict[str, Any] = yaml.safe_load(text)["functions"]

    def variables(self) -> dict[str, tuple[str, list[str]]]:
        """Variable -> its default and the functions that it steers; images have theirs beside."""
        found: dict[str, tuple[str, list[str]]] = {}
        for function, entry in self.functions.items():
            for value in (entry["environment"] or {}).values():
                for match in _VARIABLE.finditer(str(value)):
                    known = found.setdefault(match["name"], (match["default"], []))
                    known[1].append(function)
        return found

    def secrets(self) -> dict[str, list[str]]:
        """Secret -> who mounts it, the connector last."""
        found: dict[str, list[str]] = {}
        for function, entry in self.functions.items():
            for secret in entry.get("secrets", ()):
                found.setdefault(secret, []).append(function)
        for secret in CONNECTOR_SECRETS.values():
            found.setdefault(secret, []).append(CONNECTOR)
        return found


def entries(settings: type[Settings], functions: Iterable[str]) -> Iterator[Entry]:
    """The settings of a model. ValueError for one whose meaning nobody wrote down."""
    for name, field in settings.model_fields.items():
        meaning = field.description or _peer(name, functions)
        if meaning is None:
            raise ValueError(f"{settings.__module__}.{settings.__name__}.{name} has no description")
        bounds = _bounds(field)
        words = f"{meaning} ({bounds})" if bounds else meaning
        yield Entry(name.upper(), _default(field), _is_secret(field), words)


def _peer(name: str, functions: Iterable[str]) -> str | None:
    """`state_url` and its like speak for themselves."""
    peer = name.removesuffix("_url").replace("_", "-")
    return f"Address of the function `{peer}`" if peer in functions else None


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    if field.default in ("", None):
        return "none"
    return f"`{field.default:g}`" if isinstance(field.default, float) else f"`{field.default}`"


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *getattr(field.annotation, "__args__", ()))


def _bounds(field: FieldInfo) -> str:
    told = (
        words.format(f"{value:g}")
        for part in field.metadata
        for name, words in _BOUNDS.items()
        if (value := getattr(part, name, None)) is not None
    )
    return ", ".join(told)


def of_functions(stack: Stack) -> dict[Entry, list[str]]:
    """Every setting of the functions -> those that have it, in the stack's order."""
    found: dict[Entry, list[str]] = {}
    for name in stack.functions:
        settings = load(ROOT / "functions" / name / "handler.py")[2].settings
        for entry in entries(settings, stack.functions):
            found.setdefault(entry, []).append(name)
    return found


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    """A table of Markdown."""
    lines = [head, tuple("---" for _ in head), *rows]
    return [
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    ]


def _rows(found: Mapping[Entry, list[str]], everybody: int) -> Iterator[tuple[str, ...]]:
    for entry, functions in sorted(found.items(), key=lambda one: one[0].name):
        who = EVERY if len(functions) == everybody else ", ".join(functions)
        secret = "secret" if entry.secret else ""
        yield f"`{entry.name}`", entry.default, secret, entry.meaning, who


def _plain(settings: type[Settings], functions: Iterable[str]) -> Iterator[tuple[str, ...]]:
    for entry in sorted(entries(settings, functions), key=lambda one: one.name):
        secret = "secret" if entry.secret else ""
        yield f"`{entry.name}`", entry.default, secret, entry.meaning


def _of_command() -> Iterator[tuple[str, ...]]:
    """The doctor names every setting that the command reads."""
    doctor = importlib.import_module("parley.doctor")
    for name in sorted((*doctor.SECRETS, *doctor.PLAIN)):
        words = COMMAND.get(name) or f"Where {_told(name)} answers"
        yield f"`{name}`", "secret" if name in doctor.SECRETS else "", words


def _told(name: str) -> str:
    if not name.endswith("_URL"):
        raise ValueError(f"local.settings_words.COMMAND has no words for {name}")
    return f"`{name.removesuffix('_URL').lower().replace('_', '-')}`"


def page(stack: Stack) -> str:
    """The whole page."""
    functions = stack.functions
    connector: type[Settings] = importlib.import_module("connector.settings").Settings
    head = ("setting", "default", "", "meaning")
    steered = (
        (f"`{name}`", f"`{default}`" if default else "none", _who(used, len(functions)))
        for name, (default, used) in sorted(stack.variables().items())
    )
    secrets = (
        (f"`{name}`", SECRETS[name], _who(used, len(functions) + 1))
        for name, used in sorted(stack.secrets().items())
    )
    parts = [
        [INTRO],
        ["## Variables of stack.yml", "", OF_STACK, ""],
        table(("variable", "default", "steers"), steered),
        ["", "## Secrets", ""],
        table(("secret", "what is in it", "mounted by"), secrets),
        ["", "## The functions", ""],
        table((*head, "function"), _rows(of_functions(stack), len(functions))),
        ["", OF_SERVER, ""],
        table(head, [*_plain(ServeSettings, functions), LOG_LEVEL]),
        ["", "## The connector", "", OF_CONNECTOR, ""],
        table(head, [*_plain(connector, functions), LOG_LEVEL]),
        ["", "## The `parley` command", "", OF_COMMAND, ""],
        table(("setting", "", "meaning"), _of_command()),
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


# Read by the logger before there are settings.
LOG_LEVEL = ("`LOG_LEVEL`", "`INFO`", "", "`DEBUG`, `INFO`, `WARNING` or `ERROR`")


def _who(used: list[str], everybody: int) -> str:
    names = list(dict.fromkeys(used))
    return "all" if len(names) == everybody else ", ".join(names)


if __name__ == "__main__":
    sys.stdout.write(page(Stack((ROOT / "stack.yml").read_text(encoding="utf-8"))))
