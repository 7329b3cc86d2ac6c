"""Customers who write: from a few words to a full webhook body (meta (b))."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from local.sandbox.graph import webhooks, wire
from local.sandbox.graph.messages import Messages, new_wamid
from local.sandbox.room.clock import unix_text
from local.sandbox.room.house import House
from local.sandbox.room.letters import Delivery
from local.sandbox.room.setup import PhoneNumber


class Saying(BaseModel):
    """What one customer says.

    `message`: a full item of messages[]; missing id, from, timestamp and type are filled in.
    `user_id`: a business-scoped user id; without `from` it stands alone.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    phone_number_id: str
    customer: str | None = Field(None, alias="from")
    user_id: str | None = None
    text: str | None = None
    message: dict[str, Any] | None = None
    profile_name: str | None = "Customer"

    @model_validator(mode="after")
    def _something(self) -> Saying:
        if (self.text is None) == (self.message is None):
            raise ValueError("give either `text` or `message`")
        if self.customer is None and self.user_id is None and "from" not in (self.message or {}):
            raise ValueError("give `from` or `user_id`")
        return self

    @property
    def who(self) -> str:
        """The customer's id in the ledger."""
        return str(self.customer or self.user_id or (self.message or {}).get("from"))

    def item(self) -> dict[str, Any]:
        """The item of messages[]."""
        item: dict[str, Any] = {"from": self.customer} if self.customer is not None else {}
        if self.user_id is not None:
            item["from_user_id"] = self.user_id
        item |= {"id": new_wamid(), "timestamp": unix_text(), "type": "text"}
        return item | (self.message or {"text": {"body": self.text}})

    def contact(self) -> dict[str, Any]:
        """The item of contacts[]."""
        contact: dict[str, Any] = {}
        if self.profile_name is not None:
            contact["profile"] = {"name": self.profile_name}
        if self.customer is not None:
            contact["wa_id"] = self.customer
        if self.user_id is not None:
            contact["user_id"] = self.user_id
        return contact


class Said(Saying):
    """One saying, or several in one POST.

    `batch` follows the first, laid out in one value (same number), a change or an entry each.
    """

    batch: list[Saying] = []
    layout: Literal["items", "changes", "entries"] = "items"
    signature: webhooks.Signature = "good"
    wait: bool = Field(False, description="answer when the webhook was delivered or given up")


class UnknownNumberError(Exception):
    """The phone number id is not in the set-up."""


def say(house: House, messages: Messages, said: Said) -> tuple[list[str], Delivery]:
    """Send what customers say as one webhook; answers the wamids and the delivery."""
    parts: list[tuple[PhoneNumber, dict[str, Any]]] = []
    ids = []
    for saying in [said, *said.batch]:
        number = house.directory.numbers.get(saying.phone_number_id)
        if number is None:
            raise UnknownNumberError(f"no phone number {saying.phone_number_id!r} in the set-up")
        item = saying.item()
        ids.append(str(item.get("id")))
        _noted(house, messages, saying, item)
        contact = saying.contact()
        if said.layout == "items" and parts and parts[-1][0] is number:
            parts[-1][1]["messages"].append(item)
            if contact not in parts[-1][1]["contacts"]:
                parts[-1][1]["contacts"].append(contact)
        else:
            parts.append((number, {"contacts": [contact], "messages": [item]}))
    body = wire.encoded(webhooks.envelope(parts, entries=said.layout == "entries"))
    app, url = webhooks.callback(house, parts[0][0])
    out = webhooks.Outgoing(
        body,
        "message",
        f"{said.phone_number_id}:{said.who}",
        {"phone_number_id": said.phone_number_id, "customer": said.who},
        {"ids": ids},
    )
    return ids, house.sender.send(webhooks.letter(house, app, url, out, said.signature))


def _noted(house: House, messages: Messages, saying: Saying, item: dict[str, Any]) -> None:
    kind = str(item.get("type"))
    part = item.get(kind)
    text = part.get("body") if isinstance(part, dict) else None
    wamid = str(item.get("id"))
    message = {"id": wamid, "type": kind, "text": text}
    house.ledger.add(("whatsapp", saying.phone_number_id, saying.who), "written", message)
    messages.customer_wrote(saying.phone_number_id, saying.who, wamid)
