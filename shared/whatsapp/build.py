"""Composes bodies for `POST /{phone_number_id}/messages` of the Graph API, within its limits."""

from __future__ import annotations

import re

from shared.wire.body import Json, PayloadError
from shared.wire.customer import is_bsuid, phone_digits

TEXT_LIMIT = 4096
"""Code points of a text body (contracts/meta.md c.2)."""

CALLBACK_LIMIT = 512
"""Characters of biz_opaque_callback_data (contracts/meta.md c.1)."""

_LINK = re.compile(r"https?://\S")


def text_message(
    customer: str, body: str, *, reply_to: str | None = None, callback: str | None = None
) -> Json:
    """Compose a text; a link in it gets its preview.

    `reply_to` is the wamid to quote, `callback` comes back in every status of this message.
    Raises PayloadError for a blank or too long text, or a customer that cannot be addressed.
    """
    if not body.strip():
        raise PayloadError("a WhatsApp text may not be blank")
    if len(body) > TEXT_LIMIT:
        raise PayloadError(f"a WhatsApp text has at most {TEXT_LIMIT} characters, not {len(body)}")
    text: Json = {"body": body}
    if _LINK.search(body):
        text["preview_url"] = True
    return message(customer, "text", text, reply_to=reply_to, callback=callback)


def message(
    customer: str,
    kind: str,
    content: Json,
    *,
    reply_to: str | None = None,
    callback: str | None = None,
) -> Json:
    """Compose a message of any type around its content, which stands under the type's name.

    `reply_to` is the wamid to quote, `callback` comes back in every status of this message.
    Raises PayloadError for too long callback data, or a customer that cannot be addressed.
    """
    body: Json = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **address(customer),
        "type": kind,
        kind: content,
    }
    if reply_to:
        body["context"] = {"message_id": reply_to}
    if callback:
        if len(callback) > CALLBACK_LIMIT:
            raise PayloadError(f"callback data has at most {CALLBACK_LIMIT} characters")
        body["biz_opaque_callback_data"] = callback
    return body


def read_mark(wamid: str, *, typing: bool = False) -> Json:
    """Mark an inbound message, and all before it, as read; `typing` shows for up to 25 s.

    For the same path as messages; the answer names no wamid (contracts/meta.md c.4).
    """
    body: Json = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
    if typing:
        body["typing_indicator"] = {"type": "text"}
    return body


def address(customer: str) -> Json:
    """Address a number in `to`, a BSUID in `recipient`; raises PayloadError for anything else."""
    if is_bsuid(customer):
        return {"recipient": customer}
    digits = phone_digits(customer)
    if digits is None:
        raise PayloadError("the customer is neither an international number nor a BSUID")
    return {"to": digits}
