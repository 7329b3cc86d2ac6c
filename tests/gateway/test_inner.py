"""The functions behind the gateway, asked with its very token: each holds it to whom it is for."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from shared.runtime.service_auth import OnBehalf, ServiceTokens
from shared.tenancy.roles import SCOPES
from tests.gateway.office import Office, Tenant
from tests.tenancy.serving import SERVICE_KEY
from tests.waits import WAIT_S


def ask(
    office: Office, function: str, method: str, path: str, *, tenant: Tenant | None, **more: Any
) -> int:
    """Status of a call that the gateway makes for somebody of the tenant, with every scope."""
    served = {"state": office.state, "tenancy": office.tenancy}[function]
    whom = OnBehalf("user:x", None if tenant is None else tenant.id, SCOPES)
    token = ServiceTokens("api-gateway", SERVICE_KEY).mint(function, whom)
    headers = {"Authorization": f"Bearer {token}"}
    url = served.url + path
    return requests.request(method, url, headers=headers, timeout=WAIT_S, **more).status_code


def test_what_is_the_tenants_own_is_given(office: Office) -> None:
    acme = office.acme
    path = f"/state/conversation/{acme.conversation_id}/messages?tenant_id={acme.id}"
    assert ask(office, "state", "GET", path, tenant=acme) == 200
    assert ask(office, "tenancy", "GET", f"/tenancy/of/{acme.id}", tenant=acme) == 200
    assert ask(office, "tenancy", "GET", f"/tenancy/tenants/{acme.slug}", tenant=None) == 200


@pytest.mark.parametrize(
    ("function", "method", "path"),
    [
        ("state", "GET", "/state/conversation/{bean.conversation_id}/messages?tenant_id={bean.id}"),
        ("state", "GET", "/state/conversation/x/messages?tenant_id={acme.id}&tenant_id={bean.id}"),
        ("state", "GET", "/state/conversation/x/messages"),
        ("state", "POST", "/state/claim?tenant_id={acme.id}"),
        ("state", "PATCH", "/state/message/x?tenant_id={acme.id}"),
        ("tenancy", "GET", "/tenancy/of/{bean.id}"),
        ("tenancy", "GET", "/tenancy/of/{bean.id}/keys"),
        ("tenancy", "POST", "/tenancy/of/{bean.id}/keys"),
        ("tenancy", "GET", "/tenancy/of/{acme.id}/../{bean.id}"),
        ("tenancy", "GET", "/tenancy/of/{acme.id}x"),
        ("tenancy", "GET", "/tenancy/tenants"),
        ("tenancy", "PUT", "/tenancy/tenants/{acme.slug}"),
        ("tenancy", "GET", "/tenancy/platform/keys"),
        ("tenancy", "GET", "/tenancy/credentials/{acme.id}/whatsapp/default"),
        ("tenancy", "GET", "/tenancy/signing/meta/platform"),
        ("tenancy", "GET", "/tenancy/card/{bean.slug}"),
        ("tenancy", "POST", "/tenancy/key"),
    ],
)
def test_what_is_not_is_refused(office: Office, function: str, method: str, path: str) -> None:
    path = path.format(acme=office.acme, bean=office.bean)
    assert ask(office, function, method, path, tenant=office.acme, json={}) == 403


@pytest.mark.parametrize(
    ("function", "path"),
    [
        ("state", "/state/conversation/x/messages?tenant_id={acme.id}"),
        ("tenancy", "/tenancy/of/{acme.id}"),
        ("tenancy", "/tenancy/credentials/{acme.id}/whatsapp/default"),
        ("tenancy", "/tenancy/signing/meta/platform"),
    ],
)
def test_the_platforms_people_must_name_a_tenant_and_get_no_secrets(
    office: Office, function: str, path: str
) -> None:
    assert ask(office, function, "GET", path.format(acme=office.acme), tenant=None) == 403


def test_a_look_through_the_api_is_no_activity_in_a_conversation(office: Office) -> None:
    agent = office.key(office.acme, "agent")["key"]
    path = f"/api/v1/conversations/{office.acme.conversation_id}"
    params = {"channel_id": office.acme.channel_id}
    first, second = (office.ask("GET", path, agent, params=params).json() for _ in range(2))
    assert first == second
    assert first["last_activity_at"]
