"""Composes and sends Meta's webhooks: envelope, signature, retries (meta (a) and (b.0))."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Literal

from local.sandbox.graph import wire
from local.sandbox.room.house import House
from local.sandbox.room.letters import Letter
from local.sandbox.room.records import Attempt
from local.sandbox.room.setup import App, PhoneNumber

OK = 200
Signature = Literal["good", "wrong", "missing", "short"]


@dataclass(slots=True)
class MetaPolicy:
    """Only 200 is success; all else is tried again at growing gaps, for days (meta (a.4))."""

    house: House

    def timeout_s(self) -> float:
        """How long to wait for an answer."""
        return self.house.settings.graph.webhook_timeout_s

    def good(self, status: int) -> bool:
        """Tell whether this answer ends it well."""
        return status == OK

    def gap_s(self, tries: int, last: Attempt) -> float | None:  # noqa: ARG002 - all alike
        """Seconds until the next attempt; None once the days are over."""
        graph = self.house.settings.graph
        gaps = [graph.retry_first_s * graph.retry_factor**n for n in range(min(tries, 60))]
        return None if sum(gaps) > graph.retry_for_s else gaps[-1] * graph.retry_scale


def standard(number: PhoneNumber) -> dict[str, Any]:
    """What stands in every value that is about a number's messages."""
    metadata = {
        "display_phone_number": number.display_phone_number,
        "phone_number_id": number.phone_number_id,
    }
    return {"messaging_product": "whatsapp", "metadata": metadata}


def envelope(changes: list[tuple[PhoneNumber, dict[str, Any]]], *, entries: bool) -> dict[str, Any]:
    """A body of one or several `value` parts, each in an entry of its own when `entries`."""
    made: list[dict[str, Any]] = []
    for number, part in changes:
        change = {"value": {**standard(number), **part}, "field": "messages"}
        if made and not entries and made[-1]["id"] == number.waba_id:
            made[-1]["changes"].append(change)
        else:
            made.append({"id": number.waba_id, "changes": [change]})
    return {"object": "whatsapp_business_account", "entry": made}


@dataclass(slots=True)
class Outgoing:
    """A body to be posted as it is."""

    body: bytes
    name: str
    lane: str
    ids: dict[str, str]
    note: dict[str, Any]


def letter(
    house: House, app: App, url: str, out: Outgoing, signature: Signature = "good"
) -> Letter:
    """Sign `out` with the app's secret, or spoil the signature as asked."""
    signed: str | None = wire.signature(app.app_secret, out.body)
    if signature == "wrong":
        signed = wire.signature(secrets.token_hex(16), out.body)
    elif signature == "missing":
        signed = None
    elif signature == "short":
        signed = (signed or "")[:-2]
    headers = wire.headers(signed)
    if house.settings.graph.legacy_signature:
        headers["X-Hub-Signature"] = wire.old_signature(app.app_secret, out.body)
    return Letter(
        "graph",
        out.name,
        url,
        out.body,
        headers,
        MetaPolicy(house),
        out.lane,
        out.ids,
        out.note,
    )


def callback(house: House, number: PhoneNumber) -> tuple[App, str]:
    """The app that signs for a number, and where to: the number's own URL first."""
    app = house.directory.apps[number.app]
    return app, number.callback_url or app.callback_url
