"""Reads the Open Messaging webhook: the real shape, the 2021 shape and that of the seeds.

Any JSON value is accepted and nothing raises: a member of another type counts as absent.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared.wire.body import Json, PayloadError, loads
from shared.wire.customer import is_bsuid
from shared.wire.fields import listed, moment, obj, objects, text
from shared.wire.phone import phone_digits
from shared.wire.scan import first
from shared.wire.words import unmarked

__all__ = [
    "OutboundMessage",
    "PayloadError",
    "Receipt",
    "ReceiptReason",
    "customer_address",
    "guess_integration",
    "loads",
    "read",
    "receipt_of",
]


Text = Annotated[str | None, BeforeValidator(text)]
Moment = Annotated[datetime | None, BeforeValidator(moment)]
Object = Annotated[Json, BeforeValidator(obj)]
Objects = Annotated[list[Json], BeforeValidator(objects)]
Anything = Annotated[list[Any], BeforeValidator(listed)]

MessageType = Literal["Text", "Structured", "Event", "Receipt", "unknown"]


class _Tolerant(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class Party(_Tolerant):
    """One end of the channel; `id` of the customer's end is the string we once sent."""

    id: Text = None
    id_type: Text = Field(None, alias="idType")


AnyParty = Annotated[Party, BeforeValidator(obj)]


class Channel(_Tolerant):
    """The integration's side of a message."""

    id: Text = None
    message_id: Text = Field(None, alias="messageId")
    time: Moment = None
    to: AnyParty = Party()
    sender: AnyParty = Field(Party(), alias="from")


class OutboundMessage(_Tolerant):
    """A body that Genesys posted (contracts/genesys.md c2, c3). Times are aware UTC."""

    id: Text = None
    channel: Annotated[Channel, BeforeValidator(obj)] = Channel()
    raw_type: Text = Field(None, alias="type")
    direction: Text = None
    text: Text = None
    content: Objects = []
    events: Objects = []
    date_picker: Object = Field({}, alias="datePicker")
    status: Text = None
    reasons: Objects = []
    final: Any = Field(None, alias="isFinalReceipt")
    related: Anything = Field([], alias="relatedMessages")
    conversation: Text = Field(None, alias="conversationId")
    integration: Text = Field(None, alias="integrationId")
    metadata: Object = {}
    originating_entity: Text = Field(None, alias="originatingEntity")

    @property
    def message_id(self) -> str | None:
        """Genesys' id of the message; `channel.messageId` stands in when there is none."""
        return self.id or self.channel.message_id

    @property
    def integration_id(self) -> str | None:
        """`channel.id`, which in real bodies equals `channel.from.id`; the seeds name it apart."""
        return self.channel.id or self.channel.sender.id or self.integration

    @property
    def conversation_id(self) -> str | None:
        """Top level since 2025, under `metadata` in the seeds, absent in older bodies."""
        return self.conversation or text(self.metadata.get("conversationId"))

    @property
    def to_id(self) -> str | None:
        """The customer's end exactly as Genesys names it: the `to` of a receipt."""
        return self.channel.to.id

    @property
    def customer(self) -> str | None:
        """The canonical customer id, or None when the address is absent or unusable."""
        return customer_address(self.to_id)

    @property
    def type(self) -> MessageType:
        """The body's type; a body without one is a Text if it has anything to show."""
        if self.raw_type in ("Text", "Structured", "Event", "Receipt"):
            return cast("MessageType", self.raw_type)
        if self.raw_type is None and (self.text or self.content):
            return "Text"
        return "unknown"

    @property
    def is_typing(self) -> bool:
        """Whether an event says that the agent is typing; Genesys knows no Off, but may."""
        return any(
            event.get("eventType") == "Typing" and obj(event.get("typing")).get("type") != "Off"
            for event in self.events
        )

    @property
    def related_ids(self) -> tuple[str, ...]:
        """Ids of other messages that the body names: what a reply is about stands first.

        No source says how Open names it, so every place seen in a sister channel is read.
        """
        related = [_first(one, _RELATED) if isinstance(one, dict) else one for one in self.related]
        found = [text(one) for one in (*related, _first(self.metadata, _QUOTED))]
        return tuple(one for one in found if one and one != self.message_id)


_RELATED = ("id", "messageId", "relatedMessageId")
_QUOTED = (
    *("quotedMessageId", "replyToMessageId", "inReplyToMessageId", "inReplyTo"),
    *("parentMessageId", "originatingMessageId", "relatedMessageId"),
)


def _first(members: Json, names: tuple[str, ...]) -> str | None:
    return next((found for name in names if (found := text(members.get(name)))), None)


def guess_integration(raw: bytes) -> str | None:
    """The `integration_id` of a body whose signature is not yet checked.

    It may only choose the secret to check with; until then nothing in the body is believed.
    """
    places = (("channel", "id"), ("channel", "from", "id"), ("integrationId",))
    return next((found for place in places if (found := first(raw, *place))), None)


@dataclass(frozen=True, slots=True)
class ReceiptReason:
    """Why a message of ours was not taken; `code` may be one that we do not know."""

    code: str | None
    words: str | None


STATUSES = frozenset(("Sent", "Delivered", "Read", "Failed", "Published", "Removed"))
"""What a receipt may say of a message (contracts/genesys.md c3)."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What Genesys says of a message that we sent in (contracts/genesys.md c3).

    `message_ids` are the ids it may be about, best first: `channel.messageId` can differ.
    `reasons` count only for a Failed one: they were seen beside Delivered too.
    """

    message_ids: tuple[str, ...]
    status: str | None
    final: bool
    reasons: tuple[ReceiptReason, ...]

    @property
    def failed(self) -> bool:
        """Whether the agent will never see the message."""
        return self.status == "Failed"


def receipt_of(message: OutboundMessage) -> Receipt:
    """Read the body of a Receipt."""
    ids = dict.fromkeys(one for one in (message.id, message.channel.message_id) if one)
    reasons = tuple(
        ReceiptReason(text(one.get("code")), text(one.get("message"))) for one in message.reasons
    )
    return Receipt(tuple(ids), message.status, message.final is True, reasons)


def read(body: Any) -> OutboundMessage:
    """Read a webhook body, whatever it is."""
    return OutboundMessage.model_validate(obj(body))


def customer_address(to_id: str | None) -> str | None:
    """The canonical customer id (digits, or a BSUID as it stands) of a `channel.to.id`.

    Agents type numbers by hand ("+91 98765 43210"); what is no international number and no
    BSUID is None, to be answered by a Failed receipt with InvalidDestination.
    """
    if to_id is None:
        return None
    plain = unmarked(to_id).strip()
    return plain if is_bsuid(plain) else phone_digits(plain)
