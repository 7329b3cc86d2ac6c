"""What the guided fuzz feeds: both doors' work after a good signature, both transforms, answers.

A target takes any bytes and raises only what it should not. It is what a door or a transform does
with them, without servers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from shared.doors.arrival import Arrival
from shared.doors.genesys_events import post_of
from shared.doors.groups import groups_of
from shared.doors.sorting import own_changes, sort
from shared.doors.whatsapp_events import posts_of, told_apart
from shared.genesys import errors as genesys_errors
from shared.genesys.payloads import guess_integration, read, receipt_of
from shared.genesys.signature import sign as sign_genesys
from shared.genesys.signature import verify as verify_genesys
from shared.messaging.answers import safe_detail
from shared.messaging.intake import Post, Raw
from shared.runtime.errors import BadInput
from shared.tenancy.models import Resolution
from shared.transforms.changes import read_change
from shared.transforms.inbound import (
    Context,
    File,
    Missing,
    Quote,
    Tap,
    late_file,
    to_genesys,
)
from shared.transforms.inbound_attributes import attributes_of
from shared.transforms.outbound import (
    Fallback,
    Outbound,
    Refusal,
    fallback,
    pictures,
    quoted_message,
    to_whatsapp,
)
from shared.transforms.outbound_again import again, again_id, again_of, original_id
from shared.transforms.outbound_files import Attachment, Linked, WaFile, attachments
from shared.transforms.outbound_text import file_name
from shared.transforms.parts import ShownFile
from shared.transforms.receipts import delivered, failed, receipt_status, receipt_to
from shared.whatsapp import errors as whatsapp_errors
from shared.whatsapp.build import read_mark
from shared.whatsapp.errors import from_status_errors
from shared.whatsapp.items import Customer, media_of, read_status, sender, tapped
from shared.whatsapp.media import MediaKind, Unfit, genesys_media_type, kind_of, upload_mime
from shared.whatsapp.payloads import Item, guess_phone, guess_waba, walk
from shared.whatsapp.signature import sign as sign_meta
from shared.whatsapp.signature import verify as verify_meta
from shared.wire.body import Json, PayloadError, loads
from shared.wire.fields import obj, text
from shared.wire.sizes import ITEMS
from tests.doors.owner import OWNER
from tests.moments import moment
from tests.security.mutate import bodies

SECRET = "a secret that the fuzz signs with"  # it opens nothing
NOW = moment()
CUSTOMER = "4915100000101"
TIMES, EACH = 5, 8_192  # what may leave for a body: tests/doors/test_many.py
FILE = File(url="https://files.example.com/1", mime="image/png", media_type="Image", size=1)
LARGE = File(
    url="https://files.example.com/1", mime="video/mp4", media_type="Video", size=90_000_000
)
FALLBACK = Fallback(name="t", language="de")


@dataclass(frozen=True)
class Target:
    """`seeds`: real-shaped inputs to begin with."""

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]


def read_json(raw: bytes) -> Any:
    """The body as a door reads it; None for what is no JSON object."""
    try:
        return loads(raw)
    except PayloadError:
        return None


async def _owner_of(item: Item) -> Resolution | None:
    return OWNER if item.phone_number_id or item.waba_id else None


def whatsapp_door(raw: bytes) -> None:
    """A body of Meta's with a good signature."""
    assert verify_meta(raw, sign_meta(raw, SECRET), [SECRET])
    guess_phone(raw), guess_waba(raw)
    body = read_json(raw)
    found = _LOOP.run_until_complete(sort(walk(body, ITEMS), _owner_of))
    for share in found.shares.values():
        groups_of(told_apart(share.items))
        own_changes(body, (item for item, _ in share.items))
        posts = [*posts_of(share.items, Arrival(NOW, "webhooks-inbound", "a/b.json"))]
        sizes = [*_encoded(posts)]
        assert sum(sizes) <= TIMES * len(raw) + EACH * len(posts), "more leaves than came"


_LOOP = asyncio.new_event_loop()


def genesys_door(raw: bytes) -> None:
    """A body of Genesys' with a good signature."""
    assert verify_genesys(raw, sign_genesys(raw, SECRET), [SECRET])
    guess_integration(raw)
    body = read_json(raw)
    if body is None:
        return
    message = read(body)
    stored = Raw("webhooks-outbound", "a/b.json", raw, OWNER.tenant_id)
    [*_encoded([post_of(body, message, OWNER, stored, NOW)])]


def _encoded(posts: list[Post]) -> Iterator[int]:
    for post in posts:
        try:
            yield len(post.event.encode())
        except BadInput:  # kept in the raw bytes alone
            continue


def inbound(raw: bytes) -> None:
    """The events that inbound-transform is given: messages, statuses and changes of a body."""
    found = walk(read_json(raw), ITEMS)
    for item in found.messages[:_SOME]:
        with contextlib.suppress(PayloadError):  # it names nobody
            _shown(item.message, sender(item.message, item.contact))
    for status in found.statuses[:_SOME]:
        read_status(status.status, status.contact)
        from_status_errors(status.status.get("errors"))
    for change in found.others[:_SOME]:
        read_change(change.field, change.value)


_SOME = 3  # each of them is an event of its own, and is measured as one


