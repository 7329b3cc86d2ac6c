"""Validators over the strict schemas of what may be sent, and the loader of fixture cases."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

TESTS = Path(__file__).parent.parent


@cache
def schema(name: str) -> dict[str, Any]:
    """`tests/schemas/<name>.schema.json`."""
    found: dict[str, Any] = json.loads((TESTS / "schemas" / f"{name}.schema.json").read_bytes())
    return found


@cache
def validator(name: str) -> Draft202012Validator:
    """The validator of that schema."""
    Draft202012Validator.check_schema(schema(name))
    return Draft202012Validator(schema(name))


SEND = "meta/send_message_request"
OPEN_MESSAGE = "genesys/inbound-open-message.strict"
OPEN_STRUCTURED = "genesys/inbound-open-structured-response.strict"
OPEN_RECEIPT = "genesys/inbound-open-receipt.strict"


def faults(name: str, body: Any) -> list[str]:
    """What the schema finds wrong; empty when nothing."""
    return [error.message for error in validator(name).iter_errors(body)]


def cases(folder: str) -> dict[str, dict[str, Any]]:
    """The fixtures of a folder under tests/, by their names."""
    found = sorted((TESTS / folder).glob("*.json"))
    return {path.stem: json.loads(path.read_bytes()) for path in found}
