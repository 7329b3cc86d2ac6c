"""What follows an accepted message: sent, delivered, read, or failed (meta (b.5))."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

from local.sandbox.graph import webhooks, wire
from local.sandbox.graph.errors import in_status
from local.sandbox.room.clock import iso_ms, unix_text
from local.sandbox.room.house import House
from local.sandbox.room.setup import PhoneNumber

DAY_S = 86400


@dataclass(slots=True)
class Sent:
    """An accepted message. `customer`: wa_id or business-scoped user id."""

    number: PhoneNumber
    wamid: str
    customer: str
    scoped: bool
    kind: str
    callback_data: str | None


def status_item(house: House, sent: Sent, status: str, code: int | None) -> dict[str, Any]:
    """One item of statuses[]."""
    item: dict[str, Any] = {"id": sent.wamid, "status": status, "timestamp": unix_text()}
    item["recipient_user_id" if sent.scoped else "recipient_id"] = sent.customer
    if sent.callback_data is not None:
        item["biz_opaque_callback_data"] = sent.callback_data
    if status == "failed":
        item["errors"] = [in_status(code or 131026)]
    elif house.settings.graph.status_pricing and status in {"sent", "delivered"}:
        item |= _priced(sent, status)
    return item


def _priced(sent: Sent, status: str) -> dict[str, Any]:
    template = sent.kind == "template"
    category = "utility" if template else "service"
    name = f"{sent.number.phone_number_id}:{sent.customer}".encode()
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
    return {"conversation": conversation, "pricing": pricing}


def emit(house: House, sent: Sent, status: str, code: int | None = None) -> str:
    """Send one status now; answers the webhook's seq as text, empty when its number is gone."""
    number = house.directory.numbers.get(sent.number.phone_number_id)
    if number is None:
        return ""
    part: dict[str, Any] = {"statuses": [status_item(house, sent, status, code)]}
    if house.settings.graph.status_contacts and status != "failed":
        contact = {"user_id" if sent.scoped else "wa_id": sent.customer}
        part = {"contacts": [{"profile": {"name": "Customer"}, **contact}], **part}
    entry = house.ledger.find("whatsapp", sent.wamid)
    if entry is not None:
        entry.events.append({"status": status, "time": iso_ms()})
    app, url = webhooks.callback(house, number)
    out = webhooks.Outgoing(
        wire.encoded(webhooks.envelope([(number, part)], entries=True)),
        "status",
        f"status:{sent.wamid}",
        {"phone_number_id": number.phone_number_id, "customer": sent.customer},
        {"status_of": sent.wamid, "status": status},
    )
    return str(house.sender.send(webhooks.letter(house, app, url, out)).record.seq)


def schedule(house: House, sent: Sent, failure: int | None = None) -> None:
    """Let the statuses of the settings follow, or `sent` and `failed` with code `failure`."""
    graph = house.settings.graph
    wanted: list[str] = list(graph.statuses) if failure is None else ["failed"]
    if sent.kind == "reaction" and failure is None:
        wanted = [s for s in wanted if s == "sent"]
    delays = {str(k): v for k, v in graph.status_delay_ms.items()}
    for status in wanted:
        code = (failure or 131026) if status == "failed" else None
        write = partial(emit, house, sent, status, code)
        house.sender.later(delays.get(status, 0) / 1000, write)
