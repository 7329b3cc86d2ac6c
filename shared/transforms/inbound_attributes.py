"""Facts about the customer and the way here that an Architect flow can decide by.

They become participant data: flat strings, few and small (contracts/genesys.md b1, b7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shared.whatsapp.items import Customer
from shared.wire.body import Json
from shared.wire.fields import obj, text

ALL = 1900
"""UTF-8 bytes of all names and values together: under Genesys' 2 KB, with room for its JSON."""

ONE = 500
"""Characters of one value. A longer one is left out, as half a link is none."""

REFERRAL = ("source_type", "source_id", "source_url", "headline", "media_type", "ctwa_clid")


def attributes_of(message: Json, customer: Customer, more: Mapping[str, str]) -> dict[str, str]:
    """The facts, `more` before all others, as many as there is room for."""
    found: dict[str, str] = {}
    room = ALL
    for name, value in [*more.items(), *_facts(message, customer)]:
        size = len(name.encode(errors="replace")) + len(value.encode(errors="replace"))
        if name not in found and len(value) <= ONE and size <= room:
            found[name] = value
            room -= size
    return found


def _facts(message: Json, customer: Customer) -> Iterator[tuple[str, str]]:
    referral = obj(message.get("referral"))
    product = obj(obj(message.get("context")).get("referred_product"))
    facts = {
        "wa_id": customer.wa_id,
        "wa_bsuid": customer.bsuid,
        "wa_username": customer.username,
        "wa_group_id": text(message.get("group_id")),
        **{f"wa_referral_{key}": text(referral.get(key)) for key in REFERRAL},
        "wa_product_id": text(product.get("product_retailer_id")),
        "wa_catalog_id": text(product.get("catalog_id")),
    }
    yield from ((name, value) for name, value in facts.items() if value)
