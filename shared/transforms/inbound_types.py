"""What each WhatsApp message type becomes for the agent: a row a type, a readable line each.

A row is given the whole message and answers None when its own content is missing; the reader
then sees that something unsupported came. No row raises for any JSON value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.transforms.inbound_taps import interactive_line
from shared.transforms.text import one_line
from shared.whatsapp.items import message_type, read_error
from shared.wire.body import Json
from shared.wire.fields import number, obj, objects, text

SHORT = 100
"""Code points of a file name, a type or a person shown inside a line."""


@dataclass(frozen=True, slots=True)
class Row:
    """How a type is shown, and the same in words for the documentation."""

    line: Callable[[Json], str | None]
    becomes: str


def shown(message: Json) -> str:
    """The message as the agent reads it: never blank."""
    kind = message_type(message)
    row = TYPES.get(kind)
    line = row.line(message) if row else None
    return line if line and line.strip() else unsupported(message)


def unsupported(message: Json) -> str:
    """Say that something came which cannot be shown, as exactly as Meta said it."""
    kind = message_type(message)
    if kind in ("unsupported", "unknown"):
        kind = text(obj(message.get("unsupported")).get("type")) or _error_words(message) or kind
    return f"[unsupported message: {one_line(kind, SHORT) or 'unknown'}]"


def _error_words(message: Json) -> str | None:
    """The first error's words (contracts/meta.md b.1)."""
    for error in map(read_error, objects(message.get("errors"))):
        return error.details or error.message or error.title
    return None


def _text(message: Json) -> str | None:
    body = text(obj(message.get("text")).get("body"))
    return "[blank message]" if body and not body.strip() else body


def _button(message: Json) -> str | None:
    button = obj(message.get("button"))
    return text(button.get("text")) or text(button.get("payload"))


def _file(message: Json) -> str | None:
    """`[image] caption`: says that a file came, its name when it has one, and why it is missing."""
    kind = message_type(message)
    media = message.get(kind)
    trouble = _error_words(message)
    if not isinstance(media, dict) and not trouble:
        return None
    media = obj(media)
    label = "voice message" if media.get("voice") is True or kind == "voice" else kind
    name, caption = text(media.get("filename")), text(media.get("caption"))
    about = [
        label + (f": {one_line(name, SHORT)}" if name else ""),
        *([f"not available: {one_line(trouble, SHORT)}"] if trouble else []),
    ]
    return f"[{', '.join(about)}]" + (f" {caption}" if caption else "")


def _location(message: Json) -> str | None:
    place = obj(message.get("location"))
    named = [text(place.get("name")), text(place.get("address")), text(place.get("url"))]
    lines = [one_line(one, 1000) for one in named if one]
    point = _degrees(place.get("latitude"), 90), _degrees(place.get("longitude"), 180)
    if None not in point:
        lines.append("https://maps.google.com/?q={},{}".format(*point))
    return "[location] " + "\n".join(lines) if lines else None


def _degrees(value: Any, limit: int) -> str | None:
    """Six decimals (a hand's breadth); 0 is a place too."""
    degrees = number(value)
    return f"{degrees:.6f}" if degrees is not None and abs(degrees) <= limit else None


def _contacts(message: Json) -> str | None:
    return "\n".join(map(_contact, objects(message.get("contacts")))) or None


def _contact(card: Json) -> str:
    name = obj(card.get("name"))
    whole = text(name.get("formatted_name")) or " ".join(
        filter(None, (text(name.get("first_name")), text(name.get("last_name"))))
    )
    reached = [
        text(entry.get("phone")) or text(entry.get("wa_id"))
        for entry in objects(card.get("phones"))
    ] + [text(entry.get("email")) for entry in objects(card.get("emails"))]
    said = [whole, text(obj(card.get("org")).get("company")), *reached]
    return "[contact] " + ", ".join(one_line(one, SHORT) for one in said if one)


def _order(message: Json) -> str | None:
    order = message.get("order")
    if not isinstance(order, dict):
        return None
    items = objects(order.get("product_items"))
    totals: dict[str, float] = {}
    lines = []
    for item in items:
        count, price = number(item.get("quantity")), number(item.get("item_price"))
        currency = one_line(text(item.get("currency")) or "", SHORT)
        product = one_line(text(item.get("product_retailer_id")) or "?", SHORT)
        lines.append(f"{_amount(count)} x {product} at {_amount(price)} {currency}".rstrip())
        totals[currency] = totals.get(currency, 0) + (count or 0) * (price or 0)
    total = " + ".join(f"{amount:.2f} {currency}".rstrip() for currency, amount in totals.items())
    note = text(order.get("text"))
    head = f"[order] {len(items)} items" + (f", total {total}" if total else "")
    return "\n".join([head, *lines, *([note] if note else [])])


def _amount(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f}".removesuffix(".00")


def _reaction(message: Json) -> str | None:
    reaction = message.get("reaction")
    if not isinstance(reaction, dict):
        return None
    emoji = text(reaction.get("emoji"))
    return f"reacted with {one_line(emoji, SHORT)}" if emoji else "removed a reaction"


def _system(message: Json) -> str | None:
    system = obj(message.get("system"))
    number_now = text(system.get("wa_id")) or text(system.get("new_wa_id"))
    said = (
        text(system.get("body"))
        or (number_now and f"the customer's number is now +{number_now.removeprefix('+')}")
        or text(system.get("type"))
    )
    return f"[system] {said}" if said else None


def _welcome(_: Json) -> str:
    return "[the customer opened the chat]"


def _edit(message: Json) -> str | None:
    edited = obj(obj(message.get("edit")).get("message"))
    if not edited or message_type(edited) == "edit":
        return None
    return f"[edited] {shown(edited)}"


def _revoke(message: Json) -> str | None:
    return "[deleted a message]" if isinstance(message.get("revoke"), dict) else None


_FILE = Row(_file, "a line naming the kind of file, its name and its caption")

TYPES: dict[str, Row] = {
    "text": Row(_text, "the text, split over 4000 characters"),
    "image": _FILE,
    "video": _FILE,
    "audio": _FILE,
    "voice": _FILE,
    "document": _FILE,
    "sticker": _FILE,
    "location": Row(_location, "name, address and a link to a map"),
    "contacts": Row(_contacts, "a line a contact: name, company, numbers, addresses"),
    "interactive": Row(interactive_line, "the title that was tapped, or the form's answers"),
    "button": Row(_button, "the text of the template's button"),
    "order": Row(_order, "a line a product, and the total"),
    "reaction": Row(_reaction, "reacted with ..."),
    "system": Row(_system, "Meta's own words, or the new number"),
    "request_welcome": Row(_welcome, "a line that the chat was opened"),
    "edit": Row(_edit, "the new content, marked as edited"),
    "revoke": Row(_revoke, "a line that a message was deleted"),
}
"""Types of contracts/meta.md b.1; `unsupported`, `unknown` and new ones have no row on purpose."""
