"""Customers who tap an option of what they got: the reply that it becomes (meta (b.1))."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from local.sandbox.graph.messages import Messages
from local.sandbox.graph.sayings import Said, Tap
from local.sandbox.room.house import House
from local.sandbox.room.ledger import Entry

Reply = tuple[str, dict[str, Any]]


class NoOptionError(Exception):
    """There is no such message, or no such option at it; the words name those that are."""


@dataclass(slots=True)
class Option:
    """What can be tapped: the words it is found by, and what comes of it."""

    names: tuple[str, ...]
    reply: Reply


def _buttons(interactive: dict[str, Any]) -> Iterator[Option]:
    for button in interactive["action"]["buttons"]:
        reply = button["reply"]
        names = (reply["title"], reply["id"])
        yield Option(names, ("button_reply", {"id": reply["id"], "title": reply["title"]}))


def _rows(interactive: dict[str, Any]) -> Iterator[Option]:
    for section in interactive["action"]["sections"]:
        for row in section["rows"]:
            fields = {"id": row["id"], "title": row["title"]}
            fields["description"] = row.get("description")
            yield Option((row["title"], row["id"]), ("list_reply", fields))


def _cards(interactive: dict[str, Any]) -> Iterator[Option]:
    for card in interactive["action"]["cards"]:
        for button in card.get("action", {}).get("buttons", []):
            reply = button.get("quick_reply") or button.get("reply")
            if reply is not None:
                fields = {"id": reply["id"], "title": reply["title"]}
                yield Option((reply["title"], reply["id"]), ("button_reply", fields))


def _products(interactive: dict[str, Any]) -> Iterator[Option]:
    action = interactive["action"]
    sections = action.get("sections", [{"product_items": [action]}])
    for name in [i["product_retailer_id"] for s in sections for i in s["product_items"]]:
        item = {"product_retailer_id": name, "quantity": 1, "item_price": 10, "currency": "EUR"}
        fields = {"catalog_id": action["catalog_id"], "text": None, "product_items": [item]}
        yield Option((name,), ("order", fields))


def _flow(interactive: dict[str, Any]) -> Iterator[Option]:
    parameters = interactive["action"]["parameters"]
    token = parameters.get("flow_token")
    response = {"flow_token": token} if token is not None else {}
    yield Option((parameters["flow_cta"],), ("flow", {"response": response}))


def _one(kind: str, **fields: Any) -> Callable[[dict[str, Any]], Iterator[Option]]:
    return lambda _interactive: iter([Option((kind,), (kind, fields))])


INTERACTIVE: dict[str, Callable[[dict[str, Any]], Iterator[Option]]] = {
    "button": _buttons,
    "list": _rows,
    "carousel": _cards,
    "flow": _flow,
    "product": _products,
    "product_list": _products,
    "catalog_message": _one("order"),
    "location_request_message": _one("pin"),
    "request_contact_info": _one("contacts", origin="contact_request"),
    "contact_request": _one("contacts", origin="contact_request"),
    "call_permission_request": _one("call_permission_reply"),
    "address_message": _one("address"),
}


@dataclass(slots=True)
class Taps:
    """Finds what was tapped, and says it."""

    house: House
    messages: Messages

    def said(self, tap: Tap) -> Said:
        """The saying that the tap becomes; raises `NoOptionError`."""
        entry = self.house.ledger.find("whatsapp", tap.message_id)
        number = self.house.directory.numbers.get(entry.thread.line) if entry is not None else None
        if entry is None or number is None or entry.direction != "got":
            raise NoOptionError(f"no customer got a message {tap.message_id!r}")
        kind, fields = self._chosen(entry, tap)
        if tap.context:
            quote = {"reply_to": entry.id, "reply_from": number.display_phone_number}
            fields = {**fields, **quote}
        person = self.messages.persons.find(entry.thread.line, entry.thread.customer)
        user_id = None if person is None else person.user_id
        wa_id = entry.thread.customer if person is None else person.wa_id
        return Said(
            phone_number_id=entry.thread.line,
            customer=wa_id,
            user_id=user_id,
            kind=kind,
            fields={**fields, **tap.fields},
            signature=tap.signature,
            wait=tap.wait,
        )

    def _chosen(self, entry: Entry, tap: Tap) -> Reply:
        options = self._options(entry)
        named = [o for o in options if tap.option in o.names or tap.option is None]
        if not named or (tap.option is None and len(options) > 1):
            there = ", ".join(repr(o.names[0]) for o in options) or "none"
            raise NoOptionError(f"no option {tap.option!r} at this message; there are: {there}")
        kind, fields = named[0].reply
        return kind, dict(fields)

    def _options(self, entry: Entry) -> list[Option]:
        content = entry.extra.get("content")
        if entry.type == "interactive" and content is not None:
            found = INTERACTIVE.get(content["type"])
            return [] if found is None else list(found(content))
        if entry.type == "template" and content is not None:
            return list(self._quick_replies(entry, content))
        return []

    def _quick_replies(self, entry: Entry, template: dict[str, Any]) -> Iterator[Option]:
        number = self.house.directory.numbers[entry.thread.line]
        key = (number.waba_id, template["name"], template["language"]["code"])
        known = self.house.directory.templates.get(key)
        payloads = {
            int(c.get("index", 0)): c["parameters"][0]["payload"]
            for c in template.get("components", [])
            if c.get("sub_type", "").lower() == "quick_reply" and c.get("parameters")
        }
        for index, button in enumerate(known.buttons if known is not None else []):
            if button.type == "quick_reply":
                payload = payloads.get(index, button.text)
                fields = {"text": button.text, "payload": payload}
                yield Option((button.text, payload), ("button", fields))
