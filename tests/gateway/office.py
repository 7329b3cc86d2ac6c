"""Two tenants behind a running gateway, with the functions and an identity provider."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import requests

from local.sandbox.client import Sandbox
from tests.moments import told_at
from tests.support import wait_until
from tests.tenancy.declared import tenant_file
from tests.tenancy.serving import Served
from tests.waits import WAIT_S

NOON = told_at()
PAGE = "https://desk.acme.example"


@dataclass
class Tenant:
    """A tenant with a conversation in it."""

    id: str
    slug: str
    channel_id: str
    file: dict[str, Any]
    conversation_id: str = field(default_factory=lambda: f"conv-{uuid4()}")
    message_id: str = field(default_factory=lambda: f"wamid.HBg/{uuid4().hex}==")
    customer: str = "491701234567"


@dataclass
class Office:
    """Everything, and how to ask the gateway."""

    gateway: Served
    tenancy: Served
    state: Served
    sandbox: Sandbox
    acme: Tenant
    bean: Tenant

    def ask(self, method: str, path: str, credential: str | None = None, **more: Any) -> Any:
        headers = dict(more.pop("headers", {}))
        if credential is not None:
            headers["Authorization"] = f"Bearer {credential}"
        return requests.request(
            method, self.gateway.url + path, headers=headers, timeout=WAIT_S, **more
        )

    def key(self, tenant: Tenant | None, role: str, **more: Any) -> dict[str, Any]:
        """A fresh API key and its id, as an operator makes it; without a tenant, the platform's."""
        place = "/tenancy/platform/keys" if tenant is None else f"/tenancy/of/{tenant.id}/keys"
        body = {"name": f"k-{uuid4().hex[:8]}", "role": role, **more}
        answer = self.tenancy.call("POST", place, body)
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def person(self, tenant: Tenant | None, *roles: str, **more: Any) -> str:
        """A token of the identity provider."""
        named = {} if tenant is None else {"tenant": tenant.slug}
        return self.sandbox.token(**{**named, "roles": list(roles), "subject": uuid4().hex, **more})

    def until(self, status: int, *asked: Any, **more: Any) -> None:
        """Wait until the gateway answers so."""
        wait_until(lambda: self.ask(*asked, **more).status_code == status)


def declare(tenancy: Served, **changes: Any) -> Tenant:
    file = tenant_file(**changes)
    path = f"/tenancy/tenants/{file['tenant']}"
    applied = tenancy.call("PUT", path, file)
    assert applied.status_code == 200, applied.text
    view = tenancy.call("GET", path).json()
    return Tenant(view["id"], view["tenant"], view["channels"][0]["id"], file)


def furnish(state: Served, tenant: Tenant) -> None:
    """Let the tenant have one message in one conversation."""
    key = {
        "tenant_id": tenant.id,
        "channel_id": tenant.channel_id,
        "direction": "inbound",
        "source_id": tenant.message_id,
    }
    told = {"customer": tenant.customer, "wa_id": tenant.customer, "kind": "text"}
    more = {"conversation_id": tenant.conversation_id, "occurred_at": NOON, "event_id": "e"}
    content = {"content": {"text": f"SECRET of {tenant.slug}"}}
    answer = state.call("POST", "/state/claim", key | told | more | content)
    assert answer.json()["outcome"] == "claimed", answer.text
