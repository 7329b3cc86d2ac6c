"""Messages by kind: what is no plain message, and what is broken (meta (b.1), (b.2))."""

from __future__ import annotations

from typing import Any

from local.sandbox.graph.inbound.messages import BUSINESS_NEVER_SENT, media
from local.sandbox.room.kinds import Body, Kind, present

NO_CONTACT, NO_SENDER, NO_WINDOW = "no contact", "no sender", "no window"


def _error(code: int, title: str, details: str) -> Body:
    return {"code": code, "title": title, "message": title, "error_data": {"details": details}}


def _number_changed(f: Body) -> Body:
    body = f["body"] or f"User A changed from {f['old']} to {f['new_wa_id']}"
    if f["shape"] == "older":
        part = {"body": body, "new_wa_id": f["new_wa_id"], "type": "customer_changed_number"}
    else:
        part = {"body": body, "wa_id": f["new_wa_id"], "type": "user_changed_number"}
    return {"type": "system", "system": part}


def _user_id_changed(f: Body) -> Body:
    old, new = f["old_user_id"], f["new_user_id"]
    part = present(
        body=f["body"] or f"User A changed from {old} to {new}",
        user_id=new,
        parent_user_id=f["new_parent_user_id"],
        previous_user_id=f["previous_user_id"],
        type="user_changed_user_id",
    )
    return {"type": "system", "system": part}


def _identity_changed(f: Body) -> Body:
    part = {"type": "customer_identity_changed", "body": f["body"]}
    names = ("acknowledged", "created_timestamp", "hash")
    return {"type": "system", "system": part, "identity": {name: f[name] for name in names}}


def _unsupported(f: Body) -> Body:
    item: Body = {
        "type": "unsupported",
        "errors": [_error(f["code"], f["title"], f["details"])],
    }
    return item if f["of_type"] is None else {**item, "unsupported": {"type": f["of_type"]}}


def _unknown(f: Body) -> Body:
    error = {"code": f["code"], "details": f["details"], "title": f["title"]}
    return {"type": "unknown", "errors": [error]}


def _edit(f: Body) -> Body:
    inner = f["inner"] or {"type": "text", "text": {"body": f["text"]}}
    return {"type": "edit", "edit": {"original_message_id": f["message_id"], "message": inner}}


def _revoke(f: Body) -> Body:
    return {"type": "revoke", "revoke": {"original_message_id": f["message_id"]}}


def _media_error(f: Body) -> Body:
    error = _error(
        f["code"], "Media download failed", "Failed to download the media: ServerThrottle"
    )
    return media("image", f) | {"errors": [error]}


def _new_type(f: Body) -> Body:
    return {"type": f["type"], f["type"]: f["content"]}


def kind(words: str, fields: Body, build: Any, *traits: str, mime: str | None = None) -> Kind:
    """A row of this table."""
    return Kind(words, fields, build, mime, frozenset(traits))


ODDITIES: dict[str, Kind] = {
    "number_changed": kind(
        "the customer has a new number (shape 2026 or older)",
        {"new_wa_id": "12195550012", "old": "their number", "body": None, "shape": "2026"},
        _number_changed,
        NO_CONTACT,
        NO_WINDOW,
    ),
    "user_id_changed": kind(
        "the customer has a new business-scoped id; no `from` at all",
        {
            "old_user_id": "US.13491208655302741918",
            "new_user_id": "US.55551208655302740000",
            "new_parent_user_id": None,
            "previous_user_id": None,
            "body": None,
        },
        _user_id_changed,
        NO_CONTACT,
        NO_SENDER,
        NO_WINDOW,
    ),
    "identity_changed": kind(
        "the customer's keys are new",
        {
            "body": "User A's security code changed",
            "acknowledged": False,
            "created_timestamp": "1795434357",
            "hash": "LnAFqD7UjWE=",
        },
        _identity_changed,
        NO_WINDOW,
    ),
    "request_welcome": kind(
        "the customer opened the chat for the first time",
        {},
        lambda _f: {"type": "request_welcome"},
    ),
    "unsupported": kind(
        "something that WhatsApp does not hand over",
        {
            "code": 131051,
            "title": "Message type unknown",
            "details": "Message type is currently not supported.",
            "of_type": "poll_creation",
        },
        _unsupported,
    ),
    "unavailable": kind(
        "a message that is not there (131060)",
        {
            "code": 131060,
            "title": "This message is currently unavailable.",
            "details": "This message is currently unavailable.",
            "of_type": None,
        },
        _unsupported,
    ),
    "unknown": kind(
        "the older form of unsupported",
        {
            "code": 501,
            "title": "Unknown message type",
            "details": "Message type is not currently supported",
        },
        _unknown,
    ),
    "edit": kind(
        "the customer changed a message (coexistence)",
        {"message_id": BUSINESS_NEVER_SENT, "text": "I meant Tuesday", "inner": None},
        _edit,
        NO_WINDOW,
    ),
    "revoke": kind(
        "the customer deleted a message (coexistence)",
        {"message_id": BUSINESS_NEVER_SENT},
        _revoke,
        NO_WINDOW,
    ),
    "media_error": kind(
        "a picture that Meta could not load; its id is no use",
        {"code": 400},
        _media_error,
        "no file",
        mime="image/jpeg",
    ),
    "interactive_empty": kind(
        "an interactive message without its object, and errors beside it",
        {},
        lambda _f: {"type": "interactive"},
        "value errors",
    ),
    "new_type": kind(
        "a type that nobody told us of",
        {"type": "hologram", "content": {"id": "holo-1", "depth": 3}},
        _new_type,
    ),
}
