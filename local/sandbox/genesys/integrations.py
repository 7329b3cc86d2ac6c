"""GET of an Open Messaging integration and of its content profile, as the SDK's models have them.

The signing secret comes in clear (genesys (c1)). The profile asks for the integration's permission;
which one it really asks for no public source tells.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from local.sandbox.genesys.errors import Refused, refusal
from local.sandbox.genesys.gate import INTEGRATION_VIEW, Gate, Verdict
from local.sandbox.room.desk import Answer, Call
from local.sandbox.room.setup import Integration, Org

Work = Callable[[], Answer]


@dataclass(slots=True)
class Integrations:
    """The endpoints' work."""

    gate: Gate

    def doors(self) -> dict[str, Callable[[Call], Answer]]:
        """Each by its name, behind the gate."""
        return {
            "integration": self.gate.passed(INTEGRATION_VIEW, self._integration),
            "content": self.gate.passed(INTEGRATION_VIEW, self._content),
        }

    def _integration(self, org: Org, call: Call) -> tuple[Work, Verdict]:
        found = self.gate.integration(org, call.ids["integration_id"])
        profile = _profile_id(found)
        place = f"/api/v2/conversations/messaging/supportedcontent/{profile}"
        told: dict[str, Any] = {
            "id": found.integration_id,
            "name": found.name,
            "supportedContent": {"id": profile, "name": found.name, "selfUri": place},
            "outboundNotificationWebhookUrl": found.webhook_url,
            "outboundNotificationWebhookSignatureSecretToken": found.webhook_secret,
            "webhookHeaders": found.webhook_headers,
            "status": found.status,
            "createStatus": found.create_status,
        }
        return lambda: Answer(200, orjson.dumps(told)), None

    def _content(self, org: Org, call: Call) -> tuple[Work, Verdict]:
        wanted = call.ids["content_id"]
        found = next((one for one in org.integrations if _profile_id(one) == wanted), None)
        if found is None:
            raise Refused(refusal("not.found"))
        allow = {
            "inbound": [{"type": one} for one in found.inbound_media],
            "outbound": [{"type": one} for one in found.outbound_media],
        }
        told = {"id": wanted, "name": found.name, "mediaTypes": {"allow": allow}}
        return lambda: Answer(200, orjson.dumps(told)), None


def _profile_id(integration: Integration) -> str:
    digest = hashlib.sha256(integration.integration_id.encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
