"""Structured messages by kind: quick replies, cards, pickers, and what else the enum names (c3)."""

from __future__ import annotations

from typing import Any

from local.sandbox.room.kinds import Body, Kind, present

BOT = frozenset({"bot"})


def structured(content: list[Body], text: str | None = None) -> Body:
    """A body of type Structured."""
    head = {"type": "Structured", "direction": "Outbound"}
    return {**head, **present(text=text), "content": content}


def _reply(given: str | Body) -> Body:
    if isinstance(given, dict):
        return {"action": "Message", **given}
    return {"text": given, "payload": given.lower().replace(" ", "_"), "action": "Message"}


def _quick_replies(f: Body) -> Body:
    parts = [{"contentType": "QuickReply", "quickReply": _reply(r)} for r in f["replies"]]
    return structured(parts, f["text"])


def _quick_reply_v2(f: Body) -> Body:
    part = {"title": f["title"], "actions": [_reply(r) for r in f["replies"]]}
    return structured([{"contentType": "QuickReplyV2", "quickReplyV2": part}], f["text"])


def _card_part(f: Body) -> Body:
    names = ("title", "description", "image", "video")
    told = present(**{n: f.get(n) for n in names}, defaultAction=f.get("default_action"))
    return {**told, "actions": f["actions"]}


def _card(f: Body) -> Body:
    return structured([{"contentType": "Card", "card": _card_part(f)}], f["text"])


def _carousel(f: Body) -> Body:
    part = {"cards": [_card_part(card) for card in f["cards"]]}
    return structured([{"contentType": "Carousel", "carousel": part}], f["text"])


def _date_picker(f: Body) -> Body:
    times = [t if isinstance(t, dict) else {"dateTime": t, "duration": 1800} for t in f["times"]]
    part = present(
        title=f["title"],
        subtitle=f["subtitle"],
        imageUrl=f["image"],
        dateMinimum=f["minimum"],
        dateMaximum=f["maximum"],
        location=f["location"],
    )
    part["availableTimes"] = times
    return structured([{"contentType": "DatePicker", "datePicker": part}], f["text"])


def _list_picker(f: Body) -> Body:
    part = {"sections": f["sections"]}
    return structured([{"contentType": "ListPicker", "listPicker": part}], f["text"])


def _other(f: Body) -> Body:
    name = f["content_type"]
    key = f["key"] or name[:1].lower() + name[1:]
    return structured([{"contentType": name, key: f["part"]}], f["text"])


def other(name: str, part: Any) -> Kind:
    """Content of the cross-channel enum, of which no sample of Open is known (UNSURE)."""
    fields = {"text": None, "content_type": name, "key": None, "part": part}
    return Kind(f"content {name} (unsure that it occurs)", fields, _other, None, BOT)


POSTBACK: Body = {"type": "Postback", "text": "Choose", "payload": "choose_tea"}
LINK: Body = {"type": "Link", "text": "Read more", "url": "https://shop.example/tea"}
TEA: Body = {"title": "Green tea", "description": "500 g, loose", "actions": [POSTBACK, LINK]}
POT: Body = {
    "title": "Tea pot",
    "description": "Glass, 1 litre",
    "actions": [{"type": "Postback", "text": "Choose", "payload": "choose_pot"}],
}
SECTIONS: list[Any] = [
    {
        "title": "Teas",
        "multipleSelection": False,
        "items": [
            {"id": "green", "title": "Green tea", "subtitle": "loose"},
            {"id": "black", "title": "Black tea", "subtitle": "in bags"},
        ],
    }
]

STRUCTURED: dict[str, Kind] = {
    "quick_replies": Kind(
        "a question with buttons (`replies`: words, or text and payload)",
        {"text": "Shall I book it?", "replies": ["Yes", "No", "Call me"]},
        _quick_replies,
        None,
        BOT,
    ),
    "quick_reply_v2": Kind(
        "the newer form of quick replies",
        {"text": None, "title": "Shall I book it?", "replies": ["Yes", "No"]},
        _quick_reply_v2,
        None,
        BOT,
    ),
    "card": Kind(
        "a card",
        {"text": None, **TEA, "image": None, "video": None, "default_action": None},
        _card,
        None,
        BOT,
    ),
    "carousel": Kind(
        "cards side by side", {"text": None, "cards": [TEA, POT]}, _carousel, None, BOT
    ),
    "date_picker": Kind(
        "times to choose from",
        {
            "text": None,
            "title": "When shall we call?",
            "subtitle": "Half an hour each",
            "image": None,
            "minimum": None,
            "maximum": None,
            "location": None,
            "times": ["2026-12-01T09:00:00Z", "2026-12-01T10:30:00Z", "2026-12-02T09:00:00Z"],
        },
        _date_picker,
        None,
        BOT,
    ),
    "list_picker": Kind(
        "sections of items", {"text": "Which one?", "sections": SECTIONS}, _list_picker, None, BOT
    ),
    "location": other("Location", {"latitude": 52.517, "longitude": 13.389, "text": "Here"}),
    "story": other("Story", {"type": "Mention", "url": "https://story.example/1"}),
    "reactions": other("Reactions", [{"reactionType": "Like", "count": 1}]),
    "mention": other("Mention", {"name": "Ana", "id": "u1"}),
    "text_content": other("Text", {"body": "Words within content", "type": "Text"}),
    "form": other("Form", {"response": [], "introduction": {"title": "Your data"}}),
    "interactive_application": other("InteractiveApplication", {"id": "app-1"}),
    "payment_request": other("PaymentRequest", {"amount": "12.50", "currency": "EUR"}),
    "push": other("Push", {"title": "News"}),
    "roadside_assistance": other("RoadsideAssistance", {"type": "Roadside"}),
    "rich_link": other("RichLink", {"title": "Our shop", "url": "https://shop.example"}),
    "notification_response": other("NotificationResponse", {"text": "ok"}),
    "unknown": other("Hologram", {"depth": 3}),
}