def _shown(message: Json, customer: Customer) -> None:
    """A message as it is shown, whatever is known around it."""
    tapped(message)
    media = media_of(message)
    genesys_media_type(media.mime if media else None)
    said = text(message.get("id")) or "Yes"
    attributes = attributes_of(message, customer, {"tenant": "acme"})
    tapping = Context(tap=Tap("g1", "Button", said, said))
    to_genesys(message, customer, received_at=NOW, context=tapping)
    around = Context(quote=Quote(text=said, by_customer=False))
    for file in (None, FILE, LARGE, Missing("it is gone")):
        to_genesys(
            message, customer, received_at=NOW, file=file, context=around, attributes=attributes
        )
        late_file(message, customer, received_at=NOW, file=file or FILE)


def outbound(raw: bytes) -> None:
    """The event that outbound-transform is given."""
    body = read_json(raw)
    if body is None:
        return
    message = read(body)
    quoted_message(message), pictures(message), receipt_of(message)
    to = receipt_to(message.to_id, None, CUSTOMER) or {}
    failed("g1", to=to, time=NOW, reason=None, words=message.text or "")
    delivered("g1", to=to, time=NOW), receipt_status(message.text)
    source = text(obj(body.get("channel")).get("messageId")) or "g1"
    again_of(again_id(original_id(source), 1)), read_mark(source)
    found = attachments(message)
    fits = [kind_of(one.mime, one.size, sticker=one.sticker) for one in found[:_SOME]]
    files = {one.number: _sent(one, fit) for one, fit in zip(found, fits, strict=False)}
    for given in ({}, files):
        with contextlib.suppress(PayloadError):
            made = to_whatsapp(message, CUSTOMER, tracking_id=OWNER.tenant_id, files=given)
            if isinstance(made, Outbound):
                json.dumps([part.body for part in made.parts])
    with contextlib.suppress(PayloadError):
        fallback(CUSTOMER, FALLBACK, message.text or "", source_id="g1")
    again(body, ShownFile(1, 1, worded=True))


def _sent(one: Attachment, fit: MediaKind | Unfit) -> WaFile | Linked | Refusal:
    """A file as it goes to WhatsApp: uploaded, or by its address."""
    if isinstance(fit, Unfit):
        return Linked(one.url, one.filename)
    mime = upload_mime(one.mime)
    return WaFile(fit, mime, id="1", filename=file_name(one.filename or "a"))


def answers(raw: bytes) -> None:
    """What a provider answers, and what it says of a status."""
    told = read_json(raw)
    safe_detail(raw.decode(errors="replace"), [CUSTOMER])
    whatsapp_errors.refusal(400, raw, {}, [CUSTOMER])
    genesys_errors.refusal(500, raw, {}, [CUSTOMER])
    if isinstance(told, dict):
        from_status_errors(told.get("errors"))
        genesys_errors.not_applied(told, {}, [CUSTOMER])
        safe_detail(text(obj(told.get("error")).get("message")) or "", [CUSTOMER])


def _seeds(provider: str) -> Callable[[], list[bytes]]:
    more = [CARDS] if provider == "whatsapp" else [MARKED]
    return lambda: [json.dumps(body).encode() for body in [*bodies(provider), *more]]


MARKED = {
    "id": "g1",
    "channel": {"messageId": "g1", "to": {"id": CUSTOMER}},
    "type": "Text",
    "text": "[a][b] [b] `https://x.example/` **a https://b.example/ `c`** **https://c.example/**\n"
    "[b]: https://a.example/c",
}
CARDS = {
    "entry": [
        {
            "id": "1",
            "changes": [
                {
                    "field": "messages",
                    "value": {
                        "metadata": {"phone_number_id": OWNER.phone_number_id},
                        "messages": [
                            {
                                "id": "wamid.1",
                                "from": CUSTOMER,
                                "type": "contacts",
                                "contacts": [
                                    {
                                        "vcard": "BEGIN:VCARD\nN;CHARSET=UTF-8;ENCODING="
                                        "QUOTED-PRINTABLE:=41;B\\,C\nTEL;TYPE=CELL;waid=49151:+49 1"
                                        "\nADR;HOME:;;Way 1;Town\nEND:VCARD"
                                    }
                                ],
                            }
                        ],
                    },
                }
            ],
        }
    ]
}


def _answers() -> list[bytes]:
    said = "(#131030) Recipient +49 151 2345678 not in allowed list: a@b.example value [x]"
    told: list[Json] = [
        {"error": {"message": said, "code": 131030}},
        {"status": "Failed", "reasons": [{"code": "GeneralError", "message": said}]},
        {"status": 400, "code": "bad.request", "message": said, "messageWithParams": said},
        {"errors": [{"code": 1, "title": said, "error_data": {"details": said}}]},
    ]
    return [json.dumps(one).encode() for one in told]


TARGETS = {
    "whatsapp-door": Target(whatsapp_door, _seeds("whatsapp")),
    "genesys-door": Target(genesys_door, _seeds("genesys")),
    "inbound": Target(inbound, _seeds("whatsapp")),
    "outbound": Target(outbound, _seeds("genesys")),
    "answers": Target(answers, _answers),
}
