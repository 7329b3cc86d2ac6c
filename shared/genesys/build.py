"""Composes bodies for the Open Messaging inbound endpoints: messages, answers, receipts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from shared.wire.body import Json, PayloadError
from shared.wire.words import visible

TEXT_LIMIT = 4000
"""Code points that the agent's side shows for Open (contracts/genesys.md b7)."""

NAME_LIMIT = 100
REASON_LIMIT = 500

ReceiptStatus = Literal["Delivered", "Failed"]


Reason = Literal[
    "MessageExpired",
    "RateLimited",
    "MessageNotAllowed",
    "GeneralError",
    "UnsupportedMessage",
    "UnknownMessage",
    "InvalidMessageStructure",
    "InvalidDestination",
    "ServerError",
    "MediaTypeNotAllowed",
    "InvalidMediaContentLength",
    "RecipientOptedOut",
    "DataFiltered",
]
"""The closed list of receipt reasons; a free code is refused (contracts/genesys.md b2)."""


def reason_of(code: str | None) -> Reason:
    """The reason of that name; GeneralError for one that is not in the list."""
    return next((reason for reason in get_args(Reason) if reason == code), "GeneralError")


def open_address(customer: str) -> Json:
    """`id` and `idType` of a customer: E.164 with its plus for a number, else Opaque.

    The pair is the person's identity in Genesys: the same customer always gives the same pair.
    """
    if customer.isascii() and customer.isdecimal():
        return {"id": f"+{customer}", "idType": "Phone"}
    return {"id": customer, "idType": "Opaque"}


def person(customer: str, name: str | None) -> Json:
    """`channel.from`: the address, and what the profile name gives of a name."""
    words = _printable(name).split() if visible(name or "") else []
    named: Json = {"nickname": " ".join(words)[:NAME_LIMIT]} if words else {}
    if words:
        named["firstName"] = words[0][:NAME_LIMIT]
    if len(words) > 1:
        named["lastName"] = " ".join(words[1:])[:NAME_LIMIT]
    return {**open_address(customer), **named}


def _printable(name: str | None) -> str:
    """The name without control characters, which would break an agent's line."""
    return "".join(one if one.isprintable() or one in _JOINERS else " " for one in name or "")


_JOINERS = "\u200c\u200d"
"""Scripts and emoji families are written with these, though Python calls them unprintable."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file by its link: https, opened without credentials (contracts/genesys.md b8)."""

    url: str
    mime: str
    media_type: Literal["Image", "Video", "Audio", "File"]
    filename: str | None = None
    sha256: str | None = None


def open_message(
    sender: Json,
    *,
    message_id: str,
    time: datetime,
    text: str | None = None,
    attachment: Attachment | None = None,
    attributes: Mapping[str, str] | None = None,
) -> Json:
    """Compose an inbound message: text, one attachment, or both. `sender` is what `person` gives.

    Raises PayloadError when there is neither, and for a blank or too long text.
    """
    body: Json = {"channel": _channel(sender, message_id, time, attributes)}
    if text is not None:
        body["text"] = _fit(text)
    if attachment is not None:
        body["content"] = [_content(attachment)]
    if len(body) == 1:
        raise PayloadError("an Open message has a text, an attachment, or both")
    return body


def _fit(text: str) -> str:
    if not visible(text):
        raise PayloadError("an Open message may not be blank")
    if len(text) > TEXT_LIMIT:
        raise PayloadError(f"an Open message has at most {TEXT_LIMIT} characters, not {len(text)}")
    return text


def _channel(
    sender: Json, message_id: str, time: datetime, attributes: Mapping[str, str] | None
) -> Json:
    """`attributes` become participant data under this name alone (contracts/genesys.md b1)."""
    channel: Json = {"from": sender, "messageId": message_id, "time": iso(time)}
    if attributes:
        channel["metadata"] = {"customAttributes": dict(attributes)}
    return channel


def _content(attachment: Attachment) -> Json:
    """The one element that `content` may have; its contentType is in no model and all samples."""
    file = {
        "mediaType": attachment.media_type,
        "url": attachment.url,
        "mime": attachment.mime,
        "filename": attachment.filename,
        "sha256": attachment.sha256,
    }
    told = {key: value for key, value in file.items() if value}
    return {"contentType": "Attachment", "attachment": told}


@dataclass(frozen=True, slots=True)
class ButtonResponse:
    """The option that the customer took, as the structured message offered it."""

    type: Literal["Button", "QuickReply", "DatePicker"]
    text: str
    payload: str


def structured_response(
    sender: Json,
    *,
    message_id: str,
    time: datetime,
    originating_id: str,
    button: ButtonResponse,
    attributes: Mapping[str, str] | None = None,
) -> Json:
    """Compose the answer to the structured message of that Genesys id (contracts/genesys.md b4).

    It joins a conversation and never opens one. Raises PayloadError when a part is empty.
    """
    if not (originating_id and visible(button.text) and button.payload):
        raise PayloadError("a structured response names its message, and has a text and a payload")
    return {
        "channel": _channel(sender, message_id, time, attributes),
        "buttonResponse": {"type": button.type, "text": button.text, "payload": button.payload},
        "originatingMessageId": originating_id,
    }


def open_receipt(
    message_id: str,
    to: Json,
    *,
    status: ReceiptStatus,
    time: datetime,
    reason: tuple[Reason, str] | None = None,
) -> Json:
    """Compose the final receipt of the outbound message `message_id` (Genesys' id).

    `to` is the webhook's `channel.to` as it came, or `open_address(customer)`; `reason`, given
    exactly with Failed, is a code and words.
    """
    if (status == "Failed") != (reason is not None):
        raise PayloadError("a Failed receipt needs its reason, and no other has one")
    body: Json = {
        "id": message_id,
        "channel": {"to": to, "time": iso(time)},
        "status": status,
        "isFinalReceipt": True,
    }
    if reason is not None:
        code, words = reason
        body["reasons"] = [{"code": code, "message": words[:REASON_LIMIT]}]
    return body


def iso(time: datetime) -> str:
    """`yyyy-MM-ddTHH:mm:ss.mmmZ`, the one form that the endpoints take."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
