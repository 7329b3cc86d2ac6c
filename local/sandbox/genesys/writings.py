"""What an agent writes in a control request, made into webhook bodies (genesys (c))."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from local.sandbox.genesys.outbound import table
from local.sandbox.genesys.threads import Conversation
from local.sandbox.room.kinds import overlaid, removed
from local.sandbox.room.setup import Integration

Signature = Literal["good", "wrong", "missing", "short", "hex"]


class Writing(BaseModel):
    """What an agent (or the platform) sends: a `kind` of the table with its `fields`.

    `message`: keys laid over the composed body; `over` is laid over it object by object, `without`
    takes dotted paths out. `shape`: `2025` has a top-level conversationId; `2021` has none and no
    to.idType; `seed` has it in metadata, no id, to or from in the channel, and a top-level
    integrationId.
    """

    model_config = ConfigDict(extra="forbid")
    integration_id: str
    to: str | None = None
    conversation_id: str | None = None
    kind: str = "message"
    fields: dict[str, Any] = {}
    text: str | None = None
    message: dict[str, Any] | None = None
    over: dict[str, Any] = {}
    without: list[str] = []
    entity: Literal["Human", "Bot"] | None = Field(None, description="empty: as the kind has it")
    shape: Literal["2025", "2021", "seed"] = "2025"
    id_type: bool = Field(True, description="False leaves to.idType out")
    extra_keys: bool = Field(False, description="keys nobody told us of")
    status: str | None = Field(None, description="of a receipt about a message that came in")
    message_id: str | None = Field(None, description="id to use; a receipt's subject")
    duplicates: int = Field(0, ge=0, description="copies sent beside it")
    duplicate_after_ms: float = Field(0, ge=0, description="gap to each copy: late duplicates")
    signature: Signature = "good"
    wait: bool = Field(False, description="answer when the webhook was delivered or given up")

    @model_validator(mode="after")
    def _someone(self) -> Writing:
        if self.to is None and self.conversation_id is None:
            raise ValueError("give `to` or `conversation_id`")
        words = self.text is not None or "text" in self.fields
        if self.kind == "message" and not words and self.message is None:
            raise ValueError("give `text` or `message`, or another `kind`")
        return self

    @property
    def given(self) -> dict[str, Any]:
        """The fields of its kind, `text` and `status` among them."""
        short = {"text": self.text, "status": self.status}
        return {**{k: v for k, v in short.items() if v is not None}, **self.fields}

    @property
    def traits(self) -> frozenset[str]:
        """What is true of its kind."""
        row = table.KINDS.get(self.kind)
        return frozenset() if row is None else row.traits

    @property
    def name(self) -> str:
        """The webhook's name in records and faults."""
        if "no message" not in self.traits:
            return "message"
        return "receipt" if "receipt" in self.kind else self.kind


def body(
    writing: Writing,
    integration: Integration,
    talk: Conversation,
    filled: dict[str, Any],
    own: str,
    now: str,
) -> dict[str, Any]:
    """The webhook's body; `own` is the message's id, `now` Genesys' time."""
    user = {"id": talk.user_id, "idType": talk.id_type}
    if not writing.id_type or writing.shape == "2021":
        del user["idType"]
    name, integration_id = integration.name, integration.integration_id
    channel: dict[str, Any] = {
        "id": integration_id,
        "platform": "Open",
        "type": "Private",
        "messageId": own,
        "to": user,
        "from": {"nickname": name, "id": integration_id, "idType": "Opaque"},
        "time": now,
    }
    made = {"id": own, "channel": channel, **table.body(writing.kind, filled)}
    if "no message" not in writing.traits:
        usual = "Bot" if "bot" in writing.traits else "Human"
        made["originatingEntity"] = writing.entity or usual
    _shape(writing, made, channel, talk)
    return removed(overlaid(made | (writing.message or {}), writing.over), writing.without)


def _shape(
    writing: Writing, made: dict[str, Any], channel: dict[str, Any], talk: Conversation
) -> None:
    if writing.shape == "2025":
        made["conversationId"] = talk.id
    elif writing.shape == "seed":
        channel["messageId"] = f"gmsg-{made['id'][:8]}"
        made["metadata"] = {"conversationId": talk.id}
        made["integrationId"] = channel["id"]
        for key in ("id", "to", "from"):
            del channel[key]
    if writing.extra_keys:
        made |= {"relatedMessages": [], "messageMetadata": {"type": "x", "content": None}}
        channel["aNewKey"] = {"deep": [1, None, "é"]}
