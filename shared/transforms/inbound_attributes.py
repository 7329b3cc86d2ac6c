"""Facts about the customer and the way here that an Architect flow can decide by.

They become participant data: flat strings, few and small (contracts/genesys.md b1, b7).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shared.whatsapp.items import Customer
from shared.wire.body import Json
from shared.wire.fields import obj, text

ALL = 1900
"""UTF-8 bytes of all names and values together: under Genesys' 2 KB, with room for its JSON."""

ONE = 500
"""Characters of one value. A longer one is left out, as half a link is none."""


def _of_referral(key: str) -> Callable[[Json, Customer], str | None]:
    return lambda message, _: text(obj(message.get("referral")).get(key))


def _of_product(key: str) -> Callable[[Json, Customer], str | None]:
    product = "referred_product"
    return lambda message, _: text(obj(obj(message.get("context")).get(product)).get(key))


_REFERRAL = ("source_type", "source_id", "source_url", "headline", "media_type", "ctwa_clid")

FACTS: dict[str, Callable[[Json, Customer], str | None]] = {
    "wa_id": lambda _, customer: customer.wa_id,
    "wa_bsuid": lambda _, customer: customer.bsuid,
    "wa_username": lambda _, customer: customer.username,
    "wa_group_id": lambda message, _: text(message.get("group_id")),
    **{f"wa_referral_{key}": _of_referral(key) for key in _REFERRAL},
    "wa_product_id": _of_product("product_retailer_id"),
    "wa_catalog_id": _of_product("catalog_id"),
}
"""Names of the facts, the more telling first: the last ones give way when room is short."""


def attributes_of(message: Json, customer: Customer, more: Mapping[str, str]) -> dict[str, str]:
    """The facts, `more` before all others, as many as there is room for."""
    found: dict[str, str] = {}
    room = ALL
    facts = ((name, fact(message, customer)) for name, fact in FACTS.items())
    for name, value in [*more.items(), *((name, said) for name, said in facts if said)]:
        size = len(name.encode(errors="replace")) + len(value.encode(errors="replace"))
        if name not in found and len(value) <= ONE and size <= room:
            found[name] = value
            room -= size
    return found
