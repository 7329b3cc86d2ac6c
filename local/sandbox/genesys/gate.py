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
Verdict = dict[str, Any] | None
Inside = Callable[[Org, Call], tuple[Callable[[], Answer], Verdict]]
RECEIVE = "conversation:message:receive"
CREATE = "conversation:message:create"
VIEW = "conversation:message:view"
INTEGRATION_VIEW = "messaging:integration:view"


@dataclass(slots=True)
class Gate:
    """Token, permission, integration, content type, size, parse, schema, rate; then the work."""

    house: House
    login: Login
    windows: Bounded[Window]

    def guarded(self, schema_name: str, work: Work) -> Callable[[Call], Answer]:
        """Put the checks in front of `work` on the integration of the path."""

        def inside(org: Org, call: Call) -> tuple[Callable[[], Answer], Verdict]:
            integration = self.integration(org, call.ids["integration_id"])
            body, verdict = self.body(call, schema_name)
            return lambda: work(integration, body, call), verdict

        return self.passed(RECEIVE, inside)

    def passed(self, permission: str, inside: Inside) -> Callable[[Call], Answer]:
        """Put token, permission and rate around `inside`, which checks and answers the work."""

        def answer(call: Call) -> Answer:
            headers = {"ININ-Correlation-Id": str(uuid.uuid4())}
            try:
                org, client = self._holder(call, permission)
                spent = self._counted(org, client, headers)
                work, verdict = inside(org, call)
                made = spent or work()
                made.note.setdefault("verdict", verdict)
            except Refused as refused:
                made = refused.answer
            made.headers.update(headers)
            return made

        return answer

    def _holder(self, call: Call, permission: str) -> tuple[Org, Client]:
        word, _, value = call.headers.get("authorization", "").partition(" ")
        if word.lower() != "bearer" or not value:
            raise Refused(refusal("authentication.required"))
        holder = self.login.holder(value)
        if isinstance(holder, str):
            raise Refused(refusal(holder))
        if permission not in holder[1].permissions:
            words = f"Missing the following permission(s): [{permission}]"
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

    def integration(self, org: Org, integration_id: str) -> Integration:
        """The org's integration; raises `Refused` when it is another's or nobody's."""
        known = self.house.directory.integrations.get(integration_id)
        if known is None or known[0].name != org.name:
            status = self.house.settings.genesys.unknown_integration
            code = "not.found" if status == 404 else "bad.request"  # noqa: PLR2004 - HTTP
            raise Refused(refusal(code))
        return known[1]

    def body(self, call: Call, schema_name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The body held to its schemas, and their verdicts; raises `Refused`."""
        media_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise Refused(refusal("unsupported.media.type"))
        if len(call.body) > self.house.settings.genesys.max_body_bytes:
            raise Refused(refusal("request.too.large"))
        body = parsed(call.body)
        return body, check(schema_name, body, self.house.settings.genesys)
