"""JSON Schema verdicts, compiled once and quick enough for the message path."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match

FOLDER = Path(__file__).parent.parent / "schemas"


def inlined(node: Any, defs: dict[str, Any]) -> Any:
    """Put each `#/$defs/` reference's text in its place (the schemas do not recurse).

    Resolving references is a third of a verdict's time.
    """
    if isinstance(node, list):
        return [inlined(item, defs) for item in node]
    if not isinstance(node, dict):
        return node
    rest = {
        key: inlined(value, defs) for key, value in node.items() if key not in {"$defs", "$ref"}
    }
    if banned := _none_of(rest.get("not")):
        del rest["not"]
        rest["properties"] = {**rest.get("properties", {}), **dict.fromkeys(banned, False)}
    if not isinstance(node.get("$ref"), str):
        return rest
    target = inlined(defs[node["$ref"].removeprefix("#/$defs/")], defs)
    return {"allOf": [target], **rest} if rest else target


def _none_of(node: Any) -> list[str]:
    """The names in `{"anyOf": [{"required": [name]}, ...]}`; none for another shape.

    `not` such a node means that none of these keys is there; as false properties that is quick to
    tell. The two differ for what is no object, and no such body comes here.
    """
    names: list[str] = []
    for option in node.get("anyOf", []) if isinstance(node, dict) else []:
        if set(option) != {"required"} or len(option["required"]) != 1:
            return []
        names += option["required"]
    return names


@cache
def document(name: str) -> dict[str, Any]:
    """Read `schemas/<name>.schema.json`."""
    loaded: dict[str, Any] = json.loads((FOLDER / f"{name}.schema.json").read_text("utf-8"))
    return loaded


def validator(schema: dict[str, Any], defs: dict[str, Any]) -> Draft202012Validator:
    """Compile `schema` with its references in place."""
    return Draft202012Validator(inlined(schema, defs))


@cache
def named(name: str) -> Draft202012Validator:
    """Compile a whole document, once a process."""
    schema = document(name)
    return validator(schema, schema.get("$defs", {}))


def fault(checker: Draft202012Validator, body: Any) -> ValidationError | None:
    """Answer the error that tells most, or None when the body passes."""
    if next(checker.iter_errors(body), None) is None:
        return None
    most: ValidationError | None = best_match(checker.iter_errors(body))
    return most


def told(error: ValidationError) -> str:
    """Where and what, in one line: `$.channel.time: '…' does not match '…'`."""
    return f"{error.json_path}: {error.message[:300]}"
