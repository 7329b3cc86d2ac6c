"""What a command prints: lines for people, or one JSON object.

Rule: data may come from strangers, so what could move a terminal's cursor, turn its text around or
begin a line of its own is printed as an escape. In JSON a list stands under `items`, and times are
RFC 3339.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shared.runtime.clock import rfc3339
from shared.wire.printed import shown

TABLE, JSON = "table", "json"


def say(line: str = "") -> None:
    """One line of a command's result."""
    print(shown(line), flush=True)  # noqa: T201  # a command prints


def remark(line: str) -> None:
    """One line about the command itself, on standard error."""
    print(shown(line), file=sys.stderr, flush=True)  # noqa: T201  # a command prints


def add_output(parser: argparse.ArgumentParser, *formats: str) -> None:
    """`-o`: the formats of this command, the first unless told; `--json` is an older spelling."""
    formats = formats or (TABLE, JSON)
    parser.add_argument("-o", "--output", choices=formats, default=formats[0], help="(%(default)s)")
    parser.add_argument(
        "--json", action="store_const", dest="output", const=JSON, help="the same as -o json"
    )


def wants_json(given: argparse.Namespace) -> bool:
    """Whether JSON was asked for."""
    return bool(given.output == JSON)


def print_json(value: Mapping[str, Any]) -> None:
    """One object."""
    print(json_text(value))  # noqa: T201  # a command prints


def json_text(value: Any) -> str:
    """A value as indented JSON that is fit to be printed."""
    text = json.dumps(value, indent=2, default=_plain, ensure_ascii=False)
    return "\n".join(shown(line) for line in text.split("\n"))


def print_items(items: Iterable[Any], **beside: Any) -> None:
    """A list, and what there is to say of it as a whole."""
    print_json({"items": list(items), **beside})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    dump = getattr(value, "model_dump", None)  # a pydantic model, without importing pydantic
    return str(value) if dump is None else dump(mode="json")
