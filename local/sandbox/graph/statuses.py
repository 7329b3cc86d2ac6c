"""What follows an accepted message: sent, delivered, read, or failed (meta (b.5))."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from local.sandbox.graph import webhooks, wire
from local.sandbox.graph.errors import in_status
from local.sandbox.graph.persons import Person
from local.sandbox.room.clock import iso_ms, now, unix_text
from local.sandbox.room.house import House
from local.sandbox.room.setup import PhoneNumber

DAY_S = 86400


class Failure(NamedTuple):
    """Why an accepted message fails later."""

    code: int
    details: str | None = None


@dataclass(slots=True)
class Sent:
    """An accepted message."""

    number: PhoneNumber
    wamid: str
    person: Person
    kind: str
    callback_data: str | None
    group: bool = False
    voice: bool = False


def status_item(house: House, sent: Sent, status: str, failure: Failure | None) -> dict[str, Any]:
    """One item of statuses[]."""
    at = unix_text(now(house.settings.graph.clock_offset_s))
    item: dict[str, Any] = {"id": sent.wamid, "status": status, "timestamp": at}
    item |= _recipient(house, sent, status)
    if sent.callback_data is not None:
        item["biz_opaque_callback_data"] = sent.callback_data
    if status == "failed":
        told = failure or Failure(131026)
        item["errors"] = [in_status(told.code, told.details)]
    elif house.settings.graph.status_pricing and status in {"sent", "delivered"}:
        item |= _priced(house, sent, status)
    return item


def _recipient(house: House, sent: Sent, status: str) -> dict[str, str]:
    person = sent.person
    if sent.group:
        return {"recipient_id": person.who, "recipient_type": "group"}
    parent = house.settings.graph.parent_user_id_key
    names = {"recipient_id": person.wa_id}
    if status != "failed" or person.wa_id is None:
        names |= {"recipient_user_id": person.user_id, parent: person.parent_user_id}
    return {name: value for name, value in names.items() if value is not None}


def _priced(house: House, sent: Sent, status: str) -> dict[str, Any]:
    template = sent.kind == "template"
    category = "utility" if template else "service"
    name = f"{sent.number.phone_number_id}:{sent.person.who}".encode()
    digest = hashlib.blake2s(name, digest_size=16).hexdigest()
    conversation: dict[str, Any] = {"id": digest, "origin": {"type": category}}
    if status == "sent":
        conversation["expiration_timestamp"] = unix_text(time.time() + DAY_S)
    pricing = {
        "billable": template,
        "pricing_model": "PMP",
        "type": "regular" if template else "free_customer_service",
        "category": category,
    }
    priced = {"pricing": pricing}
    return (
        {"conversation": conversation, **priced}
        if house.settings.graph.status_conversation
        else priced
    )


def emit(
    house: House,
    sent: Sent,
    status: str,
    failure: Failure | None = None,
    over: dict[str, Any] | None = None,
) -> str:
    """Send one status now; answers the webhook's seq as text, empty when its number is gone."""
    number = house.directory.numbers.get(sent.number.phone_number_id)
    if number is None:
        return ""
    item = {**status_item(house, sent, status, failure), **(over or {})}
    part: dict[str, Any] = {"statuses": [item]}
    if house.settings.graph.status_contacts and status != "failed" and not sent.group:
        person = sent.person
        names = {"wa_id": person.wa_id, "user_id": person.user_id}
        contact = {name: value for name, value in names.items() if value is not None}
        part = {"contacts": [{"profile": {"name": "Customer"}, **contact}], **part}
    entry = house.ledger.find("whatsapp", sent.wamid)
    if entry is not None:
        entry.events.append({"status": status, "time": iso_ms()})
    app, url = webhooks.callback(house, number)
    out = webhooks.Outgoing(
        wire.encoded(webhooks.envelope([(number, part)], entries=True)),
        "status",
        f"status:{sent.wamid}",
        {"phone_number_id": number.phone_number_id, "customer": sent.person.who},
        {"status_of": sent.wamid, "status": status},
    )
    return str(house.sender.send(webhooks.letter(house, app, url, out)).record.seq)


def schedule(house: House, sent: Sent, failure: Failure | None = None) -> None:
    """Let the statuses of the settings follow, or `failed`."""
    graph = house.settings.graph
    wanted: list[str] = list(graph.statuses) if failure is None else ["failed"]
    if failure is not None and graph.sent_before_failed:
        wanted = ["sent", "failed"]
    if sent.kind == "reaction" and failure is None:
        wanted = [s for s in wanted if s == "sent"]
    if not sent.voice:
        wanted = [s for s in wanted if s != "played"]
    delays = {str(k): v for k, v in graph.status_delay_ms.items()}
    for status in wanted:
        write = partial(emit, house, sent, status, failure)
        house.sender.later(delays.get(status, 0) / 1000, write)
