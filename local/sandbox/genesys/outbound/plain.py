"""Agents' messages by kind: words, files, signs, receipts (genesys (c3))."""

from __future__ import annotations

from typing import Any

from local.sandbox.room.kinds import Body, Kind, present

OUT: Body = {"direction": "Outbound"}
SIGN = frozenset({"no message"})


def text(f: Body) -> Body:
    """Plain words."""
    return {"type": "Text", **OUT, "text": f["text"]}


def _attachment(f: Body) -> Body:
    part = {"contentType": "Attachment", "attachment": f["attachment"]}
    content = [part, *[{"contentType": "Attachment", "attachment": a} for a in f["more"]]]
    return {"type": "Text", **OUT, **present(text=f["text"]), "content": content}


def _notification(f: Body) -> Body:
    body = {"text": f["body"] or f["text"], "parameters": f["parameters"]}
    template = present(
        id=f["template_id"],
        language=f["language"],
        header=f["header"],
        body=body,
        buttons=f["buttons"],
        footer=None if f["footer"] is None else {"text": f["footer"]},
    )
    content = [{"contentType": "Notification", "template": template}]
    return {"type": "Structured", **OUT, **present(text=f["text"]), "content": content}


def _typing(f: Body) -> Body:
    typing = {"type": f["type"], "duration": f["duration"]}
    return {"type": "Event", **OUT, "events": [{"eventType": "Typing", "typing": typing}]}


def _presence(f: Body) -> Body:
    event = {"eventType": "Presence", "presence": {"type": f["type"]}}
    return {"type": "Event", **OUT, "events": [event]}


def _event(f: Body) -> Body:
    return {"type": "Event", **OUT, "events": f["events"]}


def _receipt(f: Body) -> Body:
    told: Body = {"type": "Receipt", "direction": f["direction"], "status": f["status"]}
    return {**told, "reasons": f["reasons"], "isFinalReceipt": f["final"]}


def _over(f: Body) -> Body:
    return {"type": "Text", **OUT, "originatingEntity": "Human", **present(text=f["text"])}


REASONS: list[Any] = [{"code": "GeneralError", "message": "Could not be shown"}]
NAMES: list[Any] = [{"name": "1", "text": "Ana"}, {"name": "2", "text": "8812"}]

PLAIN: dict[str, Kind] = {
    "message": Kind("words, or a body of your own (`message`)", {"text": None}, _over),
    "text": Kind("words", {"text": "Hello, how can I help?"}, text),
    "attachment": Kind(
        "a file; `count` of them in one body, `text` beside it, `caption` at it",
        {
            "text": None,
            "caption": None,
            "filename": "picture.png",
            "media_type": None,
            "url": None,
            "count": 1,
            "auth": None,
            "redirect": None,
            "with_size": True,
            "with_sha256": False,
        },
        _attachment,
        "image/png",
    ),
    "notification": Kind(
        "a template response",
        {
            "text": "Hello Ana, your order 8812 is on its way.",
            "template_id": None,
            "language": None,
            "header": None,
            "body": None,
            "parameters": NAMES,
            "buttons": None,
            "footer": None,
        },
        _notification,
    ),
    "canned_response": Kind(
        "a canned response",
        {
            "text": "We are open from 9 to 17.",
            "template_id": "cannedresponse@9b1c6c1e-6f0e-4f6c-8d70-0d0d5a1b2c3d",
            "language": "en",
            "header": None,
            "body": None,
            "parameters": [],
            "buttons": None,
            "footer": None,
        },
        _notification,
    ),
    "typing": Kind("the agent is typing", {"type": "On", "duration": 5000}, _typing, None, SIGN),
    "presence": Kind("somebody joined, left, cleared", {"type": "Join"}, _presence, None, SIGN),
    "event": Kind(
        "events of your own",
        {"events": [{"eventType": "CoBrowse", "coBrowse": {"type": "Offering"}}]},
        _event,
        None,
        SIGN,
    ),
    "receipt": Kind(
        "what became of a message that came in (`message_id`)",
        {"status": "Published", "reasons": [], "final": True, "direction": "Inbound"},
        _receipt,
        None,
        SIGN,
    ),
    "failed_receipt": Kind(
        "a message that came in could not be shown",
        {"status": "Failed", "reasons": REASONS, "final": True, "direction": "Inbound"},
        _receipt,
        None,
        SIGN,
    ),
    "empty": Kind("neither words nor content", {}, lambda _f: {"type": "Text", **OUT}),
}
