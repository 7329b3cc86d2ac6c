"""WhatsApp statuses to Genesys receipts: one final Delivered or Failed, nothing for the rest."""

from __future__ import annotations

from datetime import datetime

from shared.genesys.build import (
    REASON_LIMIT,
    ReceiptStatus,
    open_address,
    open_receipt,
    reason_of,
)
from shared.transforms.text import cut
from shared.wire.body import Json
from shared.wire.words import visible

RECEIPTS: dict[str, ReceiptStatus | None] = {
    "sent": None,
    "delivered": "Delivered",
    "read": "Delivered",
    "played": "Delivered",
    "failed": "Failed",
}
"""Genesys knows no Read for Open; a first `read` proves delivery (contracts/genesys.md d)."""


def receipt_status(status: str | None) -> ReceiptStatus | None:
    """The receipt that a status stands for; None for `sent` and for words that we do not know."""
    return RECEIPTS.get(status or "")


def delivered(message_id: str, *, to: Json, time: datetime) -> Json:
    """Receipt body for the Genesys message `message_id`; `to` is what `receipt_to` gives."""
    return open_receipt(message_id, to, status="Delivered", time=time)


def failed(message_id: str, *, to: Json, time: datetime, reason: str | None, words: str) -> Json:
    """Receipt body with its reason: a code of the closed list (GeneralError for any other)."""
    told = _whole_sentences(words.strip() if visible(words) else UNTOLD)
    return open_receipt(
        message_id, to, status="Failed", time=time, reason=(reason_of(reason), told)
    )


UNTOLD = "The message could not be delivered. Contact the customer another way."
"""What the agent is told where nobody said why."""


def _whole_sentences(words: str) -> str:
    """As many sentences as a receipt has room for."""
    if len(words) <= REASON_LIMIT:
        return words
    end = words.rfind(". ", 0, REASON_LIMIT)
    return words[: end + 1] if end > 0 else cut(words, REASON_LIMIT)


def receipt_to(to_id: str | None, id_type: str | None, customer: str | None) -> Json | None:
    """`channel.to` of a receipt: the webhook's own, else made from the customer id, else None.

    A webhook without a type that the endpoint takes has ours, when the customer is known.
    """
    ours = open_address(customer) if customer else None
    if not to_id:
        return ours
    type_ = id_type if id_type in ID_TYPES else (ours or {}).get("idType")
    return {"id": to_id, **({"idType": type_} if type_ else {})}


ID_TYPES = ("Email", "Phone", "Opaque")
