"""Makes the event of an item. Ids are fixed, so that a redelivery is told once.

They are digests: a wamid holds the customer's number in base64, and event ids are logged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from shared.doors.arrival import Arrival, carried
from shared.doors.groups import groups_of, own_lines, split
from shared.messaging.envelope import Event, EventType
from shared.messaging.intake import Post, digest
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES, INBOUND_WHATSAPP_STATUSES
from shared.runtime.errors import BadInput
from shared.runtime.trace import current_traceparent
from shared.tenancy.models import Resolution
from shared.whatsapp.items import Customer, message_key, message_time, read_status, sender
from shared.whatsapp.payloads import AnyItem, Beyond, Broken, MessageItem, OtherChange, StatusItem
from shared.wire.sizes import ITEMS

SOURCE = "/wa-webhook"
INBOUND = "webhooks-inbound"  # the bucket of raw bodies
NOBODY = "nobody"  # the partition of items that name no customer
ACCOUNT = "account"  # stands for the channel of what is told of a business account


TOGETHER = 100  # statuses of one event
Eventful = MessageItem | StatusItem | OtherChange


def told_apart(
    items: Iterable[tuple[AnyItem, Resolution]],
) -> list[tuple[Eventful, Resolution]]:
    """The items that can be events, news of people's ids one by one, as long as these are not many.

    A suspended tenant's are none: its bytes are kept, no more.
    """
    found: list[tuple[Eventful, Resolution]] = []
    room = ITEMS
    for item, owner in items:
        if not owner.active or isinstance(item, Broken | Beyond):
            continue
        apart = split(item, room) if isinstance(item, OtherChange) else [item]
        room -= len(apart) - 1
        found += [(one, owner) for one in apart]
    return found


def posts_of(
    items: Iterable[tuple[AnyItem, Resolution]],
    arrival: Arrival,
    lines: Mapping[str, str] | None = None,
) -> Iterator[Post]:
    """Events of the items that can be one, each once, on its line (`lines`: by the item's path).

    Statuses of one message in one body are one event: they are written down at once.
    """
    known: set[tuple[str, str]] = set()
    for post in _posts_of(items, arrival, lines):
        told = (post.event.id, post.event.partitionkey)  # a status may name its person in two ways
        if told not in known:
            known.add(told)
            yield post


def _posts_of(
    items: Iterable[tuple[AnyItem, Resolution]],
    arrival: Arrival,
    lines: Mapping[str, str] | None,
) -> Iterator[Post]:
    apart = told_apart(items)
    if lines is None:
        lines = own_lines(groups_of(apart))
    together: dict[str, list[StatusItem]] = {}
    owners: dict[str, Resolution] = {}
    for item, owner in apart:
        if isinstance(item, StatusItem) and owner.channel_id:
            message = _message_of(item, owner)
            owners[message] = owner
            together.setdefault(message, []).append(item)
        elif owner.channel_id or isinstance(item, OtherChange):
            yield post_of(item, owner, arrival, lines.get(item.path))
    for message, statuses in together.items():
        for start in range(0, len(statuses), TOGETHER):
            yield from _status_posts(statuses[start : start + TOGETHER], owners[message], arrival)


def _message_of(item: StatusItem, owner: Resolution) -> str:
    status = read_status(item.status, item.contact)
    return f"{owner.channel_id} {status.id or item.path} {_line(status.recipient)}"


def _status_posts(
    items: Sequence[StatusItem], owner: Resolution, arrival: Arrival
) -> Iterator[Post]:
    """One event of all, or of each, where one is what no event can hold."""
    event = _status_event(items, owner, arrival)
    if len(items) > 1:
        try:
            event.encode()
        except BadInput:
            yield from (post_of(item, owner, arrival) for item in items)
            return
    yield Post(INBOUND_WHATSAPP_STATUSES, event)


def post_of(item: Eventful, owner: Resolution, arrival: Arrival, line: str | None = None) -> Post:
    """The event of one item, and its exchange. `line`: its person's, for what has one.

    News of a person's id goes the way of their messages.
    """
    match item:
        case MessageItem():
            return Post(INBOUND_WHATSAPP_MESSAGES, _message_event(item, owner, arrival, line))
        case StatusItem():
            return Post(INBOUND_WHATSAPP_STATUSES, _status_event([item], owner, arrival))
        case OtherChange():
            exchange = INBOUND_WHATSAPP_MESSAGES if line else INBOUND_WHATSAPP_STATUSES
            return Post(exchange, _change_event(item, owner, arrival, line))


def _message_event(
    item: MessageItem, owner: Resolution, arrival: Arrival, line: str | None
) -> Event:
    wamid = message_key(item.message)
    return _event(
        owner,
        id=f"wa:m:{owner.phone_number_id}:{digest(wamid.encode())}",
        type=EventType.WHATSAPP_MESSAGE,
        subject=_name(wamid),
        time=message_time(item.message, arrival.received_at),
        line=line or _line(sender(item.message, item.contact)),
        data={"message": item.message, "contact": item.contact, **carried(owner, arrival)},
    )


def _status_event(items: Sequence[StatusItem], owner: Resolution, arrival: Arrival) -> Event:
    """Statuses of one message as they came; `status` is the last, `earlier` the others."""
    last, read = items[-1], [read_status(item.status, item.contact) for item in items]
    status, moments = read[-1], [one.occurred_at or arrival.received_at for one in read]
    wamid = status.id or f"nowamid.{digest(repr(last.status).encode())}"
    what = " ".join(
        f"{wamid} {one.status} {int(at.timestamp())} {one.recipient.id}"
        for one, at in zip(read, moments, strict=True)
    )
    earlier = [item.status for item in items[:-1]]
    return _event(
        owner,
        id=f"wa:s:{owner.phone_number_id}:{digest(what.encode())}",
        type=EventType.WHATSAPP_STATUS,
        subject=_name(wamid),
        time=moments[-1],
        line=_line(status.recipient),
        data={
            "status": last.status,
            **({"earlier": earlier} if earlier else {}),
            "contact": last.contact,
            **carried(owner, arrival),
        },
    )


def _change_event(
    item: OtherChange, owner: Resolution, arrival: Arrival, line: str | None
) -> Event:
    """Changes of one field stay in order; those of a person do so with the person's messages.

    What stands beside messages is told without them. A template may be paused twice in the same
    words: the entry's time tells both apart.
    """
    field = item.field or NO_FIELD
    what = f"{field} {item.waba_id} {item.told_at} {item.value!r}"
    apart = _APART if item.field in ("messages", None) else ()
    value = {name: one for name, one in item.value.items() if name not in apart}
    return _event(
        owner,
        id=f"wa:c:{owner.tenant_id}:{digest(what.encode())}",
        type=EventType.WHATSAPP_CHANGE,
        subject=_name(field),
        time=item.told_at or arrival.received_at,
        line=line or field,
        data={"field": item.field, "value": value, "waba_id": item.waba_id}
        | carried(owner, arrival),
    )


_APART = frozenset({"messages", "statuses", "contacts"})
NO_FIELD = "no-field"


def _line(customer: Customer) -> str:
    """What stays in order. A person with a user id is named by it, with or without a number."""
    return customer.bsuid or customer.wa_id or NOBODY


def _event(owner: Resolution, *, line: str, **attributes: Any) -> Event:
    return Event(
        source=SOURCE,
        tenantid=owner.tenant_id,
        channelid=owner.channel_id,
        partitionkey=_name(f"{owner.tenant_id}:{owner.channel_id or ACCOUNT}:{line}"),
        traceparent=current_traceparent(),
        **attributes,
    )


_LONGEST_NAME = 400  # an event attribute holds 512; ids of the outside world have no limit


def _name(text: str) -> str:
    """A text fit for an event attribute: too long or with control characters, its digest."""
    fits = len(text) <= _LONGEST_NAME and text.isprintable()
    return text if fits else f"digest:{digest(text.encode())}"
