"""The checks before the work, in the platform's order (genesys, checklist)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.sandbox.genesys.errors import Refused, refusal, too_many
from local.sandbox.genesys.login import Login
from local.sandbox.genesys.verdict import check, parsed
from local.sandbox.room.desk import Answer, Call
from local.sandbox.room.house import House
from local.sandbox.room.limits import Bounded, Window
from local.sandbox.room.setup import Client, Integration, Org

Work = Callable[[Integration, dict[str, Any], Call], Answer]


@dataclass(slots=True)
class Gate:
    """Token, permission, integration, content type, size, parse, schema, rate; then `work`."""

    house: House
    login: Login
    windows: Bounded[Window]

    def guarded(self, schema_name: str, work: Work) -> Callable[[Call], Answer]:
        """Put the checks in front of `work`."""

        def answer(call: Call) -> Answer:
            headers = {"ININ-Correlation-Id": str(uuid.uuid4())}
            try:
                org, client = self._holder(call)
                spent = self._counted(org, client, headers)
                integration = self._integration(org, call.ids["integration_id"])
                body = self._body(call)
                verdict = check(schema_name, body)
                made = spent or work(integration, body, call)
                made.note.setdefault("verdict", verdict)
            except Refused as refused:
                made = refused.answer
            made.headers.update(headers)
            return made

        return answer

    def _holder(self, call: Call) -> tuple[Org, Client]:
        word, _, value = call.headers.get("authorization", "").partition(" ")
        if word.lower() != "bearer" or not value:
            raise Refused(refusal("authentication.required"))
        holder = self.login.holder(value)
        if isinstance(holder, str):
            raise Refused(refusal(holder))
        if "conversation:message:receive" not in holder[1].permissions:
            words = "Missing the following permission(s): [conversation:message:receive]"
            raise Refused(refusal("missing.permissions", words))
        return holder

    def _counted(self, org: Org, client: Client, headers: dict[str, str]) -> Answer | None:
        """Count the request and tell the budget in the headers; a 429 when it is spent."""
        allowed = client.rate_per_minute or self.house.settings.genesys.rate_per_minute
        window = self.windows.obtain(f"{org.name}:{client.client_id}", Window)
        seconds = window.enter()
        headers |= {
            "inin-ratelimit-count": str(window.count),
            "inin-ratelimit-allowed": str(allowed),
            "inin-ratelimit-reset": str(seconds),
        }
        over = self.house.limited and window.count > allowed
        return too_many(seconds, allowed) if over else None

    def _integration(self, org: Org, integration_id: str) -> Integration:
        known = self.house.directory.integrations.get(integration_id)
        if known is None or known[0].name != org.name:
            status = self.house.settings.genesys.unknown_integration
            code = "not.found" if status == 404 else "bad.request"  # noqa: PLR2004 - HTTP
            raise Refused(refusal(code))
        return known[1]

    def _body(self, call: Call) -> dict[str, Any]:
        media_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise Refused(refusal("unsupported.media.type"))
        if len(call.body) > self.house.settings.genesys.max_body_bytes:
            raise Refused(refusal("request.too.large"))
        return parsed(call.body)
