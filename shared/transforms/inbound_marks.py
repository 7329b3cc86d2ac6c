"""What stands around a message's own words: quote, forward, group, ad, product, trouble."""

from __future__ import annotations

from collections.abc import Iterator

from shared.transforms.inbound_context import Quote, Reading
from shared.transforms.text import cut, one_line
from shared.whatsapp.items import refers_to, trouble_of
from shared.wire.body import Json
from shared.wire.fields import obj, readable, text
from shared.wire.sizes import TEXT

SHORT = 100
"""Code points of a quoted message and of a name."""

LINE = 500
"""Code points of an ad's words."""

LINK = 2000
"""Code points of its address."""


def framed(reading: Reading, line: str | None, *, quotes: bool, reports: bool) -> str:
    """The line between what the agent should know before it and after it.

    `quotes`: a message that this one answers stands above it, in one line. `reports`: what Meta
    says went wrong stands below it, unless the line says so itself.
    """
    marks = " ".join(_marks(reading.message))
    quote = _quote_line(reading) if quotes else None
    trouble = one_line(trouble_of(reading.message) or "", SHORT) if reports else ""
    after = [*_after(reading.message)]
    if trouble and trouble not in (line or ""):
        after.append(f"[WhatsApp reports: {trouble}]")
    words = "\n".join(one for one in [marks, quote, line, *after] if one)
    if not reading.more and len(words) <= TEXT:
        return words
    return f"{cut(words, TEXT)}\n{MORE}".lstrip("\n")


MORE = "[the message is longer than can be shown here: ask the customer for the rest]"
"""Stands at the end of what was cut; the whole message is kept in its raw bytes."""


def _marks(message: Json) -> Iterator[str]:
    context, identity = obj(message.get("context")), obj(message.get("identity"))
    if text(message.get("group_id")):
        yield "[in a group]"
    if context.get("frequently_forwarded") is True:
        yield "[forwarded many times]"
    elif context.get("forwarded") is True:
        yield "[forwarded]"
    if identity.get("acknowledged") is False:
        yield "[the customer's device or number changed: make sure who it is]"


def _quote_line(reading: Reading) -> str | None:
    """`> words`; the customer's own words are told from ours."""
    quote = reading.context.quote
    if quote is None:
        return "> [an earlier message]" if refers_to(reading.message) else None
    return f"> {'(customer) ' if quote.by_customer else ''}{quoted(quote) or '[a message]'}"


def quoted(quote: Quote | None) -> str | None:
    """The quoted words in one short line, without what they themselves quote."""
    if quote is None:
        return None
    own = " ".join(line for line in quote.text.splitlines() if not line.startswith("> "))
    return one_line(own, SHORT) or None


def _after(message: Json) -> Iterator[str]:
    product = obj(obj(message.get("context")).get("referred_product"))
    if product:
        yield _product_line(product)
    yield from _referral_lines(obj(message.get("referral")))


def _product_line(product: Json) -> str:
    item, catalog = (readable(product.get(key)) for key in ("product_retailer_id", "catalog_id"))
    named = f"product {one_line(item, SHORT)}" if item else "a product"
    return f"[about {named}{f' of catalogue {one_line(catalog, SHORT)}' if catalog else ''}]"


def _referral_lines(referral: Json) -> Iterator[str]:
    """The ad or post that started the chat (contracts/meta.md b.0)."""
    if not referral:
        return
    source = one_line(text(referral.get("source_type")) or "link", SHORT)
    headline = readable(referral.get("headline"))
    yield f"[came from the {source}{f': {one_line(headline, LINE)}' if headline else ''}]"
    greeting = readable(obj(referral.get("welcome_message")).get("text"))
    if greeting:
        yield f"[greeted there with: {one_line(greeting, LINE)}]"
    for key in ("body", "source_url"):
        said = readable(referral.get(key))
        if said:
            yield one_line(said, LINE if key == "body" else LINK)
