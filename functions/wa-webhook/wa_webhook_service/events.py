"""Makes the event of a message or a status. Ids are fixed, so a redelivery is told once.

They are digests: a wamid holds the customer's number in base64, and event ids are logged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.messaging.envelope import Event, EventType
from shared.messaging.intake import Post, digest
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES, INBOUND_WHATSAPP_STATUSES
from shared.runtime.clock import rfc3339
from shared.runtime.trace import current_traceparent
from shared.tenancy.models import Resolution
from shared.whatsapp.items import message_key, message_time, read_status, sender
from shared.whatsapp.payloads import MessageItem, StatusItem

SOURCE = "/wa-webhook"
NOBODY = "nobody"  # the partition of items that name no customer


@dataclass(frozen=True)
class Arrival:
    """When the body reached us, and where its bytes lie."""

    received_at: datetime
    bucket: str
    key: str


def post_of(item: MessageItem | StatusItem, owner: Resolution, arrival: Arrival) -> Post:
    """The event of one item, and its exchange."""
    if isinstance(item, MessageItem):
        return Post(INBOUND_WHATSAPP_MESSAGES, _message_event(item, owner, arrival))
    return Post(INBOUND_WHATSAPP_STATUSES, _status_event(item, owner, arrival))


def _message_event(item: MessageItem, owner: Resolution, arrival: Arrival) -> Event:
    wamid = message_key(item.message)
    customer = sender(item.message, item.contact).id
    return _event(
        owner,
        id=f"wa:m:{owner.phone_number_id}:{digest(wamid.encode())}",
        type=EventType.WHATSAPP_MESSAGE,
        subject=wamid,
        time=message_time(item.message, arrival.received_at),
        customer=customer,
        data={"message": item.message, "contact": item.contact, **_common(owner, arrival)},
    )


def _status_event(item: StatusItem, owner: Resolution, arrival: Arrival) -> Event:
    status = read_status(item.status, item.contact)
    moment = status.occurred_at or arrival.received_at
    wamid = status.id or f"nowamid.{digest(repr(item.status).encode())}"
    what = f"{wamid} {status.status} {int(moment.timestamp())} {status.recipient.id}"
    return _event(
        owner,
        id=f"wa:s:{owner.phone_number_id}:{digest(what.encode())}",
        type=EventType.WHATSAPP_STATUS,
        subject=_name(wamid),
        time=moment,
        customer=status.recipient.id,
        data={"status": item.status, "contact": item.contact, **_common(owner, arrival)},
    )


def _event(owner: Resolution, *, customer: str | None, **attributes: Any) -> Event:
    return Event(
        source=SOURCE,
        tenantid=owner.tenant_id,
        channelid=owner.channel_id,
        partitionkey=_name(f"{owner.tenant_id}:{owner.channel_id}:{customer or NOBODY}"),
        traceparent=current_traceparent(),
        **attributes,
    )


def _common(owner: Resolution, arrival: Arrival) -> dict[str, Any]:
    """What the functions behind the queue would otherwise have to ask for again."""
    return {
        "phone_number_id": owner.phone_number_id,
        "integration_id": owner.integration_id,
        "region": owner.region,
        "whatsapp_credential": owner.whatsapp_credential,
        "genesys_credential": owner.genesys_credential,
        "raw": {"bucket": arrival.bucket, "key": arrival.key},
        "received_at": rfc3339(arrival.received_at),
    }


_LONGEST_NAME = 400  # an event attribute holds 512; ids of the outside world have no limit


def _name(text: str) -> str:
    """A text fit for an event attribute: too long or with control characters, its digest."""
    fits = len(text) <= _LONGEST_NAME and text.isprintable()
    return text if fits else f"digest:{digest(text.encode())}"
