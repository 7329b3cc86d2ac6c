"""What the send schema cannot say (meta (i)): sums and uniqueness, coordinates, names, units."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from local.sandbox.room.settings import GraphSettings

MOST_ROWS = 10
MOST_PRODUCTS = 30
BLANKS = re.compile(r"[\n\t]| {5,}")
Broken = tuple[int, str] | None


def broken_rule(body: dict[str, Any], settings: GraphSettings) -> Broken:
    """Answer (Graph code, details) of the first broken rule of a schema-clean body."""
    if "status" in body:
        return None
    kind = body.get("type", "text")
    check = CHECKS.get(kind)
    broken = check(body[kind], settings) if check else None
    return broken or (_units(kind, body[kind]) if settings.length_unit == "utf16" else None)


LONGEST = {"body": 4096, "caption": 1024, "title": 24, "description": 72, "display_text": 20}


def _units(kind: str, part: Any) -> Broken:
    """Lengths in UTF-16 units, where a setting says that Meta counts so."""
    for name, text in _texts(part, ""):
        most = {"reply.title": 20, "body.text": 1024}.get(name) or LONGEST.get(name.split(".")[-1])
        if most is not None and len(text.encode("utf-16-le")) > 2 * most:
            return 100, f"{kind}: {name} must be at most {most} characters long"
    return None


def _texts(node: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _texts(value, f"{name}.{key}".lstrip(".") if name else key)
    elif isinstance(node, list):
        for item in node:
            yield from _texts(item, "")
    elif isinstance(node, str):
        yield name, node


def _twice(values: list[str]) -> str | None:
    return next((v for n, v in enumerate(values) if v in values[:n]), None)


def _buttons(action: dict[str, Any], _settings: GraphSettings) -> Broken:
    replies = [button["reply"] for button in action["buttons"]]
    for key in ("id", "title"):
        twice = _twice([reply[key] for reply in replies])
        if twice is not None:
            return 131009, f"Button {key} {twice!r} is used twice"
    return None


def _list(action: dict[str, Any], settings: GraphSettings) -> Broken:
    rows = [row for section in action["sections"] for row in section["rows"]]
    if len(rows) > MOST_ROWS:
        return 131009, f"Total row count exceed max allowed count: {MOST_ROWS}"
    for key in ("id", "title") if settings.row_titles_unique else ("id",):
        twice = _twice([row[key] for row in rows])
        if twice is not None:
            return 131009, f"Duplicated row {key} {twice!r}"
    return None


def _products(action: dict[str, Any], _settings: GraphSettings) -> Broken:
    total = sum(len(section["product_items"]) for section in action["sections"])
    return (131009, f"More than {MOST_PRODUCTS} products") if total > MOST_PRODUCTS else None


def _interactive(interactive: dict[str, Any], settings: GraphSettings) -> Broken:
    checks = {"button": _buttons, "list": _list, "product_list": _products}
    check = checks.get(interactive["type"])
    return check(interactive["action"], settings) if check else None


def _location(location: dict[str, Any], _settings: GraphSettings) -> Broken:
    for name, most in (("latitude", 90.0), ("longitude", 180.0)):
        if abs(float(location[name])) > most:
            return 131009, f"location['{name}'] is out of range"
    return None


def _contacts(contacts: list[dict[str, Any]], settings: GraphSettings) -> Broken:
    if len(contacts) > settings.max_contacts:
        return 131009, f"More than {settings.max_contacts} contacts"
    for n, contact in enumerate(contacts):
        others = [v for k, v in contact["name"].items() if k != "formatted_name" and v]
        if not others:
            return 131009, f"contacts[{n}]['name'] needs one more part beside formatted_name"
    return None


def _template(template: dict[str, Any], settings: GraphSettings) -> Broken:
    for component in template.get("components", []):
        for parameter in component.get("parameters", []):
            text = parameter.get("text") if parameter.get("type") == "text" else None
            if text is not None and not text:
                return 131008, "A text parameter is empty"
            if text is not None and BLANKS.search(text):
                words = "Param text cannot have new-line/tab characters or more than 4 blanks"
                return settings.blank_parameter_code, words
    return None


CHECKS: dict[str, Callable[[Any, GraphSettings], Broken]] = {
    "interactive": _interactive,
    "location": _location,
    "contacts": _contacts,
    "template": _template,
}
