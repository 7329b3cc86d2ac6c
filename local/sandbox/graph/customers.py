"""Customers who write: from a few words or a kind to a full webhook body (meta (b))."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from local.sandbox.graph import webhooks, wire
from local.sandbox.graph.errors import in_status
from local.sandbox.graph.inbound import table
from local.sandbox.graph.media import MediaRoom
from local.sandbox.graph.messages import Messages
from local.sandbox.graph.sayings import Said, Saying
from local.sandbox.room.clock import now, unix_text
from local.sandbox.room.files import File, Recipe, made
from local.sandbox.room.house import House
from local.sandbox.room.kinds import FILE_FIELDS, WrongKindError, overlaid
from local.sandbox.room.letters import Delivery
from local.sandbox.room.setup import PhoneNumber

Part = tuple[PhoneNumber, dict[str, Any]]
RECIPE = ("mime", "size", "seed", "base64", "animated")


class UnknownNumberError(Exception):
    """The phone number id is not in the set-up."""


@dataclass(slots=True)
class Ready:
    """A saying with its fields filled and its file made."""

    saying: Saying
    number: PhoneNumber
    fields: dict[str, Any]
    file: File | None = None


@dataclass(slots=True)
class Outcome:
    """What was said: the wamids, the files, the delivery."""

    ids: list[str]
    files: list[dict[str, Any]]
    delivery: Delivery


@dataclass(slots=True)
class Customers:
    """Says what customers say."""

    house: House
    messages: Messages
    media: MediaRoom

    async def say(self, said: Said, host: str) -> Outcome:
        """Send it as one webhook. Raises `UnknownNumberError`, `WrongKindError`."""
        sayings = [s for s in [said, *said.batch] for _ in range(said.times)]
        ready = [await self._ready(one, host, n) for n, one in enumerate(sayings)]
        parts: list[Part] = []
        ids: list[str] = []
        moment = unix_text(now(self.house.settings.graph.clock_offset_s))
        for one in ready:
            item = one.saying.item(one.fields, moment)
            ids.append(str(item.get("id")))
            self._noted(one, item)
            self._laid(parts, one, item, together=said.layout == "items")
        parts[0] = (parts[0][0], overlaid(parts[0][1], said.value))
        body = wire.encoded(webhooks.envelope(parts, entries=said.layout == "entries"))
        app, url = webhooks.callback(self.house, parts[0][0])
        out = webhooks.Outgoing(
            body,
            "message",
            f"{said.phone_number_id}:{said.who}",
            {"phone_number_id": said.phone_number_id, "customer": said.who},
            {"ids": ids},
        )
        letter = webhooks.letter(self.house, app, url, out, said.signature)
        files = [one.file.shown() for one in ready if one.file is not None]
        return Outcome(ids, files, self.house.sender.send(letter))

    async def _ready(self, saying: Saying, host: str, place: int) -> Ready:
        number = self.house.directory.numbers.get(saying.phone_number_id)
        if number is None:
            raise UnknownNumberError(f"no phone number {saying.phone_number_id!r} in the set-up")
        if saying.kind is None:
            return Ready(saying, number, {})
        fields = table.fields(saying.kind, saying.fields)
        row = table.KINDS[saying.kind]
        if fields["reply_to"] is not None and fields["reply_from"] is None:
            fields["reply_from"] = number.display_phone_number
        if row.mime is None:
            return Ready(saying, number, fields)
        fields["seed"] += place
        file = await self._file(number, fields, row.mime)
        fields["media"] = self.media.told(file, host, {n: fields[n] for n in FILE_FIELDS})
        if "no file" in row.traits:
            return Ready(saying, number, fields)
        return Ready(saying, number, fields, self.media.received(file))

    async def _file(self, number: PhoneNumber, fields: dict[str, Any], mime: str) -> File:
        given = {name: fields[name] for name in RECIPE}
        try:
            recipe = Recipe(**{**given, "mime": given["mime"] or mime})
        except ValidationError as wrong:
            words = "; ".join(str(e["msg"]) for e in wrong.errors())
            raise WrongKindError(f"the file: {words}") from wrong
        name = fields["filename"]
        return await asyncio.to_thread(made, recipe, number.phone_number_id, name)

    def _laid(self, parts: list[Part], one: Ready, item: dict[str, Any], *, together: bool) -> None:
        contact, traits = one.saying.person(), one.saying.traits
        if not together or not parts or parts[-1][0] is not one.number:
            parts.append((one.number, {}))
        value = parts[-1][1]
        if contact is not None and contact not in value.setdefault("contacts", []):
            value["contacts"].append(contact)
        value.setdefault("messages", []).append(item)
        if "value errors" in traits:
            value["errors"] = [in_status(131000)]

    def _noted(self, one: Ready, item: dict[str, Any]) -> None:
        saying, kind = one.saying, str(item.get("type"))
        part = item.get(kind)
        text = part.get("body") if isinstance(part, dict) else None
        number_id = saying.phone_number_id
        addresses = [saying.customer, saying.user_id, saying.parent_user_id, saying.who]
        person = self.messages.persons.met(number_id, *addresses)
        message: dict[str, Any] = {"id": str(item.get("id")), "type": kind}
        message["text"] = text if isinstance(text, str) else None
        if kind != "text":
            message["content"] = part
        if one.file is not None:
            message["files"] = [one.file.shown()]
        self.house.ledger.add(("whatsapp", number_id, person.who), "written", message)
        reactions = self.house.settings.graph.reaction_opens_window
        opens = saying.opens(reactions=reactions)
        self.messages.customer_wrote(number_id, person, str(item.get("id")), opens=opens)
