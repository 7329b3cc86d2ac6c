"""What a customer says in a control request, made into items of messages[] and contacts[]."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from local.sandbox.graph import webhooks
from local.sandbox.graph.inbound import table
from local.sandbox.graph.inbound.oddities import NO_CONTACT, NO_SENDER, NO_WINDOW
from local.sandbox.graph.wire import new_wamid
from local.sandbox.room.kinds import overlaid, removed

SPECIAL = frozenset({"reaction", "reaction_removed"})


class Saying(BaseModel):
    """What one customer says: `text`, a `kind` of the table with its `fields`, or a `message`.

    `message`: a full item of messages[]; missing id, from, timestamp and type are filled in.
    `over`: laid over the item of a kind, objects key by key; `without`: dotted paths taken out.
    `user_id`: a business-scoped user id; without `from` it stands alone. `contact`: laid over the
    item of contacts[], or false for none.
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    phone_number_id: str
    customer: str | None = Field(None, alias="from")
    user_id: str | None = None
    parent_user_id: str | None = None
    username: str | None = None
    profile_name: str | None = "Customer"
    contact: dict[str, Any] | Literal[False] = {}
    text: str | None = None
    kind: str | None = None
    fields: dict[str, Any] = {}
    over: dict[str, Any] = {}
    without: list[str] = []
    message: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _something(self) -> Saying:
        if self.kind is None and (self.text is None) == (self.message is None):
            raise ValueError("give either `text` or `message`, or a `kind`")
        if self.kind is not None and (self.text is not None or self.message is not None):
            raise ValueError("with a `kind` its words are a field; use `over` to change the item")
        if self.customer is None and self.user_id is None and "from" not in (self.message or {}):
            raise ValueError("give `from` or `user_id`")
        return self

    @property
    def who(self) -> str:
        """The customer's id in the ledger."""
        return str(self.customer or self.user_id or (self.message or {}).get("from"))

    @property
    def traits(self) -> frozenset[str]:
        """What is true of its kind."""
        row = table.KINDS.get(self.kind or "text")
        return frozenset() if row is None else row.traits

    def item(self, filled: dict[str, Any], now: str) -> dict[str, Any]:
        """The item of messages[]; `filled`: the kind's fields; `now`: Meta's time."""
        item: dict[str, Any] = {}
        if NO_SENDER not in self.traits:
            item = {"from": self.customer} if self.customer is not None else {}
            if self.user_id is not None:
                item["from_user_id"] = self.user_id
            if self.parent_user_id is not None:
                item["from_parent_user_id"] = self.parent_user_id
        made_id, at = filled.get("wamid") or new_wamid(), filled.get("timestamp") or now
        item |= {"id": made_id, "timestamp": at, "type": "text"}
        if self.kind is None:
            return item | (self.message or {"text": {"body": self.text}})
        item = overlaid(item | table.item(self.kind, filled), self.over)
        return removed(item, self.without)

    def person(self) -> dict[str, Any] | None:
        """The item of contacts[]; None when there is none."""
        if self.contact is False or NO_CONTACT in self.traits:
            return None
        contact: dict[str, Any] = {}
        if self.profile_name is not None:
            contact["profile"] = {"name": self.profile_name}
        if self.username is not None:
            contact.setdefault("profile", {})["username"] = self.username
        names = {"wa_id": self.customer, "user_id": self.user_id}
        names["parent_user_id"] = self.parent_user_id
        contact |= {name: value for name, value in names.items() if value is not None}
        return overlaid(contact, self.contact)

    def opens(self, *, reactions: bool) -> bool:
        """Tell whether it opens the 24 hours; `reactions`: whether one does."""
        if self.kind is not None:
            return reactions if self.kind in SPECIAL else NO_WINDOW not in self.traits
        kind = (self.message or {}).get("type", "text")
        return reactions if kind == "reaction" else kind != "system"


class Said(Saying):
    """One saying, or several in one POST.

    `batch` follows the first, laid out in one value (same number), a change or an entry each.
    `times`: the whole is said so often, in the same POST.
    """

    batch: list[Saying] = []
    times: int = Field(1, ge=1, le=1000)
    layout: Literal["items", "changes", "entries"] = "items"
    value: dict[str, Any] = Field({}, description="laid over the (first) value: statuses, errors")
    signature: webhooks.Signature = "good"
    wait: bool = Field(False, description="answer when the webhook was delivered or given up")


class Tap(BaseModel):
    """The customer taps an option of a message it got: by title, row id, button id or payload.

    `context` false leaves the quote out, as some of Meta's webhooks do. `fields` lie over those of
    the kind that the tap becomes (`response` of a flow, `text` of a quick reply).
    """

    model_config = ConfigDict(extra="forbid")
    message_id: str
    option: str | None = None
    context: bool = True
    fields: dict[str, Any] = {}
    signature: webhooks.Signature = "good"
    wait: bool = False
