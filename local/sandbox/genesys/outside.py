"""The platform's other doors: agentless sends, message details, the legacy inbound endpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from local.sandbox.genesys.agents import Agents
from local.sandbox.genesys.errors import Refused, refusal
from local.sandbox.genesys.gate import CREATE, RECEIVE, VIEW, Gate, Verdict
from local.sandbox.genesys.inbound import Inbound
from local.sandbox.genesys.receipts import Receipts
from local.sandbox.genesys.writings import Writing
from local.sandbox.room.clock import iso_ms
from local.sandbox.room.desk import Answer, Call
from local.sandbox.room.house import House
from local.sandbox.room.ledger import Entry
from local.sandbox.room.setup import Org

Work = Callable[[], Answer]
STATES = {"Delivered": "delivery-success", "Failed": "delivery-failed"}


@dataclass(slots=True)
class Outside:
    """The endpoints' work."""

    house: House
    gate: Gate
    agents: Agents
    inbound: Inbound
    receipts: Receipts

    def doors(self) -> dict[str, Callable[[Call], Answer]]:
        """Each by its name, behind the gate."""
        return {
            "agentless": self.gate.passed(CREATE, self._agentless),
            "details": self.gate.passed(VIEW, self._details),
            "legacy": self.gate.passed(RECEIVE, self._legacy),
        }

    def _agentless(self, org: Org, call: Call) -> tuple[Work, Verdict]:
        """POST /api/v2/conversations/messages/agentless (genesys (e)): open, text only."""
        body, verdict = self.gate.body(call, "genesys-agentless")
        if body["toAddressMessengerType"].lower() != "open" or not body.get("textBody"):
            raise Refused(refusal("bad.request"))
        most = self.house.settings.genesys.max_address
        address = body.get("toAddress") or ""
        if not address or (most and len(address) > most):
            raise Refused(refusal("bad.request"))
        integration = self.gate.integration(org, body["fromAddress"])

        def work() -> Answer:
            writing = Writing(
                integration_id=integration.integration_id,
                to=body["toAddress"],
                kind="text",
                text=body["textBody"],
            )
            sent = self.agents.write(writing)
            answer = {
                "id": sent.id,
                "conversationId": sent.conversation.id,
                "fromAddress": integration.integration_id,
                "toAddress": body["toAddress"],
                "messengerType": "open",
                "textBody": body["textBody"],
                "timestamp": iso_ms(),
            }
            status = self.house.settings.genesys.agentless_status
            return Answer(status, orjson.dumps(answer), note={"id": sent.id})

        return work, verdict

    def _details(self, org: Org, call: Call) -> tuple[Work, Verdict]:
        """GET /api/v2/conversations/messages/{id}/details."""
        entry = self.house.ledger.find("genesys", call.ids["message_id"])
        if entry is None:
            raise Refused(refusal("not.found"))
        self.gate.integration(org, entry.thread.line)
        return lambda: Answer(200, orjson.dumps(_told(entry)), note={"id": entry.id}), None

    def _legacy(self, org: Org, call: Call) -> tuple[Work, Verdict]:
        """POST /api/v2/conversations/messages/inbound/open, deprecated (genesys (b5))."""
        body, verdict = self.gate.body(call, "genesys-legacy")
        integration = self.gate.integration(org, body["channel"]["to"]["id"])
        self.house.recorder.counters["genesys_deprecated"] += 1

        def work() -> Answer:
            if body["type"].lower() == "receipt":
                if "id" not in body or "status" not in body:
                    raise Refused(refusal("bad.request"))
                channel = {**body["channel"], "to": body["channel"]["from"]}
                made = self.receipts.receipt(integration, {**body, "channel": channel}, call)
            else:
                made = self.inbound.message(integration, body, call)
            made.headers |= {"Deprecation": "true"}
            return made

        return work, verdict


def _told(entry: Entry) -> dict[str, Any]:
    ours = entry.direction == "written"
    line, customer = entry.thread.line, entry.thread.customer
    status = "sent" if ours else "received"
    if ours and entry.events:
        status = STATES.get(entry.events[-1]["status"], status)
    receipts = [{"status": e["status"], "reasons": e["reasons"]} for e in entry.events]
    return {
        "id": entry.id,
        "conversationId": entry.extra.get("conversation_id"),
        "direction": "outbound" if ours else "inbound",
        "messengerType": "open",
        "fromAddress": line if ours else customer,
        "toAddress": customer if ours else line,
        "status": status,
        "textBody": entry.text,
        "timestamp": iso_ms(entry.at),
        "normalizedReceipts": receipts,
    }
