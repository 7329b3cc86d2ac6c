"""The inbound open endpoints: messages, events, taps on buttons (genesys (b))."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from local.sandbox.genesys.errors import Refused, refusal
from local.sandbox.genesys.threads import Conversation, Conversations, new_id
from local.sandbox.room.desk import Answer, Call
from local.sandbox.room.house import House
from local.sandbox.room.ledger import Entry, Place
from local.sandbox.room.limits import Bounded
from local.sandbox.room.setup import Integration


@dataclass(slots=True)
class Inbound:
    """What customers send reaches the agents' side here; `accepted` is told of each message."""

    house: House
    conversations: Conversations
    accepted: Callable[[Entry], None]
    seen: Bounded[str] = field(default_factory=lambda: Bounded(500_000))

    def message(self, integration: Integration, body: dict[str, Any], call: Call) -> Answer:
        """POST .../message."""
        return self._taken(integration, body, call, {"type": "Text"})

    def structured(self, integration: Integration, body: dict[str, Any], call: Call) -> Answer:
        """POST .../structured/response: part of an existing conversation, never a new one."""
        user = body["channel"]["from"]["id"]
        known = self.conversations.current(integration.integration_id, user)
        genesys = self.house.settings.genesys
        if known is None and genesys.structured_needs_conversation:
            raise Refused(refusal("not.found"))
        origin = self._origin(integration, body)
        if origin is None and genesys.unknown_origin != "accept":
            code = "not.found" if genesys.unknown_origin == "not_found" else "bad.request"
            raise Refused(refusal(code))
        shape = {
            "type": "Structured",
            "text": body["buttonResponse"]["text"],
            "content": [
                {"contentType": "ButtonResponse", "buttonResponse": body["buttonResponse"]}
            ],
            "originatingMessageId": body.get("originatingMessageId"),
        }
        return self._taken(integration, body, call, shape)

    def _origin(self, integration: Integration, body: dict[str, Any]) -> Entry | None:
        """The agent's message that the tap is about, when this customer got it."""
        entry = self.house.ledger.find("genesys", body.get("originatingMessageId", ""))
        if entry is None or entry.direction != "written":
            return None
        own = (entry.thread.line, entry.thread.customer)
        return entry if own == (integration.integration_id, body["channel"]["from"]["id"]) else None

    def event(self, integration: Integration, body: dict[str, Any], _call: Call) -> Answer:
        """POST .../event: typing."""
        message_id = new_id()
        channel = _channel(integration, body["channel"])
        answer = {"id": message_id, "channel": channel, "type": "Event", "events": body["events"]}
        return self._answered(answer, message_id)

    def _taken(
        self, integration: Integration, body: dict[str, Any], call: Call, shape: dict[str, Any]
    ) -> Answer:
        self._refuse_too_long(body)
        channel = body["channel"]
        sender = channel["from"]
        prior = self._prior(integration, channel)
        conversation = self.conversations.joined(
            integration.integration_id, sender["id"], sender.get("idType")
        )
        genesys = self.house.settings.genesys
        message_id = prior if prior is not None and genesys.dedupe else new_id()
        answer: dict[str, Any] = {
            "id": message_id,
            "channel": _channel(integration, channel),
            **{k: body[k] for k in ("text", "content", "metadata") if k in body},
            **shape,
        }
        if message_id != prior:
            self._noted(integration, conversation, answer, duplicate=prior is not None)
        if call.query.get("prefetchConversationId", "").lower() == "true":
            answer["conversationId"] = conversation.id
            made = self._answered(answer, message_id)
            made.delay_ms = genesys.prefetch_ms
            return made
        return self._answered(answer, message_id)

    def _refuse_too_long(self, body: dict[str, Any]) -> None:
        """Limits that no public source tells; all of them off unless a setting says otherwise."""
        genesys = self.house.settings.genesys
        attributes = body["channel"].get("metadata", {}).get("customAttributes", {})
        told = (
            (genesys.max_text, len(body.get("text", ""))),
            (genesys.max_attribute_bytes, len(orjson.dumps(attributes))),
            (genesys.max_address, len(body["channel"]["from"]["id"])),
        )
        if any(most and size > most for most, size in told):
            raise Refused(refusal("bad.request"))

    def _prior(self, integration: Integration, channel: dict[str, Any]) -> str | None:
        """Count a message that was accepted before; answers the id it got then."""
        message_id = channel.get("messageId")
        if message_id is None:
            return None
        counters = self.house.recorder.counters
        key = f"{integration.integration_id}\0{message_id}"
        times = self.seen.get(key)
        exact = self.seen.get(f"{key}\0{channel['time']}")
        if exact is not None:
            counters["genesys_duplicates"] += 1
        elif times is not None:
            counters["genesys_same_id_other_time"] += 1
        return exact

    def _noted(
        self,
        integration: Integration,
        conversation: Conversation,
        answer: dict[str, Any],
        *,
        duplicate: bool,
    ) -> None:
        channel, integration_id = answer["channel"], integration.integration_id
        given = channel.get("messageId")
        if given is not None:
            key = f"{integration_id}\0{given}"
            self.seen.obtain(key, lambda: answer["id"])
            self.seen.obtain(f"{key}\0{channel['time']}", lambda: answer["id"])
        message = {
            "id": answer["id"],
            "type": answer["type"],
            "text": answer.get("text"),
            "message_id": given,
            "conversation_id": conversation.id,
            "duplicate": duplicate,
            "nickname": channel["from"].get("nickname"),
            "content": answer.get("content", []),
            "attributes": channel.get("metadata", {}).get("customAttributes", {}),
        }
        if "originatingMessageId" in answer:
            message["originating_message_id"] = answer["originatingMessageId"]
        at: Place = ("genesys", integration_id, conversation.user_id)
        self.accepted(self.house.ledger.add(at, "got", message))

    def _answered(self, answer: dict[str, Any], message_id: str) -> Answer:
        status = self.house.settings.genesys.accepted_status
        return Answer(status, orjson.dumps(answer), note={"id": message_id})


def _channel(integration: Integration, given: dict[str, Any]) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "id": integration.integration_id,
        "platform": "Open",
        "type": "Private",
        "to": {"id": integration.integration_id},
        "from": given["from"],
        "time": given["time"],
    }
    kept = ("messageId", "metadata")
    return channel | {name: given[name] for name in kept if name in given}
