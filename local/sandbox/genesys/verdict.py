"""Holds a body to the schemas: lenient decides, strict is noted (genesys, checklist)."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

import orjson
from jsonschema import ValidationError

from local.sandbox.genesys.errors import Refused, refusal
from local.sandbox.room import schema
from local.sandbox.room.settings import GenesysSettings

UNLIKE_STRICT = frozenset({"genesys-legacy"})
"""Schemas without a strict twin: nothing of ours should send those."""


def parsed(body: bytes) -> dict[str, Any]:
    """Read a JSON object; raises `Refused` (bad.request)."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise Refused(refusal("bad.request", note=_note("$: not a JSON object", "")))
    return value


def check(name: str, body: dict[str, Any], settings: GenesysSettings) -> dict[str, Any]:
    """Answer the verdicts, or raise `Refused` when the lenient schema refuses the body.

    With `genesys.strict` the strict schema decides.

    What the strict schema takes the lenient one takes too (a test holds this), so a clean body
    is checked once.
    """
    body = _completed(name, body, settings)
    twin = name if name in UNLIKE_STRICT else f"{name}.strict"
    strict = schema.fault(schema.named(twin), body)
    lenient = None if strict is None else schema.fault(schema.named(name), body)
    if settings.strict:
        lenient = strict
    told = "" if strict is None else schema.told(strict)
    if lenient is not None:
        raise Refused(_worded(name, lenient, told))
    _refuse_impossible_date(body.get("channel", {}).get("time"), told)
    return _note(None, told)["verdict"]  # type: ignore[no-any-return]


def _completed(name: str, body: dict[str, Any], settings: GenesysSettings) -> dict[str, Any]:
    """Put in what a setting says need not be there, so that the schema does not miss it."""
    if name == "genesys-structured-response" and not settings.structured_needs_origin:
        return {"originatingMessageId": "none", **body}
    if name == "genesys-message" and not settings.needs_text_or_content:
        return body if body.get("content") else {"text": "none", **body}
    return body


def _note(lenient: str | None, strict: str) -> dict[str, Any]:
    return {"verdict": {"lenient": lenient, "strict": strict or lenient}}


def _refuse_impossible_date(value: str | None, strict: str) -> None:
    if value is None:
        return
    try:
        datetime.fromisoformat(value)
    except ValueError:
        note = _note("$.channel.time: no such moment", strict)
        raise Refused(refusal("invalid.date", f"Invalid date: [{value}]", note=note)) from None


@cache
def _allowed(name: str) -> dict[str, list[str]]:
    """The canonical spellings of each enum by its property's name, from the strict schema."""
    found: dict[str, list[str]] = {}

    def walk(node: Any, key: str) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("enum"), list):
                found[key] = [str(v) for v in node["enum"]]
            elif isinstance(node.get("const"), str):
                found[key] = [node["const"]]
            for name_, child in node.items():
                walk(child, name_)
        elif isinstance(node, list):
            for child in node:
                walk(child, key)

    walk(schema.document(name if name in UNLIKE_STRICT else f"{name}.strict"), "")
    return found


def _worded(name: str, error: ValidationError, strict: str) -> Any:
    note = _note(schema.told(error), strict)
    field = str(error.absolute_path[-1]) if error.absolute_path else ""
    if error.validator == "pattern" and field == "time":
        return refusal("invalid.date", f"Invalid date: [{error.instance}]", note=note)
    allowed = _allowed(name).get(field)
    if error.validator in {"pattern", "enum", "const"} and allowed:
        words = (
            f"Value [{error.instance}] is not valid for field type [{field}]."
            f" Allowable values are: {', '.join(allowed)}"
        )
        return refusal("invalid.value", words, note=note)
    return refusal("bad.request", note=note)
