"""What state is asked and answers of single messages: claims, outcomes, statuses, receipts.

A side effect comes only after `claim` said `claimed`; everything else is a fact that arrived.
"""

from typing import Any, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from shared.services.fields import Id, Json, Moment, OptionalId, Text, Uuid

Direction = Literal["inbound", "outbound"]
Fate = Literal["accepted", "refused", "unknown"]
# In the order in which one beats another, as the type message_status of the schema has them.
MessageStatus = Literal["accepted", "sent", "failed", "delivered", "read", "played"]
ReceiptStatus = Literal["Delivered", "Failed"]


class Request(BaseModel):
    """A body of this function: a field that it does not know is a mistake of the caller."""

    model_config = ConfigDict(extra="forbid")


class MessageKey(Request):
    """Which message: its id where it was born."""

    tenant_id: Uuid
    channel_id: Uuid
    direction: Direction
    source_id: Id


class ClaimRequest(MessageKey):
    """Ask for the right to deliver a message; `attempt_id` lets a repeated call find its own claim.

    `resend_unknown_after` (seconds; None: as state is set): where repeating a send is harmless.
    `reply_to`: the id, at either side, of the message that this one is about; `tapped`: the
    tracking id of the message whose option was tapped. `Claim.quoted` answers both.
    `receipt_to`: the address that its receipt goes to, where `customer` does not give it.
    """

    customer: Id
    wa_id: OptionalId = None
    bsuid: OptionalId = None
    profile_name: Text | None = None
    conversation_id: OptionalId = None
    kind: Id
    content: Json | None = None
    reply_to: OptionalId = None
    tapped: Uuid | None = None
    opens_window: bool = True  # inbound only: Meta's 24 hours begin anew
    occurred_at: Moment
    event_id: Id
    raw_ref: str | None = None
    receipt_to: Json | None = None  # outbound only
    attempt_id: Uuid = Field(default_factory=lambda: str(uuid4()))
    resend_unknown_after: float | None = Field(default=None, ge=0)


class PartState(BaseModel):
    """What became of one part so far."""

    part: int
    outcome: Fate
    target_id: str | None = None
    status: MessageStatus | None = None


class ReceiptDue(BaseModel):
    """A receipt that Genesys is owed; ask `confirm_receipt` once it has taken it.

    `to`: the address that Genesys named; None: the one that it knows `customer` by.
    """

    status: ReceiptStatus
    source_id: str
    customer: str
    to: dict[str, Any] | None = None
    occurred_at: Moment
    error: dict[str, Any] | None = None


class Quoted(BaseModel):
    """The message that another one is about; of the same tenant, channel and customer.

    `target_id`: at the other side, of the very part that was asked for. `text` and `options` are
    those of its `content`.
    """

    source_id: str
    target_id: str | None = None
    tracking_id: str
    direction: Direction
    kind: str
    text: str | None = None
    options: list[dict[str, Any]] = []
    customer: str


class Claim(BaseModel):
    """The answer to a claim.

    claimed: deliver, after the `parts` that earlier attempts got accepted · duplicate: all is
    decided (`receipt` may still be owed) · busy: another attempt is at it · unknown: an earlier
    send may have arrived. Busy and unknown: come back in `retry_after` seconds.
    `customer` is the name that never changes; `wa_id` and `bsuid` are the addresses to use now.
    Without either there is no way to them: the name may be a number that is another's by now.
    `lease_seconds`: how long the claim holds from its asking on; who is later asks again.
    `last_customer_message_*`: the newest message that opens Meta's window, and its time, never
    later than now. A call moves the time alone.
    """

    outcome: Literal["claimed", "duplicate", "busy", "unknown"]
    attempt_id: str | None = None
    attempts: int
    lease_seconds: float = 60.0
    tracking_id: str
    parts: list[PartState]
    conversation_id: str | None = None
    customer: str
    wa_id: str | None = None
    bsuid: str | None = None
    last_customer_message_at: Moment | None = None
    last_customer_message_id: str | None = None
    quoted: Quoted | None = None
    unknown_since: Moment | None = None
    retry_after: float | None = None
    receipt: ReceiptDue | None = None


