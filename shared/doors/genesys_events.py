"""Makes the event of a webhook of Genesys'. Its id is fixed, so that a repeat is told once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.doors.arrival import Arrival, carried
from shared.genesys.payloads import OutboundMessage
from shared.messaging.envelope import Event, EventType
from shared.messaging.intake import Post, Raw, digest
from shared.messaging.topology import OUTBOUND_GENESYS_MESSAGES
from shared.runtime.trace import current_traceparent
from shared.tenancy.models import Resolution
from shared.tenancy.options import ChannelOptions

SOURCE = "/genesys-webhook"
OUTBOUND = "webhooks-outbound"  # the bucket of raw bodies
MAX_ID = 255  # characters; Genesys' own ids are 32 hex digits (contracts/genesys.md g)


def turned_away(owner: Resolution) -> bool:
    """Whether the agent's chat is told by a 403 instead of a Failed receipt."""
    answer = ChannelOptions.read(owner.options).suspended_answer
    return not owner.active and answer != "receipt"


def post_of(
    body: Any, message: OutboundMessage, owner: Resolution, stored: Raw, now: datetime
) -> Post:
    """The event of one body, and its exchange. `now`: when it reached us."""
    message_id = message.message_id
    if message_id is None or len(message_id) > MAX_ID or not message_id.isprintable():
        message_id = f"noid.{digest(stored.body)}"
    line = line_of(message)
    if not owner.active:  # it is answered by a receipt at once; what was before it waits
        line = f"suspended:{line}"
    event = Event(
        id=f"gc:m:{owner.integration_id}:{message_id}",
        type=EventType.GENESYS_MESSAGE,
        source=SOURCE,
        subject=message_id,
        time=message.channel.time or now,
        tenantid=owner.tenant_id,
        channelid=owner.channel_id,
        partitionkey=f"{owner.tenant_id}:{owner.channel_id}:{line}",
        traceparent=current_traceparent(),
        data={
            "message": body,
            "suspended": not owner.active,
            **carried(owner, Arrival(now, stored.bucket, stored.key)),
        },
    )
    return Post(OUTBOUND_GENESYS_MESSAGES, event)


def line_of(message: OutboundMessage) -> str:
    """Whose messages stay in order with this one, as the end of a partition key."""
    return _short(message.customer or message.conversation_id or "nobody")


def _short(name: str) -> str:
    """A customer's id or a conversation's, fit for a partition key whatever was sent."""
    return name if len(name) <= MAX_ID and name.isprintable() else digest(name.encode())
