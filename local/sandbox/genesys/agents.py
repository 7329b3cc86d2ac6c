"""Agents who write: composes and sends the platform's webhooks (genesys (c))."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from local.sandbox.genesys import wire
from local.sandbox.genesys.inbound import new_id
from local.sandbox.genesys.threads import Conversation, Conversations
from local.sandbox.room.clock import iso_ms
from local.sandbox.room.house import House
from local.sandbox.room.letters import Delivery, Letter
from local.sandbox.room.records import TIMED_OUT, Attempt
from local.sandbox.room.setup import Integration

Signature = Literal["good", "wrong", "missing", "short", "hex"]
TOO_MANY, SERVER_ERROR, OK, REDIRECTS = 429, 500, 200, 300


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


class Writing(BaseModel):
    """What an agent (or the platform) sends. `message`: keys laid over the composed body.

    `shape`: `2025` has a top-level conversationId; `2021` has none and no to.idType; `seed` has it
    in metadata, no id, to or from in the channel, and a top-level integrationId.
    """

    model_config = ConfigDict(extra="forbid")
    integration_id: str
    to: str | None = None
    conversation_id: str | None = None
    kind: Literal["message", "typing", "receipt"] = "message"
    text: str | None = None
    message: dict[str, Any] | None = None
    entity: Literal["Human", "Bot"] = "Human"
    shape: Literal["2025", "2021", "seed"] = "2025"
    id_type: bool = Field(True, description="False leaves to.idType out")
    extra_keys: bool = Field(False, description="keys nobody told us of")
    status: str = Field("Published", description="of a receipt about a message that came in")
    message_id: str | None = Field(None, description="id to use; a receipt's subject")
    duplicates: int = Field(0, ge=0, description="copies sent beside it")
    duplicate_after_ms: float = Field(0, ge=0, description="gap to each copy: late duplicates")
    signature: Signature = "good"
    wait: bool = Field(False, description="answer when the webhook was delivered or given up")

    @model_validator(mode="after")
    def _someone(self) -> Writing:
        if self.to is None and self.conversation_id is None:
            raise ValueError("give `to` or `conversation_id`")
        if self.kind == "message" and self.text is None and self.message is None:
            raise ValueError("give `text` or `message`")
        return self


class UnknownError(Exception):
    """The integration or the conversation is not known."""


@dataclass(slots=True)
class Agents:
    """Sends what agents write."""

    house: House
    conversations: Conversations

    def write(self, writing: Writing) -> tuple[str, Conversation, Delivery]:
        """Send it; answers the message's id, its conversation and the delivery."""
        known = self.house.directory.integrations.get(writing.integration_id)
        if known is None:
            raise UnknownError(f"no integration {writing.integration_id!r} in the set-up")
        integration, conversation = known[1], self._conversation(writing)
        body = self._body(writing, integration, conversation)
        message_id = str(body["id"])
        if writing.kind == "message":
            self._noted(conversation, body)
        letter = self.letter(integration, wire.encoded(body), writing.kind, writing.signature)
        letter.lane = f"{writing.integration_id}:{conversation.user_id}"
        letter.ids["customer"] = conversation.user_id
        letter.note = {"id": message_id}
        letter.when_over = lambda state: self._over(message_id, state)
        delivery = self.house.sender.send(letter)
        if writing.duplicates:
            self.house.sender.copy(letter, writing.duplicates, writing.duplicate_after_ms)
        return message_id, conversation, delivery

    def letter(
        self, integration: Integration, body: bytes, name: str, signature: Signature = "good"
    ) -> Letter:
        """Sign a body with the integration's secret, or spoil the signature as asked."""
        secret = integration.webhook_secret
        signed = wire.signature(secret, body)
        if signature == "wrong":
            signed = wire.signature(secrets.token_hex(16), body)
        elif signature == "short":
            signed = signed[:-2]
        elif signature == "hex":
            signed = wire.hex_signature(secret, body)
        headers = {"Content-Type": "application/json", **integration.webhook_headers}
        if signature != "missing":
            headers["X-Hub-Signature-256"] = signed
        ids = {"integration_id": integration.integration_id}
        policy = PlatformPolicy(self.house)
        url, lane = integration.webhook_url, integration.integration_id
        return Letter("genesys", name, url, body, headers, policy, lane, ids)

    def _conversation(self, writing: Writing) -> Conversation:
        if writing.to is not None:
            return self.conversations.joined(writing.integration_id, writing.to, None)
        known = self.conversations.find(writing.conversation_id or "")
        if known is None or known.integration_id != writing.integration_id:
            raise UnknownError(f"no conversation {writing.conversation_id!r} of this integration")
        return known

    def _noted(self, conversation: Conversation, body: dict[str, Any]) -> None:
        self.house.ledger.add(
            ("genesys", conversation.integration_id, conversation.user_id),
            "written",
            {
                "id": str(body["id"]),
                "type": str(body.get("type")),
                "text": body.get("text"),
                "conversation_id": conversation.id,
                "webhook": "waiting",
            },
        )

    def _over(self, message_id: str, state: str) -> None:
        entry = self.house.ledger.find("genesys", message_id)
        if entry is not None:
            entry.extra["webhook"] = state

    def _body(
        self, writing: Writing, integration: Integration, conversation: Conversation
    ) -> dict[str, Any]:
        message_id = writing.message_id or new_id()
        own = {"nickname": integration.name, "id": integration.integration_id, "idType": "Opaque"}
        to = {"id": conversation.user_id, "idType": conversation.id_type}
        if not writing.id_type or writing.shape == "2021":
            del to["idType"]
        channel: dict[str, Any] = {
            "id": integration.integration_id,
            "platform": "Open",
            "type": "Private",
            "messageId": message_id,
            "to": to,
            "from": own,
            "time": iso_ms(),
        }
        body = {"id": message_id, "channel": channel, **_kind(writing)}
        if writing.shape == "2025":
            body["conversationId"] = conversation.id
        elif writing.shape == "seed":
            for key in ("id", "to", "from"):
                del channel[key]
            channel["messageId"] = f"gmsg-{message_id[:8]}"
            body["metadata"] = {"conversationId": conversation.id}
            body["integrationId"] = integration.integration_id
        if writing.extra_keys:
            body |= {"relatedMessages": [], "messageMetadata": {"type": "x", "content": None}}
            channel["aNewKey"] = {"deep": [1, None, "é"]}
        return body | (writing.message or {})


def _kind(writing: Writing) -> dict[str, Any]:
    if writing.kind == "typing":
        typing = {"type": "On", "duration": 5000}
        events = [{"eventType": "Typing", "typing": typing}]
        return {"type": "Event", "direction": "Outbound", "events": events}
    if writing.kind == "receipt":
        shape = {"type": "Receipt", "direction": "Inbound", "status": writing.status}
        return {**shape, "reasons": [], "isFinalReceipt": True}
    shape = {"type": "Text", "direction": "Outbound", "originatingEntity": writing.entity}
    return shape if writing.text is None else {**shape, "text": writing.text}
