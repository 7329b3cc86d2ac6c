"""Messages of customers by kind: words, places, people, files, taps (meta (b.1))."""

from __future__ import annotations

import json
from typing import Any

from local.sandbox.room.kinds import Body, Kind, present

BUSINESS_NEVER_SENT = "wamid.HBgLNDE1MTIzNDU2NzgVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA"


def _text(f: Body) -> Body:
    return {"type": "text", "text": {"body": f["text"]}}


def media(name: str, f: Body, **more: Any) -> Body:
    """An item with a media object under `name`; `f["media"]` is what the store told of it."""
    told = present(**f["media"])
    return {"type": name, name: {**told, **present(**more)}}


def _location(f: Body) -> Body:
    names = ("latitude", "longitude", "name", "address", "url")
    return {"type": "location", "location": present(**{n: f[n] for n in names})}


def _contacts(f: Body) -> Body:
    if f["contacts"] is not None:
        return {"type": "contacts", "contacts": f["contacts"]}
    name = present(formatted_name=f["name"], first_name=f["first_name"], last_name=f["last_name"])
    phone = present(phone=f["phone"], wa_id=f["phone_wa_id"], type="CELL")
    card: Body = {"name": name, "phones": [phone]}
    if f["email"] is not None:
        card["emails"] = [{"email": f["email"], "type": "WORK"}]
    if f["company"] is not None:
        card["org"] = {"company": f["company"]}
    card |= present(vcard=f["vcard"], origin=f["origin"])
    return {"type": "contacts", "contacts": [card]}


def _interactive(kind: str, part: Body) -> Body:
    return {"type": "interactive", "interactive": {"type": kind, kind: part}}


def _button_reply(f: Body) -> Body:
    return _interactive("button_reply", {"id": f["id"], "title": f["title"]})


def _list_reply(f: Body) -> Body:
    part = present(id=f["id"], title=f["title"], description=f["description"])
    return _interactive("list_reply", part)


def _form(f: Body) -> Body:
    text = f["response_json"]
    if text is None and f["response"] is not None:
        text = json.dumps(f["response"], ensure_ascii=False)
    return _interactive("nfm_reply", present(name=f["name"], body=f["body"], response_json=text))


def _call_permission(f: Body) -> Body:
    names = ("response", "is_permanent", "expiration_timestamp", "response_source")
    return _interactive("call_permission_reply", present(**{n: f[n] for n in names}))


def _button(f: Body) -> Body:
    return {"type": "button", "button": present(text=f["text"], payload=f["payload"])}


def _order(f: Body) -> Body:
    names = ("catalog_id", "text", "product_items")
    return {"type": "order", "order": present(**{n: f[n] for n in names})}


def _reaction(f: Body) -> Body:
    part = present(message_id=f["message_id"], emoji=f["emoji"])
    return {"type": "reaction", "reaction": part}


ADDRESS: Body = {
    "saved_address_id": "address1",
    "values": {
        "in_pin_code": "400063",
        "house_number": "12",
        "address": "Wing A, Marine Drive",
        "city": "Mumbai",
        "name": "Asha Rao",
        "phone_number": "+919876543210",
    },
}
FLOW: Body = {"flow_token": "order-8812", "rating": "5", "comment": "Quick and kind", "again": True}
ITEMS: list[Body] = [
    {"product_retailer_id": "tea-500", "quantity": 2, "item_price": 12.5, "currency": "EUR"},
    {"product_retailer_id": "pot-1", "quantity": 1, "item_price": 39, "currency": "EUR"},
]
AD: Body = {
    "source_url": "https://fb.me/3cr4Wqqkv",
    "source_id": "120226305854810726",
    "source_type": "ad",
    "headline": "Autumn tea",
    "body": "Chat with us",
    "media_type": "image",
    "image_url": "https://scontent.example/ad.jpg",
    "ctwa_clid": "Aff-n8ZTODiE79d22KtAwQKj9e",
}
PRODUCT: Body = {"catalog_id": "194836987003835", "product_retailer_id": "tea-500"}
FORM: Body = {"response_json": None, "body": "Sent"}
TEMPLATE = frozenset({"template"})
NO_WINDOW = frozenset({"reaction"})

