"""Holds a send request to the schema, and says what is wrong in Meta's words (meta (c.1))."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError

from local.sandbox.graph.errors import Refused, refusal
from local.sandbox.graph.rules import broken_rule
from local.sandbox.room import schema
from local.sandbox.room.desk import Answer
from local.sandbox.room.settings import GraphSettings

DOCUMENT = "graph-send.strict"
DEEP = frozenset({"interactive", "template", "contacts"})


@cache
def _mark_read() -> Draft202012Validator:
    defs = schema.document(DOCUMENT)["$defs"]
    return schema.validator(defs["MarkRead"], defs)


@cache
def _message(kind: str) -> Draft202012Validator:
    """The schema of a message of one type: without the conditions on other types.

    A condition `if type is X then ...` says nothing about a message of another type, so the
    verdict is the same (a test holds the two side by side); it takes half the time.
    """
    defs = schema.document(DOCUMENT)["$defs"]
    message = dict(defs["Message"])
    message["allOf"] = [rule for rule in message["allOf"] if _speaks_of(rule) in (None, kind)]
    return schema.validator(message, defs)


def _speaks_of(rule: dict[str, Any]) -> str | None:
    kind: str | None = rule["if"].get("properties", {}).get("type", {}).get("const")
    return kind


@cache
def _types() -> frozenset[str]:
    return frozenset(schema.document(DOCUMENT)["$defs"]["Message"]["properties"]["type"]["enum"])


@cache
def known_keys() -> frozenset[str]:
    """The keys that may stand beside `to` and `type`."""
    return frozenset(schema.document(DOCUMENT)["$defs"]["Message"]["properties"])


def checker(body: dict[str, Any]) -> Draft202012Validator:
    """The compiled schema for this body."""
    if "status" in body:
        return _mark_read()
    kind = body.get("type", "text")
    return _message(kind if isinstance(kind, str) and kind in _types() else "text")


def check(body: dict[str, Any], settings: GraphSettings) -> None:
    """Raise `Refused` when the body breaks the schema or a rule the schema cannot say."""
    error = schema.fault(checker(body), body)
    if error is not None:
        answer = _worded(error)
        answer.note["verdict"] = {"strict": schema.told(error)}
        raise Refused(answer)
    broken = broken_rule(body, settings)
    if broken is not None:
        code, details = broken
        note = {"verdict": {"strict": details}}
        raise Refused(refusal(code, details=details, note=note))


def _param(path: list[Any]) -> str:
    head, *rest = path
    return str(head) + "".join(f"['{part}']" for part in rest)


def _worded(error: ValidationError) -> Answer:
    """Put the error into Meta's words: code 100, or 131008 and 131009 in the deep objects."""
    path, of, bad = list(error.absolute_path), cast("Any", error.schema), cast("Any", error)
    if error.validator == "additionalProperties":
        extra = sorted(set(bad.instance) - set(of.get("properties", {})))
        where = f' on param "{_param(path)}"' if path else ""
        return refusal(100, message=f'(#100) Unexpected key "{extra[0]}"{where}')
    if error.validator == "required":
        missing = next(name for name in bad.validator_value if name not in bad.instance)
        return _missing(path, missing)
    if not path:
        return refusal(100, details=error.message[:300])
    if path[0] in DEEP:
        return refusal(131009, details=f"{_param(path)}: {error.message[:300]}")
    return _bad_value(_param(path), error, of)


def _missing(path: list[Any], missing: str) -> Answer:
    name = _param([*path, missing])
    if path and path[0] in DEEP:
        return refusal(131008, details=f"Parameter {name} is missing")
    return refusal(100, message=f"(#100) The parameter {name} is required.")


def _bad_value(name: str, error: ValidationError, of: Any) -> Answer:
    if error.validator in {"enum", "const"}:
        allowed = of.get("enum") or [of.get("const")]
        listed = ", ".join(str(a).upper() for a in allowed)
        words = f'(#100) Param {name} must be one of {{{listed}}} - got "{error.instance}".'
        return refusal(100, message=words)
    if error.validator == "maxLength":
        words = f"(#100) Param {name} must be at most {error.validator_value} characters long."
        return refusal(100, message=words)
    return refusal(100, details=f"{name}: {error.message[:300]}")
