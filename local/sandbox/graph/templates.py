"""Templates: does it exist, and do the parameters fit it (meta (c.3))."""

from __future__ import annotations

import re
from typing import Any

from local.sandbox.graph.errors import Refused, refusal
from local.sandbox.room.house import House
from local.sandbox.room.setup import PhoneNumber, Template

BODY_MOST = 1024
MEDIA = frozenset({"image", "video", "document", "location"})
BLOCKED = {"PAUSED": 132015, "DISABLED": 132016}
HOLE = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")


def found(house: House, number: PhoneNumber, template: dict[str, Any]) -> Template:
    """Look it up by WABA, name and exact language; raises `Refused`."""
    name, language = template["name"], template["language"]["code"]
    known = house.directory.templates.get((number.waba_id, name, language))
    if known is None or known.status in {"PENDING", "REJECTED"}:
        details = f"template name ({name}) does not exist in {language}"
        raise Refused(refusal(132001, details=details))
    if known.status in BLOCKED:
        raise Refused(refusal(BLOCKED[known.status]))
    return known


def check(known: Template, template: dict[str, Any]) -> None:
    """Raise `Refused` when a component does not fit the template."""
    parts = template.get("components", [])
    of = {kind: [c for c in parts if c["type"].lower() == kind] for kind in ("body", "header")}
    _body(known, of["body"])
    _header(known, of["header"])
    _buttons(known, [c for c in parts if c["type"].lower() == "button"])
    text = rendered(known, template)
    if text is not None and len(text) > BODY_MOST:
        raise Refused(refusal(132005, details=f"body: {len(text)} characters of {BODY_MOST}"))


def _parameters(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [p for c in components for p in c.get("parameters", [])]


def _count(where: str, given: int, wanted: int) -> None:
    if given != wanted:
        details = (
            f"{where}: number of localizable_params ({given}) does not match the expected"
            f" number of params ({wanted})"
        )
        raise Refused(refusal(132000, details=details))


def _body(known: Template, components: list[dict[str, Any]]) -> None:
    given = _parameters(components)
    if not known.parameter_names:
        _count("body", len(given), known.body_parameters)
        if any("parameter_name" in p for p in given):
            raise Refused(refusal(100, details="The template has no named parameters"))
        return
    names = [p.get("parameter_name") for p in given]
    if None in names:
        raise Refused(refusal(100, details="Parameter name is missing or empty"))
    _count("body", len(set(names) & set(known.parameter_names)), len(known.parameter_names))
    _count("body", len(names), len(known.parameter_names))


def _header(known: Template, components: list[dict[str, Any]]) -> None:
    given = _parameters(components)
    if known.header in MEDIA:
        got = given[0]["type"].upper() if given else "UNKNOWN"
        if len(given) != 1 or given[0]["type"] != known.header:
            wanted = str(known.header).upper()
            details = f"header: Format mismatch, expected {wanted}, received {got}"
            raise Refused(refusal(132012, details=details))
        return
    _count("header", len(given), known.header_parameters)
    if any(p["type"] != "text" for p in given):
        raise Refused(refusal(132012, details="header: Format mismatch, expected TEXT"))


def _buttons(known: Template, components: list[dict[str, Any]]) -> None:
    seen: set[int] = set()
    for component in components:
        index, sub_type = int(component.get("index", 0)), component.get("sub_type", "").lower()
        button = known.buttons[index] if index < len(known.buttons) else None
        if button is None or button.type != sub_type or index in seen:
            details = f"buttons: There is no {sub_type} button at index {index}"
            raise Refused(refusal(132018, details=details))
        if button.type == "url" and not button.dynamic:
            details = f"buttons: The url button at index {index} takes no parameter"
            raise Refused(refusal(132018, details=details))
        seen.add(index)
    for index, button in enumerate(known.buttons):
        needs = button.type == "copy_code" or (button.type == "url" and button.dynamic)
        if needs and index not in seen:
            title = button.type.title()
            details = f"buttons: Button at index {index} of type {title} requires a parameter"
            raise Refused(refusal(131008, details=details))


def rendered(known: Template, template: dict[str, Any]) -> str | None:
    """The body as the customer reads it; None when the set-up does not tell its text."""
    if known.body is None:
        return None
    parts = [c for c in template.get("components", []) if c["type"].lower() == "body"]
    values = {
        str(p.get("parameter_name", n)): _value(p) for n, p in enumerate(_parameters(parts), 1)
    }
    return HOLE.sub(lambda hole: values.get(hole[1], hole[0]), known.body)


def _value(parameter: dict[str, Any]) -> str:
    part = parameter.get(parameter["type"])
    return str(part.get("fallback_value")) if isinstance(part, dict) else str(part)
