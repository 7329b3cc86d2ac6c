"""What structured content of customers becomes in words: places, people, orders."""

from __future__ import annotations

from typing import Any

from shared.transforms.inbound_context import Reading
from shared.transforms.inbound_files import SHORT
from shared.transforms.text import one_line
from shared.transforms.vcard import VCard, read_vcard
from shared.wire.body import Json
from shared.wire.fields import number, obj, objects, readable, text
from shared.wire.words import visible

LINE = 1000
"""Code points of one line of an address."""


def location_line(reading: Reading) -> str | None:
    """Name, address, the place's own page, and the point on a map."""
    place = obj(reading.message.get("location"))
    named = [readable(place.get(key)) for key in ("name", "address", "url")]
    lines = [one_line(one, LINE) for one in named if one]
    point = _degrees(place.get("latitude"), 90), _degrees(place.get("longitude"), 180)
    if None not in point:
        lines.append("https://maps.google.com/?q={},{}".format(*point))
    return "[location] " + "\n".join(lines) if lines else None


def _degrees(value: Any, limit: int) -> str | None:
    """Six decimals (a hand's breadth); 0 is a place too."""
    degrees = number(value)
    return f"{degrees:.6f}" if degrees is not None and abs(degrees) <= limit else None


def contacts_lines(reading: Reading) -> str | None:
    """A line a person."""
    return "\n".join(map(_contact, objects(reading.message.get("contacts")))) or None


def _contact(card: Json) -> str:
    name, written = obj(card.get("name")), read_vcard(text(card.get("vcard")) or "")
    given = (
        readable(name.get(key)) for key in ("prefix", "first_name", "middle_name", "last_name")
    )
    said = [
        readable(name.get("formatted_name")) or " ".join(filter(None, given)) or written.person,
        *_work(card, written),
        *_numbers(card, written),
        *_listed(card, "emails", "email", written),
        *_listed(card, "urls", "url", written),
        *(list(map(_address, objects(card.get("addresses")))) or _all(written, "adr")),
        readable(card.get("birthday")) or next(iter(_all(written, "bday")), None),
    ]
    words = [one_line(one, SHORT) for one in said if one and visible(one)]
    return f"[contact] {', '.join(words) or 'without a name'}"


def _work(card: Json, written: VCard) -> list[str | None]:
    org = obj(card.get("org"))
    said = [readable(org.get(key)) for key in ("company", "department", "title")]
    return said if any(said) else [*_all(written, "org"), *_all(written, "title")]


def _numbers(card: Json, written: VCard) -> list[str]:
    """The numbers of both, those of the vCard alone behind the others."""
    told = objects(card.get("phones"))
    known = {_digits(one.get(key)) for one in told for key in ("phone", "wa_id")} - {None}
    more = [
        f"{shown} ({one.kind})" if one.kind else shown
        for one in written.all("tel")
        if (shown := one.words.removeprefix("tel:")) and not known & {_digits(shown), one.wa_id}
    ]
    return [said for one in told if (said := _phone(one))] + more


def _digits(value: Any) -> str | None:
    return "".join(one for one in text(value) or "" if one.isdecimal()) or None


def _listed(card: Json, place: str, key: str, written: VCard) -> list[str]:
    """Addresses of both, without regard to letter case."""
    told = [said for one in objects(card.get(place)) if (said := readable(one.get(key)))]
    known = {one.casefold() for one in told}
    return told + [one for one in _all(written, key) if one.casefold() not in known]


def _all(written: VCard, name: str) -> list[str]:
    return [one.words for one in written.all(name)]


def _phone(entry: Json) -> str | None:
    """The number as the card has it, else as WhatsApp knows it (contracts/meta.md b.1)."""
    wa_id, kind = text(entry.get("wa_id")), text(entry.get("type"))
    shown = text(entry.get("phone")) or (wa_id and f"+{wa_id.removeprefix('+')}")
    return f"{shown} ({kind.lower()})" if shown and kind else shown


def _address(entry: Json) -> str | None:
    parts = ("street", "city", "state", "zip", "country")
    return ", ".join(one for key in parts if (one := text(entry.get(key)))) or None


def order_lines(reading: Reading) -> str | None:
    """A line a product, the totals by currency, and what the customer wrote to it."""
    order = reading.message.get("order")
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
        if count is not None and price is not None:
            totals[currency] = totals.get(currency, 0) + count * price
    total = " + ".join(f"{amount:.2f} {currency}".rstrip() for currency, amount in totals.items())
    head = f"[order] {len(items)} {'item' if len(items) == 1 else 'items'}"
    note = readable(order.get("text"))
    return "\n".join(
        [head + (f", total {total}" if total else ""), *lines, *([note] if note else [])]
    )


def _amount(value: float | None) -> str:
    return "?" if value is None else f"{value:.2f}".removesuffix(".00")