MESSAGES: dict[str, Kind] = {
    "text": Kind("words", {"text": "Hello"}, _text),
    "image": Kind(
        "a picture",
        {"caption": None},
        lambda f: media("image", f, caption=f["caption"]),
        "image/jpeg",
    ),
    "video": Kind(
        "a film", {"caption": None}, lambda f: media("video", f, caption=f["caption"]), "video/mp4"
    ),
    "audio": Kind("a sound file", {}, lambda f: media("audio", f, voice=False), "audio/mpeg"),
    "voice": Kind(
        "a voice note", {}, lambda f: media("audio", f, voice=True), "audio/ogg; codecs=opus"
    ),
    "legacy_voice": Kind(
        "a voice note in its older shape", {}, lambda f: media("voice", f), "audio/ogg; codecs=opus"
    ),
    "document": Kind(
        "a file, with its name",
        {"caption": None, "filename": "Currículum café.pdf"},
        lambda f: media("document", f, filename=f["filename"], caption=f["caption"]),
        "application/pdf",
    ),
    "sticker": Kind(
        "a sticker", {}, lambda f: media("sticker", f, animated=f["animated"]), "image/webp"
    ),
    "location": Kind(
        "a place",
        {
            "latitude": 52.5170365,
            "longitude": 13.3888599,
            "name": "Café Einstein",
            "address": "Unter den Linden 42, Berlin",
            "url": None,
        },
        _location,
    ),
    "pin": Kind(
        "a place without a name",
        {"latitude": 0, "longitude": -0.1275, "name": None, "address": None, "url": None},
        _location,
    ),
    "contacts": Kind(
        "a contact card",
        {
            "name": "Ana Souza",
            "first_name": "Ana",
            "last_name": "Souza",
            "phone": "+55 11 98765-4321",
            "phone_wa_id": "5511987654321",
            "email": "ana@example.com",
            "company": "Souza Ltda",
            "vcard": None,
            "origin": None,
            "contacts": None,
        },
        _contacts,
    ),
    "button_reply": Kind("a tap on a reply button", {"id": "yes", "title": "Yes"}, _button_reply),
    "list_reply": Kind(
        "a tap on a row of a list",
        {"id": "row-1", "title": "Tomorrow", "description": "9 to 12"},
        _list_reply,
    ),
    "button": Kind(
        "a tap on a template's button",
        {"text": "Confirm", "payload": "CONFIRM"},
        _button,
        None,
        TEMPLATE,
    ),
    "flow": Kind("an answered flow", {"response": FLOW, "name": "flow", **FORM}, _form),
    "address": Kind("an address", {"response": ADDRESS, "name": "address_message", **FORM}, _form),
    "call_permission_reply": Kind(
        "may the business call",
        {
            "response": "accept",
            "is_permanent": False,
            "expiration_timestamp": 1795600000,
            "response_source": "user_action",
        },
        _call_permission,
    ),
    "order": Kind(
        "a cart of the catalog",
        {"catalog_id": "194836987003835", "text": "Gift wrap, please", "product_items": ITEMS},
        _order,
    ),
    "reaction": Kind(
        "an emoji at a message",
        {"message_id": BUSINESS_NEVER_SENT, "emoji": "👍"},
        _reaction,
        None,
        NO_WINDOW,
    ),
    "reaction_removed": Kind(
        'a reaction taken back (emoji "", or None for no key)',
        {"message_id": BUSINESS_NEVER_SENT, "emoji": ""},
        _reaction,
        None,
        NO_WINDOW,
    ),
    "reply": Kind(
        "words that quote a message",
        {"text": "Yes, that one", "reply_to": BUSINESS_NEVER_SENT},
        _text,
    ),
    "forward": Kind("forwarded words", {"text": "Look at this", "forwarded": True}, _text),
    "frequent_forward": Kind(
        "words forwarded often", {"text": "Look at this", "frequently_forwarded": True}, _text
    ),
    "product_reply": Kind(
        "a question about a product",
        {"text": "Is it in stock?", "referred_product": PRODUCT},
        _text,
    ),
    "referral": Kind(
        "the first words after a click on an ad",
        {"text": "I saw your ad", "referral": AD},
        _text,
    ),
    "group_message": Kind(
        "words in a group",
        {
            "text": "Hello, all",
            "group_id": "Y2FwaV9ncm91cDoxNzA1NTU1MDEzOToxMjAzNjM0MDQ2OTQyMzM4MjAZD",
        },
        _text,
    ),
}
