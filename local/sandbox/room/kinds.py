"""Tables of what people can send: a kind by name, its fields with usual values, its builder."""

from __future__ import annotations

import copy
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

INDENT = " " * 29
Body = dict[str, Any]
Build = Callable[[Body], Body]


class WrongKindError(Exception):
    """The kind, or a field of it, is not known; the words name those that are."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One row. `mime`: of the file that belongs to it; `traits`: what else is true of it."""

    words: str
    fields: Body
    build: Build
    mime: str | None = None
    traits: frozenset[str] = field(default_factory=frozenset)


FILE_FIELDS: Body = {
    "mime": None,
    "size": None,
    "seed": 0,
    "base64": None,
    "filename": None,
    "animated": False,
    "told_mime": None,
    "told_sha256": None,
    "told_size": None,
}


def fields_of(kind: Kind, common: Body) -> Body:
    """Every field of a kind with its usual value."""
    return {**common, **(FILE_FIELDS if kind.mime else {}), **kind.fields}


def filled(table: dict[str, Kind], name: str, given: Body, common: Body) -> Body:
    """Answer the fields of kind `name`, `given` over the usual ones; raises `WrongKindError`."""
    kind = table.get(name)
    if kind is None:
        raise WrongKindError(f"no kind {name!r}; there are: {', '.join(table)}")
    usual = fields_of(kind, common)
    if unknown := sorted(set(given) - set(usual)):
        known = ", ".join(sorted(usual))
        raise WrongKindError(f"kind {name!r} has no field {unknown[0]!r}; it has: {known}")
    return copy.deepcopy(usual) | given


def present(**parts: Any) -> Body:
    """The parts that are not None."""
    return {name: value for name, value in parts.items() if value is not None}


def overlaid(base: Body, over: Body) -> Body:
    """Lay `over` on `base`, objects key by key; everything else is replaced."""
    made = dict(base)
    for name, value in over.items():
        below = made.get(name)
        both = isinstance(below, dict) and isinstance(value, dict)
        made[name] = overlaid(below, value) if both else value  # type: ignore[arg-type]
    return made


def removed(body: Body, paths: list[str]) -> Body:
    """Answer a copy without the dotted `paths` (`image.mime_type`, `contacts.0.name`)."""
    if not paths:
        return body
    made = copy.deepcopy(body)
    for path in paths:
        *way, last = path.split(".")
        node: Any = made
        for step in way:
            node = _step(node, step)
        if isinstance(node, dict):
            node.pop(last, None)
        elif isinstance(node, list) and last.isdigit() and int(last) < len(node):
            del node[int(last)]
    return made


def _step(node: Any, step: str) -> Any:
    if isinstance(node, dict):
        return node.get(step)
    if isinstance(node, list) and step.isdigit() and int(step) < len(node):
        return node[int(step)]
    return None


def listed(table: dict[str, Kind], common: Body) -> str:
    """The table for --help: a line a kind, its own fields below it."""
    lines = []
    for name, kind in table.items():
        own = [key for key in kind.fields if key not in common]
        words = [*own, "+file"] if kind.mime else own
        lines.append(f"  {name:<26} {kind.words}")
        lines += textwrap.wrap(" ".join(words), 96, initial_indent=INDENT, subsequent_indent=INDENT)
    return "\n".join(lines)