class PartResult(Request):
    """What became of one part. A refused part that will be tried again is not reported: release."""

    part: int = Field(ge=1, le=1000)
    outcome: Fate
    target_id: OptionalId = None
    error: Json | None = None


class CompleteRequest(MessageKey):
    """What an attempt got done. An unknown part ends it; not `final` begins its lease anew."""

    attempt_id: Uuid
    parts: list[PartResult] = Field(max_length=1000)
    conversation_id: OptionalId = None
    final: bool = True  # no part is left to be tried


class Completed(BaseModel):
    """The outcome is written down."""

    receipt: ReceiptDue | None = None


class ReleaseRequest(MessageKey):
    """Give a claim back: nothing was sent, or what was sent has been completed."""

    attempt_id: Uuid
    reason: str


class Released(BaseModel):
    """Whether this attempt still held the claim."""

    released: bool


class StatusFact(Request):
    """That Meta said this of a message, at its time."""

    status: MessageStatus
    occurred_at: Moment
    error: Json | None = None


class StatusUpdate(StatusFact):
    """A status of Meta. `tracking_id` is the message's `biz_opaque_callback_data`, as it came.

    `earlier`: others of the same message that came in the same webhook; all are one write.
    """

    tenant_id: Uuid
    channel_id: Uuid
    customer: OptionalId = None
    tracking_id: str | None = None
    earlier: list[StatusFact] = Field(default=[], max_length=1000)


class StatusAdvanced(BaseModel):
    """Where the message stands now. Not `known`: kept until its message is.

    `event_id`: of the event that the message came by.
    """

    known: bool
    changed: bool
    status: MessageStatus
    source_id: str | None = None
    event_id: str | None = None
    part: int | None = None
    conversation_id: str | None = None
    customer: str | None = None
    receipt: ReceiptDue | None = None


class ReceiptConfirmed(Request):
    """Genesys has taken the receipt of this outbound message."""

    tenant_id: Uuid
    channel_id: Uuid
    source_id: Id
    status: ReceiptStatus


class Confirmed(BaseModel):
    """False: it was confirmed before, or there is no such message."""

    confirmed: bool


class TrackedPart(BaseModel):
    """One part with its times. No outcome: nobody has told one yet."""

    part: int
    outcome: Fate | None = None
    target_id: str | None = None
    status: MessageStatus | None = None
    error: dict[str, Any] | None = None
    accepted_at: Moment | None = None
    sent_at: Moment | None = None
    delivered_at: Moment | None = None
    read_at: Moment | None = None
    played_at: Moment | None = None
    failed_at: Moment | None = None


class TrackedMessage(BaseModel):
    """A message, where it stands and what became of its parts."""

    source_id: str
    tracking_id: str
    channel_id: str
    direction: Direction
    customer: str
    conversation_id: str | None = None
    kind: str
    occurred_at: Moment
    state: Literal["claimed", "done", "refused", "unknown", "recorded"]
    attempts: int
    raw_ref: str | None = None
    receipt_status: ReceiptStatus | None = None
    receipt_confirmed_at: Moment | None = None
    parts: list[TrackedPart]


class RefusedMessage(BaseModel):
    """A message that the other side refused, or failed later; `reason`: in words for an agent.

    `refused_parts` of its `parts` did not arrive. `refused_at`: the provider's time of the last.
    `code`: the provider's own.
    """

    source_id: str
    tracking_id: str
    channel_id: str
    direction: Direction
    kind: str
    conversation_id: str | None = None
    occurred_at: Moment
    refused_at: Moment
    code: str | None = None
    reason: str | None = None
    parts: int
    refused_parts: int


class RefusedMessages(BaseModel):
    """A page, the newest first. `next`: the `cursor` that goes on; None at the end."""

    messages: list[RefusedMessage]
    next: str | None = None
