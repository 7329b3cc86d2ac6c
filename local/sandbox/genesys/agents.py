"""Agents who write: composes and sends the platform's webhooks (genesys (c))."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from local.sandbox.genesys import wire
from local.sandbox.genesys.downloads import Downloads
from local.sandbox.genesys.outbound import table
from local.sandbox.genesys.threads import Conversation, Conversations, new_id
from local.sandbox.genesys.writings import Signature, Writing, body
from local.sandbox.room.clock import iso_ms, now
from local.sandbox.room.files import File, Recipe, made
from local.sandbox.room.house import House
from local.sandbox.room.kinds import WrongKindError
from local.sandbox.room.ledger import Place
from local.sandbox.room.letters import Delivery, Letter
from local.sandbox.room.records import TIMED_OUT, Attempt
from local.sandbox.room.setup import Integration

TOO_MANY, SERVER_ERROR, OK, REDIRECTS = 429, 500, 200, 300
RECIPE = ("mime", "size", "seed", "base64", "animated")


@dataclass(slots=True)
class PlatformPolicy:
    """Any 2xx is success; timeout, 429 and 5xx are tried again, nothing else (genesys (c4))."""

    house: House

    def timeout_s(self) -> float:
        """How long to wait for an answer."""
        return self.house.settings.genesys.webhook_timeout_s

    def good(self, status: int) -> bool:
        """Tell whether this answer ends it well."""
        return OK <= status < REDIRECTS

    def gap_s(self, tries: int, last: Attempt) -> float | None:
        """Seconds until the next attempt; None to give up."""
        genesys = self.house.settings.genesys
        if last.status is None:
            again = last.error == TIMED_OUT or genesys.retry_connection_errors
        else:
            again = last.status == TOO_MANY or last.status >= SERVER_ERROR
        if not again or tries > genesys.webhook_retries:
            return None
        return genesys.webhook_retry_gap_s * genesys.retry_scale


class UnknownError(Exception):
    """The integration or the conversation is not known."""


@dataclass(slots=True)
class Written:
    """What was sent."""

    id: str
    conversation: Conversation
    files: list[dict[str, Any]]
    delivery: Delivery


@dataclass(slots=True)
class Agents:
    """Sends what agents write."""

    house: House
    conversations: Conversations
    downloads: Downloads

    async def send(self, writing: Writing, host: str) -> Written:
        """Make its files, then send it. Raises `UnknownError`, `WrongKindError`."""
        filled = table.fields(writing.kind, writing.given)
        mime = table.KINDS[writing.kind].mime
        if mime is None:
            return self.write(writing, filled)
        org = self._known(writing)[0]
        files, parts = [], []
        for number in range(int(filled["count"])):
            file = await _file(org, filled, mime, number)
            files.append(file)
            parts.append(self.downloads.offered(file, host, filled))
        filled |= {"attachment": parts[0], "more": parts[1:]}
        return self.write(writing, filled, files)

    def write(
        self,
        writing: Writing,
        filled: dict[str, Any] | None = None,
        files: list[File] | None = None,
    ) -> Written:
        """Send it; answers the message's id, its conversation and the delivery."""
        fields = table.fields(writing.kind, writing.given) if filled is None else filled
        integration, conversation = self._known(writing)[1], self._conversation(writing)
        own = writing.message_id or new_id()
        moment = iso_ms(now(self.house.settings.genesys.clock_offset_s))
        made_body = body(writing, integration, conversation, fields, own, moment)
        message_id, shown = str(made_body.get("id", own)), [f.shown() for f in files or []]
        if "no message" not in writing.traits:
            self._noted(conversation, message_id, made_body, shown)
        letter = self.letter(integration, wire.encoded(made_body), writing.name, writing.signature)
        letter.lane = f"{writing.integration_id}:{conversation.user_id}"
        letter.ids["customer"] = conversation.user_id
        letter.note = {"id": message_id}
        letter.when_over = lambda state: self._over(message_id, state)
        delivery = self.house.sender.send(letter)
        if writing.duplicates:
            self.house.sender.copy(letter, writing.duplicates, writing.duplicate_after_ms)
        return Written(message_id, conversation, shown, delivery)

    def letter(
        self, integration: Integration, content: bytes, name: str, signature: Signature = "good"
    ) -> Letter:
        """Sign a body with the integration's secret, or spoil the signature as asked."""
        secret = integration.webhook_secret
        signed = wire.signature(secret, content)
        if signature == "wrong":
            signed = wire.signature(secrets.token_hex(16), content)
        elif signature == "short":
            signed = signed[:-2]
        elif signature == "hex":
            signed = wire.hex_signature(secret, content)
        headers = {"Content-Type": "application/json", **integration.webhook_headers}
        if signature != "missing":
            headers["X-Hub-Signature-256"] = signed
        ids = {"integration_id": integration.integration_id}
        policy = PlatformPolicy(self.house)
        url, lane = integration.webhook_url, integration.integration_id
        letter = Letter("genesys", name, url, content, headers, policy, lane, ids)
        letter.follow = self.house.settings.genesys.webhook_follows_redirects
        return letter

    def _known(self, writing: Writing) -> tuple[str, Integration]:
        known = self.house.directory.integrations.get(writing.integration_id)
        if known is None:
            raise UnknownError(f"no integration {writing.integration_id!r} in the set-up")
        return known[0].name, known[1]

    def _conversation(self, writing: Writing) -> Conversation:
        if writing.to is not None:
            return self.conversations.joined(writing.integration_id, writing.to, None)
        known = self.conversations.find(writing.conversation_id or "")
        if known is None or known.integration_id != writing.integration_id:
            raise UnknownError(f"no conversation {writing.conversation_id!r} of this integration")
        return known

    def _noted(
        self, conversation: Conversation, own: str, sent: dict[str, Any], files: list[Any]
    ) -> None:
        message: dict[str, Any] = {"id": own, "type": str(sent.get("type"))}
        message |= {"text": sent.get("text"), "conversation_id": conversation.id}
        if sent.get("content"):
            message["content"] = sent["content"]
        if files:
            message["files"] = files
        at: Place = ("genesys", conversation.integration_id, conversation.user_id)
        self.house.ledger.add(at, "written", {**message, "webhook": "waiting"})

    def _over(self, message_id: str, state: str) -> None:
        entry = self.house.ledger.find("genesys", message_id)
        if entry is not None and entry.direction == "written":
            entry.extra["webhook"] = state


async def _file(org: str, filled: dict[str, Any], mime: str, number: int) -> File:
    given = {name: filled[name] for name in RECIPE}
    try:
        recipe = Recipe(**{**given, "mime": given["mime"] or mime, "seed": given["seed"] + number})
    except ValidationError as wrong:
        words = "; ".join(str(e["msg"]) for e in wrong.errors())
        raise WrongKindError(f"the file: {words}") from wrong
    return await asyncio.to_thread(made, recipe, org, filled["filename"])
