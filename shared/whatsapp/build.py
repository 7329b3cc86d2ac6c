"""Composes bodies for `POST /{phone_number_id}/messages` of the Graph API, within its limits.

A message is its content under the name of its type; `interactive` and `template` compose theirs.
"""

from __future__ import annotations

import re

from shared.whatsapp import limits
from shared.whatsapp.media import MediaKind
from shared.wire.body import Json, PayloadError
from shared.wire.customer import is_bsuid, is_wa_id
from shared.wire.words import visible

TEXT_LIMIT = limits.TEXT
"""Code points of a text body (contracts/meta.md c.2)."""

CALLBACK_LIMIT = limits.CALLBACK
"""Characters of biz_opaque_callback_data (contracts/meta.md c.1)."""

_LINK = re.compile(r"https?://\S")

CAPTIONED = ("image", "video", "document")
"""Kinds that may carry a caption: on any other it is refused as an unexpected key."""


def message(
    customer: str,
    kind: str,
    content: Json,
    *,
    reply_to: str | None = None,
    callback: str | None = None,
) -> Json:
    """Compose a message of any type around its content.

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


def text_content(body: str) -> Json:
    """Content of a text; a link in it gets its preview. Raises PayloadError: blank or too long."""
    if not visible(body):
        raise PayloadError("a WhatsApp text may not be blank")
    if len(body) > TEXT_LIMIT:
        raise PayloadError(f"a WhatsApp text has at most {TEXT_LIMIT} characters, not {len(body)}")
    return {"body": body, **({"preview_url": True} if _LINK.search(body) else {})}


def media_content(
    kind: MediaKind,
    *,
    id_: str | None = None,
    link: str | None = None,
    caption: str | None = None,
    filename: str | None = None,
) -> Json:
    """Content of a file, by the id of an upload or by a link, exactly one of them.

    Raises PayloadError for both or neither, a link that is none, a caption that is too long or
    that this kind cannot have, a name on what is no document.
    """
    if (id_ is None) == (link is None) or (link is not None and not is_media_link(link)):
        raise PayloadError("a file goes to WhatsApp by its id or by a link, one of them")
    content: Json = {"id": id_} if link is None else {"link": link}
    if caption is not None:
        if kind not in CAPTIONED or not 0 < len(caption) <= limits.CAPTION:
            raise PayloadError(f"no such caption on a file of kind {kind}")
        content["caption"] = caption
    if filename is not None:
        if kind != "document" or not 0 < len(filename) <= limits.FILENAME:
            raise PayloadError(f"no such name on a file of kind {kind}")
        content["filename"] = filename
    return content


def is_media_link(link: str) -> bool:
    """Whether Meta would fetch a file from this address."""
    return limits.is_link(link, limits.MEDIA_URL)


def location_content(
    latitude: float, longitude: float, *, name: str | None = None, address: str | None = None
) -> Json:
    """Content of a place; an address is shown only beside a name. Raises PayloadError off Earth."""
    if abs(latitude) > 90 or abs(longitude) > 180:  # noqa: PLR2004  degrees
        raise PayloadError("no such place: degrees go to 90 and 180")
    named = {"name": name or address, "address": address if name else None}
    words = {key: value[: limits.PLACE] for key, value in named.items() if value}
    return {"latitude": latitude, "longitude": longitude, **words}


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
    if not is_wa_id(customer):
        raise PayloadError("the customer is neither a WhatsApp number in digits nor a BSUID")
    return {"to": customer}
