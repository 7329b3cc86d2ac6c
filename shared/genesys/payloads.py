"""Reads the Open Messaging webhook: the real shape, the 2021 shape and that of the seeds.

Any JSON value is accepted and nothing raises: a member of another type counts as absent.
"""

from datetime import datetime
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared.wire.body import Json, PayloadError, loads
from shared.wire.customer import is_bsuid, phone_digits
from shared.wire.fields import moment, obj, objects, text

__all__ = ["OutboundMessage", "PayloadError", "customer_address", "loads", "read"]

Text = Annotated[str | None, BeforeValidator(text)]
Moment = Annotated[datetime | None, BeforeValidator(moment)]
Object = Annotated[Json, BeforeValidator(obj)]
Objects = Annotated[list[Json], BeforeValidator(objects)]

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
    plain = to_id.strip()
    return plain if is_bsuid(plain) else phone_digits(plain)
