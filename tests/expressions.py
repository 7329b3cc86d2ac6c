"""Every regular expression of the product, how it is used, and texts made to be costly for it."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from pathlib import Path
from typing import Any

import regex

from tests.support import ROOT

PLACES = ("shared", "connector", "functions")
LIBRARIES = {"re", "regex"}
WHOLE = {"match", "fullmatch"}
Pattern = re.Pattern[str] | re.Pattern[bytes] | regex.Pattern[str]


@dataclass(frozen=True)
class Use:
    """A pattern, where it stands, and whether it is only asked whether a text begins with it."""

    place: str
    pattern: Pattern
    anchored: bool


def sources() -> list[Path]:
    """The modules of the product."""
    return [path for place in PLACES for path in sorted((ROOT / place).rglob("*.py"))]


@cache
def tree_of(path: Path) -> ast.Module:
    """A module's syntax tree, read once."""
    return ast.parse(path.read_text())


def calls(path: Path) -> Iterator[ast.Call]:
    """Every call of a module's function of `re` or `regex`, such as `re.compile(...)`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in LIBRARIES and node.func.attr != "escape":
                yield node


def compiled(path: Path) -> dict[str, list[ast.Call]]:
    """The names at a module's top that hold compiled patterns."""
    found: dict[str, list[ast.Call]] = {}
    known = {id(call): call for call in calls(path)}
    for node in tree_of(path).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            inner = [known[id(one)] for one in ast.walk(node.value) if id(one) in known]
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if inner and isinstance(target, ast.Name):
                    found[target.id] = inner
    return found


def module_of(path: Path) -> Any:
    """The module at a path; of a function its package, which stands in the function's folder."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    if parts[0] == "functions":
        folder = str(ROOT / "functions" / parts[1])
        if folder not in sys.path:
            sys.path.append(folder)
        parts = parts[2:]
    return importlib.import_module(".".join(parts).removesuffix(".__init__"))


def uses() -> Iterator[Use]:
    """Every compiled pattern."""
    text = {path: path.read_text() for path in sources()}
    for path in sources():
        for name in compiled(path):
            value = getattr(module_of(path), name)
            read_by = [text[path]] if name.startswith("_") else text.values()
            written = [one for told in read_by for one in _mentions(told, name)]
            place = f"{path.relative_to(ROOT)}:{name}"
            for number, pattern in enumerate(_patterns(value)):
                yield Use(f"{place}.{number}", pattern, anchored=set(written) <= WHOLE)


def _mentions(text: str, name: str) -> list[str]:
    """What is asked of a name, wherever it stands: a method, or "" when it is handed on."""
    found = re.findall(
        rf"^(?!from |import ).*?\b{name}\b(?!\s*(?::.*)?=[^=])(?:\.(\w+))?", text, re.MULTILINE
    )
    return [str(one) for one in found]


def _patterns(value: Any) -> Iterator[Pattern]:
    if isinstance(value, re.Pattern | regex.Pattern):
        yield value
    elif isinstance(value, dict):
        yield from (one for inner in value.values() for one in _patterns(inner))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from (one for inner in value for one in _patterns(inner))


LETTERS = (
    *("a", "A", "0", "é", "_", " ", "\t", "\n", "\r", "\0", "\x1b", "\u0301", "\u200d", "🇩"),
    *("👩\u200d", "\u1100", "\u202e", "-", ".", ":", ";", "\\", '"', "'", "(", ")", "[", "]", "{"),
    *("}", "<", ">", "*", "~", "`", "/", "@", "=", "|", "%", "+", ","),
)
"""One of each class of characters that readers and patterns tell apart."""

_PAIRED = 12


def pumps(pattern: Pattern) -> list[str]:
    """What to repeat: a character of each class that the pattern knows, each two of them."""
    if isinstance(pattern, regex.Pattern):
        return [*LETTERS]
    known = list(dict.fromkeys([*_letters(parsed(pattern)), "a", "1", " "]))
    return [*known, *map("".join, permutations(known[:_PAIRED], 2))]


def parsed(pattern: re.Pattern[str] | re.Pattern[bytes]) -> Any:
    """The operators of a pattern, each with what it is told, by the library's own parser."""
    written = pattern.pattern
    text = written.decode("latin-1") if isinstance(written, bytes) else written
    return re._parser.parse(text, pattern.flags)  # type: ignore[attr-defined]  # noqa: SLF001  # the one public parser is deprecated


def inner(operator: str, told: Any) -> list[Any]:
    """The parts that stand inside of an operator, each a list of operators."""
    match operator:
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return [told[2]]
        case "SUBPATTERN":
            return [told[3]]
        case "ASSERT" | "ASSERT_NOT":
            return [told[1]]
        case "ATOMIC_GROUP":
            return [told]
        case "BRANCH":
            return list(told[1])
    return []


def _letters(operators: Any) -> Iterator[str]:
    """Characters that parts of a pattern match, one or two for each of their classes."""
    for operator, told in operators:
        match str(operator):
            case "LITERAL" | "NOT_LITERAL":
                yield chr(told)
            case "RANGE":
                yield from {chr(told[0]), chr(told[1])}
            case "CATEGORY" | "ANY":
                yield from "a1 \n"
            case "IN":
                yield from _letters(told)
            case name:
                yield from (one for part in inner(name, told) for one in _letters(part))
