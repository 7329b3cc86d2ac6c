"""What the send schema cannot say (meta (i)): sums and uniqueness, coordinates, names."""

from __future__ import annotations

import re
from typing import Any

MOST_ROWS = 10
MOST_PRODUCTS = 30
BLANKS = re.compile(r"[\n\t]| {5,}")
Broken = tuple[int, str] | None


def broken_rule(body: dict[str, Any]) -> Broken:
    """Answer (Graph code, details) of the first broken rule of a schema-clean body."""
    kind = body.get("type", "text")
    check = CHECKS.get(kind) if "status" not in body else None
    return check(body[kind]) if check else None


def _twice(values: list[str]) -> str | None:
    return next((v for n, v in enumerate(values) if v in values[:n]), None)


def _buttons(action: dict[str, Any]) -> Broken:
    replies = [button["reply"] for button in action["buttons"]]
    for key in ("id", "title"):
        twice = _twice([reply[key] for reply in replies])
        if twice is not None:
            return 131009, f"Button {key} {twice!r} is used twice"
    return None


def _list(action: dict[str, Any]) -> Broken:
    rows = [row for section in action["sections"] for row in section["rows"]]
    if len(rows) > MOST_ROWS:
        return 131009, f"Total row count exceed max allowed count: {MOST_ROWS}"
    twice = _twice([row["id"] for row in rows])
    return None if twice is None else (131009, f"Duplicated row id {twice!r}")


def _products(action: dict[str, Any]) -> Broken:
    total = sum(len(section["product_items"]) for section in action["sections"])
    return (131009, f"More than {MOST_PRODUCTS} products") if total > MOST_PRODUCTS else None


def _interactive(interactive: dict[str, Any]) -> Broken:
    checks = {"button": _buttons, "list": _list, "product_list": _products}
    check = checks.get(interactive["type"])
    return check(interactive["action"]) if check else None


def _location(location: dict[str, Any]) -> Broken:
    for name, most in (("latitude", 90.0), ("longitude", 180.0)):
        if abs(float(location[name])) > most:
            return 131009, f"location['{name}'] is out of range"
    return None


def _contacts(contacts: list[dict[str, Any]]) -> Broken:
    for n, contact in enumerate(contacts):
        others = [v for k, v in contact["name"].items() if k != "formatted_name" and v]
        if not others:
            return 131009, f"contacts[{n}]['name'] needs one more part beside formatted_name"
    return None


def _template(template: dict[str, Any]) -> Broken:
    for component in template.get("components", []):
        for parameter in component.get("parameters", []):
            text = parameter.get("text") if parameter.get("type") == "text" else None
            if text is not None and not text:
                return 131008, "A text parameter is empty"
            if text is not None and BLANKS.search(text):
                words = "Param text cannot have new-line/tab characters or more than 4 blanks"
                return 132000, words
    return None


CHECKS: dict[str, Any] = {
    "interactive": _interactive,
    "location": _location,
    "contacts": _contacts,
    "template": _template,
}
