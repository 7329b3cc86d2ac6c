"""Graph error bodies, shaped as meta (c.6) tells."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

import orjson

from local.sandbox.room.desk import Answer
from local.sandbox.room.faults import Fault


class Known(NamedTuple):
    """A row of Meta's table: HTTP status and title."""

    status: int
    title: str


TABLE: dict[int, Known] = {
    0: Known(401, "AuthException"),
    1: Known(400, "An unknown error occurred"),
    2: Known(503, "Service temporarily unavailable"),
    3: Known(500, "Capability or permissions issue"),
    4: Known(400, "Application request limit reached"),
    10: Known(403, "Permission is either not granted or has been removed"),
    100: Known(400, "Invalid parameter"),
    190: Known(401, "Invalid OAuth access token - Cannot parse access token"),
    368: Known(403, "Temporarily blocked for policies violations"),
    2500: Known(400, "Unknown path components"),
    80007: Known(400, "Rate limit issues"),
    130429: Known(400, "Rate limit hit"),
    130472: Known(400, "User's number is part of an experiment"),
    130497: Known(403, "Business account is restricted from messaging users in this country"),
    131000: Known(500, "Something went wrong"),
    131005: Known(403, "Access denied"),
    131008: Known(400, "Required parameter is missing"),
    131009: Known(400, "Parameter value is not valid"),
    131016: Known(500, "Service unavailable"),
    131021: Known(400, "Recipient cannot be sender"),
    131026: Known(400, "Message undeliverable"),
    131030: Known(400, "Recipient phone number not in allowed list"),
    131031: Known(403, "Business Account locked"),
    131037: Known(400, "WhatsApp provided number needs display name approval"),
    131042: Known(400, "Business eligibility payment issue"),
    131045: Known(500, "Message failed to send because of an unregistered number"),
    131047: Known(400, "Re-engagement message"),
    131048: Known(400, "Spam rate limit hit"),
    131049: Known(400, "Message not delivered to maintain healthy ecosystem engagement"),
    131050: Known(400, "User has stopped marketing messages"),
    131051: Known(400, "Unsupported message type"),
    131052: Known(400, "Media download error"),
    131053: Known(400, "Media upload error"),
    131056: Known(400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: Known(500, "Account in maintenance mode"),
    131062: Known(400, "Not possible to a business-scoped user id"),
    132000: Known(400, "Number of parameters does not match the expected number of params"),
    132001: Known(404, "Template name does not exist in the translation"),
    132005: Known(400, "Translated text too long"),
    132007: Known(400, "Template format character policy violated"),
    132012: Known(400, "Parameter format does not match format in the created template"),
    132018: Known(400, "There is an issue with the parameters of the template"),
    132015: Known(400, "Template is paused"),
    132016: Known(400, "Template is disabled"),
    133004: Known(503, "Server temporarily unavailable"),
    133010: Known(400, "Phone number not registered"),
    135000: Known(400, "Generic user error"),
}
BY_STATUS = {400: 100, 401: 190, 403: 10, 404: 132001, 429: 130429, 500: 131000, 503: 131016}


class Refused(Exception):
    """The request is refused with `answer`."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def refusal(
    code: int,
    *,
    message: str | None = None,
    details: str | None = None,
    status: int | None = None,
    note: dict[str, Any] | None = None,
) -> Answer:
    """An error answer of `code`; its status and title from the table unless given."""
    known = TABLE.get(code, Known(400, "Unknown error"))
    error: dict[str, Any] = {
        "message": message or f"(#{code}) {known.title}",
        "type": "OAuthException",
        "code": code,
    }
    if details is not None:
        error["error_data"] = {"messaging_product": "whatsapp", "details": details}
    error["fbtrace_id"] = "A" + secrets.token_urlsafe(16)
    return Answer(status or known.status, orjson.dumps({"error": error}), note=note or {})


def no_object(object_id: str, method: str = "post") -> Answer:
    """The generic refusal of an id that the token cannot see: code 100, subcode 33."""
    words = (
        f"Unsupported {method} request. Object with ID '{object_id}' does not exist, cannot be"
        " loaded due to missing permissions, or does not support this operation. Please read the"
        " Graph API documentation at https://developers.facebook.com/docs/graph-api"
    )
    error = {
        "message": words,
        "type": "GraphMethodException",
        "code": 100,
        "error_subcode": 33,
        "fbtrace_id": "A" + secrets.token_urlsafe(16),
    }
    return Answer(400, orjson.dumps({"error": error}))


def of_fault(fault: Fault) -> Answer:
    """The answer a fault asks for: by its code, its status, or both."""
    code = int(fault.code) if fault.code is not None else BY_STATUS.get(fault.status or 500, 1)
    return refusal(code, status=fault.status)


def in_status(code: int, details: str | None = None) -> dict[str, Any]:
    """The same as an item of statuses[].errors."""
    title = TABLE.get(code, Known(400, "Unknown error")).title
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details or f"{title}."},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }
