"""POST .../inbound/open/receipt: what became of an agent's message (genesys (b2))."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from local.sandbox.genesys.errors import Refused, refusal
from local.sandbox.genesys.threads import Conversations
from local.sandbox.room.clock import iso_ms
from local.sandbox.room.desk import Answer, Call
from local.sandbox.room.house import House
from local.sandbox.room.ledger import Entry
from local.sandbox.room.setup import Integration


@dataclass(slots=True)
class Receipts:
    """Applies receipts to the messages agents wrote."""

    house: House
    conversations: Conversations

    def receipt(self, integration: Integration, body: dict[str, Any], _call: Call) -> Answer:
        """Take a receipt. An unknown message is a 2xx with status Failed, or 404 by setting."""
        allowed = self.house.settings.genesys.receipt_statuses
        status = next((a for a in allowed if a.lower() == body["status"].lower()), None)
        if status is None:
            words = (
                f"Value [{body['status']}] is not valid for field type [status]."
                f" Allowable values are: {', '.join(allowed)}"
            )
            raise Refused(refusal("invalid.value", words))
        entry = self._message(integration, body)
        if entry is not None and self._too_late(entry):
            raise Refused(refusal("not.found"))
        if entry is not None:
            self._apply(entry, body, status)
            return self._answered(integration, body, status, body.get("reasons", []))
        self.house.recorder.counters["genesys_unknown_receipts"] += 1
        if self.house.settings.genesys.unknown_receipt == "not_found":
            raise Refused(refusal("not.found"))
        reason = {"code": "UnknownMessage", "message": f"No message {body['id']}"}
        return self._answered(integration, body, "Failed", [reason])

    def _message(self, integration: Integration, body: dict[str, Any]) -> Entry | None:
        entry = self.house.ledger.find("genesys", body["id"])
        if entry is None or entry.direction != "written":
            return None
        return entry if entry.thread.line == integration.integration_id else None

    def _too_late(self, entry: Entry) -> bool:
        if self.house.settings.genesys.receipts_after_disconnect == "accept":
            return False
        talk = self.conversations.find(entry.extra.get("conversation_id", ""))
        return talk is not None and talk.disconnected_at is not None

    def _apply(self, entry: Entry, body: dict[str, Any], status: str) -> None:
        final = bool(body.get("isFinalReceipt"))
        counters = self.house.recorder.counters
        if final and any(e["final"] for e in entry.events):
            counters["genesys_second_final_receipts"] += 1
        other = body["channel"]["to"]["id"] != entry.thread.customer
        if other:
            counters["genesys_receipts_for_another"] += 1
        entry.events.append(
            {
                "status": status,
                "final": final,
                "reasons": body.get("reasons", []),
                "another_customer": other,
                "time": iso_ms(),
            }
        )

    def _answered(
        self,
        integration: Integration,
        body: dict[str, Any],
        status: str,
        reasons: list[dict[str, Any]],
    ) -> Answer:
        given = body["channel"]
        own = {"id": integration.integration_id, "idType": "Opaque"}
        answer: dict[str, Any] = {
            "id": body["id"],
            "channel": {
                "id": integration.integration_id,
                "platform": "Open",
                "type": "Private",
                "to": given["to"],
                "from": own,
                "time": given["time"],
            },
            "type": "Receipt",
            "status": status,
            "reasons": reasons,
            "isFinalReceipt": bool(body.get("isFinalReceipt")),
            "direction": "Outbound",
        }
        code = self.house.settings.genesys.accepted_status
        return Answer(code, orjson.dumps(answer), note={"applied": status, "id": body["id"]})
