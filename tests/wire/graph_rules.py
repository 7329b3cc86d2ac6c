"""What Meta refuses of the bodies that we send: the schema, and the rules that it cannot say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared.whatsapp.options import read_option_id
from tests.wire.schemas import SEND, faults

LENGTHS = {"body": 1024, "title": 24, "description": 72, "caption": 1024, "display_text": 20}
"""Also in UTF-16 units: which of the two Meta counts nobody says (contracts/meta.md c.2)."""


def broken(body: dict[str, Any]) -> list[str]:
    """What is wrong with a body that we built; empty when nothing."""
    return [*faults(SEND, body), *_beyond(body)]


def _beyond(body: dict[str, Any]) -> Iterator[str]:
    interactive = body.get("interactive", {})
    if interactive:
        yield from _interactive(interactive)
    text = body.get("text", {}).get("body", "x")
    if not text.strip() or units(text) > 4096:
        yield "a text is blank or too long"
    for parameter in _parameters(body):
        value = parameter.get("text", "x")
        if not value.strip() or "\n" in value or "\t" in value or "    " in value:
            yield f"a template's parameter may not be {value!r}"
    for kind in ("image", "video", "audio", "document", "sticker"):
        caption = body.get(kind, {}).get("caption", "")
        if units(caption) > LENGTHS["caption"]:
            yield "a caption is too long"


def _interactive(interactive: dict[str, Any]) -> Iterator[str]:
    body, action = interactive["body"]["text"], interactive["action"]
    if not body.strip() or units(body) > LENGTHS["body"]:
        yield "an interactive message's body is blank or too long"
    rows = [row for section in action.get("sections", []) for row in section["rows"]]
    if len(rows) > 10:
        yield f"a list has {len(rows)} rows"
    buttons = [button["reply"] for button in action.get("buttons", [])]
    tapped = [*rows, *buttons]
    for key in ("id", "title"):
        if len({one[key] for one in tapped}) != len(tapped):
            yield f"two options have the same {key}"
    if any(not one["title"].strip() for one in tapped):
        yield "a title is blank"
    if any(read_option_id(one["id"]) is None for one in tapped):
        yield "an option's id cannot be read back"
    limits = {**LENGTHS, "title": 20 if buttons else 24}
    for one in [*tapped, action.get("parameters", {})]:
        yield from (f"{key} is too long" for key in limits if units(one.get(key, "")) > limits[key])


def _parameters(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for component in body.get("template", {}).get("components", []):
        yield from component["parameters"]


def units(text: str) -> int:
    """UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2
