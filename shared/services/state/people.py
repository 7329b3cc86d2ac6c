"""What state is asked and answers of people and their conversations: who is who, and where.

`customer` is the one name of a person in a tenant; it never changes, addresses do (docs/adr/0009).
"""

from typing import Any, Literal

from pydantic import BaseModel, Field

from shared.services.fields import Id, Json, Moment, OptionalId, Uuid
from shared.services.state.messages import Direction, MessageStatus, Request


class Conversation(BaseModel):
    """Whose a conversation is.

    For an hour it may tell name and number of before a change: a claim under that name finds the
    person, and tells the addresses of now.
    """

    conversation_id: str
    tenant_id: str
    channel_id: str
    customer: str
    wa_id: str | None = None
    last_activity_at: Moment
    last_customer_message_at: Moment | None = None


class HistoryMessage(BaseModel):
    """A message of a conversation, as history shows it. `status`: of its furthest-behind part."""

    source_id: str
    direction: Direction
    customer: str
    kind: str
    occurred_at: Moment
    state: str
    status: MessageStatus | None = None
    content: dict[str, Any] | None = None


class History(BaseModel):
    """Messages of a conversation, newest first."""

    messages: list[HistoryMessage]


class CustomerState(BaseModel):
    """A person as one channel knows them: addresses to use now, conversation, window."""

    customer: str
    wa_id: str | None = None
    bsuid: str | None = None
    conversation_id: str | None = None
    last_customer_message_at: Moment | None = None
    last_customer_message_id: str | None = None


class RecordedMessage(Request):
    """A message that went past us: an echo, or one of an imported history.

    `source_id` is its wamid; `customer`, `wa_id` and `bsuid` name whom an outbound one went to.
    """

    direction: Direction
    source_id: Id
    customer: Id
    wa_id: OptionalId = None
    bsuid: OptionalId = None
    kind: Id
    content: Json | None = None
    occurred_at: Moment
    status: MessageStatus | None = None


class RecordRequest(Request):
    """Messages to be kept in history. None is delivered, and Genesys is owed no receipt of them."""

    tenant_id: Uuid
    channel_id: Uuid
    messages: list[RecordedMessage] = Field(max_length=1000)


class Recorded(BaseModel):
    """How many were new, and how many had been claimed, sent or recorded before."""

    recorded: int
    known: int


class Identity(Request):
    """How WhatsApp calls a person: by number, by user id, or by both."""

    wa_id: OptionalId = None
    bsuid: OptionalId = None


class IdentityChange(Request):
    """WhatsApp says that whom it called `previous` it calls `current` from `occurred_at` on.

    `known_only`: written down only of a person who is known as `previous`; nobody is made by it.
    """

    tenant_id: Uuid
    previous: Identity
    current: Identity
    occurred_at: Moment
    known_only: bool = False


class Linked(BaseModel):
    """Whose identity changed. None: the change named nobody, before or after, or nobody known."""

    customer: str | None = None


class Preference(Request):
    """What a person wants no more of, or again: `marketing_messages`, `stop` or `resume`."""

    tenant_id: Uuid
    channel_id: Uuid
    wa_id: OptionalId = None
    bsuid: OptionalId = None
    category: Id
    value: Id
    occurred_at: Moment


class Preferred(BaseModel):
    """Whose wish it is. Not `changed`: a later one is known. No customer: it named nobody."""

    customer: str | None = None
    changed: bool


class Notice(Request):
    """What a provider says of the tenant's account, numbers or templates; once per `event_id`."""

    tenant_id: Uuid
    channel_id: Uuid | None = None
    provider: Literal["meta", "genesys"]
    field: Id
    event: OptionalId = None
    severity: Literal["info", "warning", "alarm"]
    value: Json
    occurred_at: Moment
    event_id: Id


class Noticed(BaseModel):
    """False: it was known."""

    new: bool


class Undelivered(Request):
    """Genesys failed, later, a customer's message that it had taken under this id."""

    tenant_id: Uuid
    channel_id: Uuid
    target_id: Id
    error: Json


class Marked(BaseModel):
    """Which message it was. Not `known`: kept until its message is. Not `changed`: told before."""

    known: bool
    changed: bool
    source_id: str | None = None
    customer: str | None = None
    conversation_id: str | None = None
