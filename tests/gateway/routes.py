"""The gateway's own table of routes, with a path and a body for each, to be walked by tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from gateway_service.routes import ROUTES, Route
from shared.tenancy.roles import ROLES
from tests.gateway.office import Tenant


@dataclass(frozen=True)
class Walk:
    """One method of one route."""

    route: Route
    method: str

    def __str__(self) -> str:
        return f"{self.method} {self.route.path}"

    def asked(self, tenant: Tenant) -> dict[str, Any]:
        """How to ask for what is this tenant's."""
        path = self.route.path.format(
            conversation_id=tenant.conversation_id,
            message_id=tenant.message_id,
            customer=tenant.customer,
            key_id=uuid4(),
            slug=tenant.slug,
        )
        more: dict[str, Any] = {"method": self.method, "path": path, "params": {}}
        if "channel_id" in self.route.query:
            more["params"]["channel_id"] = tenant.channel_id
        if "state" in self.route.query:
            more["params"]["state"] = "refused"
        if self.route.body == "KeyRequest":
            more["json"] = {"name": f"k-{uuid4().hex[:8]}", "role": "viewer"}
        elif self.route.body == "TenantFile":
            more["json"] = tenant.file
        return more

    @property
    def roles(self) -> list[str]:
        """Those that may."""
        if self.route.access == "platform":
            return ["platform-admin"]
        tenants = [role for role in ROLES if role != "platform-admin"]
        return [r for r in tenants if self.route.scope is None or self.route.scope in ROLES[r]]


WALKS = [Walk(r, m) for r in ROUTES if r.access in ("tenant", "platform") for m in r.methods]
CLOSED = [Walk(r, m) for r in ROUTES if r.access not in ("webhook", "public") for m in r.methods]
