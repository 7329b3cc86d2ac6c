"""Meta's own news: every webhook field but messages, by name (meta (b.6))."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from local.sandbox.graph import webhooks, wire
from local.sandbox.graph.customers import UnknownNumberError
from local.sandbox.graph.inbound.changes import CHANGES
from local.sandbox.graph.inbound.streams import STREAMS
from local.sandbox.graph.messages import Messages
from local.sandbox.room import kinds
from local.sandbox.room.house import House
from local.sandbox.room.kinds import Kind
from local.sandbox.room.letters import Delivery
from local.sandbox.room.setup import PhoneNumber

FIELDS: dict[str, Kind] = {**CHANGES, **STREAMS}


class Change(BaseModel):
    """A change to be told. `fields` of the table; `over` and `without` act on the value."""

    model_config = ConfigDict(extra="forbid")
    phone_number_id: str
    field: str
    fields: dict[str, Any] = {}
    over: dict[str, Any] = {}
    without: list[str] = []
    times: int = 1
    signature: webhooks.Signature = "good"
    wait: bool = False


@dataclass(slots=True)
class Accounts:
    """Tells it."""

    house: House
    messages: Messages

    def tell(self, change: Change) -> tuple[list[str], Delivery]:
        """Send it; answers the ids in it. Raises `UnknownNumberError`, `WrongKindError`."""
        number = self.house.directory.numbers.get(change.phone_number_id)
        if number is None:
            raise UnknownNumberError(f"no phone number {change.phone_number_id!r} in the set-up")
        row, changes, ids = FIELDS.get(change.field), [], []
        for _ in range(change.times):
            value = self._value(number, change)
            ids += [str(echo["id"]) for echo in value.get("message_echoes", [])]
            traits = row.traits if row is not None else frozenset[str]()
            name = "messages" if "messages" in traits else change.field
            changes.append({"value": value, "field": name})
        entry: dict[str, Any] = {"id": number.waba_id, "changes": changes}
        if row is not None and "app level" in row.traits:
            entry["time"] = int(time.time())
        body = wire.encoded({"object": "whatsapp_business_account", "entry": [entry]})
        return ids, self._sent(number, change, body, row)

    def _value(self, number: PhoneNumber, change: Change) -> dict[str, Any]:
        given = dict(change.fields)
        own = FIELDS[change.field].fields if change.field in FIELDS else {}
        if "display_phone_number" in own:
            given.setdefault("display_phone_number", number.display_phone_number)
        filled = kinds.filled(FIELDS, change.field, given, {})
        value = FIELDS[change.field].build(filled)
        if "standard value" in FIELDS[change.field].traits:
            value = {**webhooks.standard(number), **value}
        self._learnt(number, change.field, filled)
        return kinds.removed(kinds.overlaid(value, change.over), change.without)

    def _learnt(self, number: PhoneNumber, field: str, filled: dict[str, Any]) -> None:
        persons, number_id = self.messages.persons, number.phone_number_id
        if field == "user_preferences":
            person = persons.met(number_id, filled["wa_id"], filled["user_id"])
            person.stopped_marketing = filled["value"] == "stop"
        elif field == "user_id_update":
            names = (filled["wa_id"], filled["previous"], filled["current"])
            persons.met(number_id, *(n for n in names if n))

    def _sent(self, number: PhoneNumber, change: Change, body: bytes, row: Kind | None) -> Delivery:
        app, url = webhooks.callback(self.house, number)
        if row is not None and "app level" in row.traits:
            url = app.callback_url
        ids = {"phone_number_id": number.phone_number_id}
        lane = f"{number.phone_number_id}:{change.field}"
        note = {"field": change.field}
        out = webhooks.Outgoing(body, "change", lane, ids, note)
        return self.house.sender.send(webhooks.letter(self.house, app, url, out, change.signature))
