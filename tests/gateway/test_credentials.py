"""Every route, with every credential that is not good enough: nobody where they don't belong."""

from __future__ import annotations

from typing import Any

import pytest

from shared.tenancy.roles import ROLES
from tests.gateway.office import Office
from tests.gateway.routes import CLOSED, WALKS, Walk

BAD: dict[str, dict[str, Any]] = {
    "expired": {"expires_in": -60},
    "not yet valid": {"not_before_in": 120},
    "for another audience": {"audience": "another"},
    "of another issuer": {"issuer": "https://evil.example"},
    "unsigned": {"algorithm": "none"},
    "signed with the public key as a secret": {"algorithm": "HS256"},
    "signed with a stranger's key": {"stranger": True},
    "signed with an unknown key": {"kid": "rsa-999"},
    "without an end": {"without": ["exp"]},
    "without a person": {"without": ["sub"]},
    "of a person whose name forges a line": {"subject": "ana\n2099-01-01  root  tenant.changed"},
    "of a person whose name turns a line around": {"subject": "ana\u202e"},
    "without an audience": {"without": ["aud"]},
    "without a beginning": {"without": ["iat"]},
    "that brings its own key": {
        "stranger": True,
        "headers": {"jku": "https://evil.example/jwks", "jwk": {"kty": "oct", "k": "AA"}},
    },
    "with a critical header that nobody knows": {"headers": {"crit": ["exp2"], "exp2": 1}},
}


def best(office: Office, walk: Walk) -> str:
    """The best token that there is for this route."""
    if walk.route.access == "platform":
        return office.person(None, "platform-admin")
    return office.person(office.acme, "tenant-admin")


@pytest.mark.parametrize("walk", CLOSED, ids=str)
def test_without_a_credential_there_is_nothing(office: Office, walk: Walk) -> None:
    answer = office.ask(**walk.asked(office.acme))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="parley"'
    assert answer.json()["detail"] == "Unauthorised"


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_token_opens_no_route(office: Office, kind: str) -> None:
    for walk in CLOSED:
        roles = walk.roles if walk.route.access != "caller" else ["viewer"]
        of = None if walk.route.access == "platform" else office.acme
        token = office.person(of, *roles, **BAD[kind])
        answer = office.ask(credential=token, **walk.asked(office.acme))
        assert (answer.status_code, answer.json()["detail"]) == (401, "Unauthorised"), str(walk)


@pytest.mark.parametrize("walk", CLOSED, ids=str)
def test_a_revoked_key_opens_no_route(office: Office, walk: Walk) -> None:
    platform = walk.route.access == "platform"
    tenant = None if platform else office.acme
    made = office.key(tenant, "platform-admin" if platform else "tenant-admin")
    asked = walk.asked(office.acme)
    assert office.ask(credential=made["key"], **asked).status_code not in (401, 403)
    place = f"/tenancy/of/{office.acme.id}/keys" if tenant else "/tenancy/platform/keys"
    assert office.tenancy.call("DELETE", f"{place}/{made['id']}").status_code == 200
    office.until(401, credential=made["key"], **asked)


@pytest.mark.parametrize("walk", WALKS, ids=str)
def test_a_role_opens_what_its_scopes_say_and_no_more(office: Office, walk: Walk) -> None:
    for role in ROLES:
        tenant = None if role == "platform-admin" else office.acme
        answer = office.ask(credential=office.person(tenant, role), **walk.asked(office.acme))
        good = role in walk.roles
        if role == "platform-admin" and walk.route.access == "tenant":
            assert answer.status_code == 422, role  # it must name the tenant
        else:
            assert (answer.status_code in (200, 201, 404)) is good, (role, answer.text)
            assert good or answer.status_code == 403


@pytest.mark.parametrize("walk", WALKS, ids=str)
def test_another_tenants_things_are_not_there(office: Office, walk: Walk) -> None:
    """Tenant B's ids with tenant A's credential, named in every place that a request has."""
    asked = walk.asked(office.bean)
    token = best(office, walk)
    if walk.route.access == "platform":
        token = office.person(office.acme, "tenant-admin", "platform-admin")
    asked["params"] |= {"tenant_id": office.bean.id, "tenant": office.bean.slug}
    answer = office.ask(credential=token, **asked)
    assert "SECRET" not in answer.text
    assert office.bean.id not in answer.text
    for name in (office.bean.id, office.bean.slug):
        named = office.ask(credential=token, headers={"Parley-Tenant": name}, **asked)
        assert named.status_code == 403


@pytest.mark.parametrize("walk", [w for w in WALKS if w.route.access == "tenant"], ids=str)
def test_the_platform_names_the_tenant_and_gets_its_things(office: Office, walk: Walk) -> None:
    admin = office.person(None, "platform-admin")
    for tenant in (office.acme, office.bean):
        headers = {"Parley-Tenant": tenant.slug}
        answer = office.ask(credential=admin, headers=headers, **walk.asked(tenant))
        assert answer.status_code == walk.route.status or "{key_id}" in walk.route.path
        other = office.bean if tenant is office.acme else office.acme
        assert other.id not in answer.text
    gone = office.ask(
        credential=admin, headers={"Parley-Tenant": "nobody"}, **walk.asked(office.acme)
    )
    assert gone.status_code == 404


def test_a_tenants_person_is_never_the_platforms_whatever_the_token_lists(office: Office) -> None:
    token = office.person(office.acme, "platform-admin")
    me = office.ask("GET", "/api/v1/me", token).json()
    assert (me["tenant"], me["roles"], me["scopes"]) == (office.acme.slug, [], [])
    assert office.ask("GET", "/api/v1/tenants", token).status_code == 403


@pytest.mark.parametrize("tenant", ["nobody", "../acme", "' or 1=1", "", 7, ["acme"], "a" * 100])
def test_a_token_for_no_tenant_that_there_is_is_refused(office: Office, tenant: Any) -> None:
    token = office.person(None, "tenant-admin", claims={"tenant": tenant})
    assert office.ask("GET", "/api/v1/me", token).status_code == 403


@pytest.mark.parametrize("form", ["Basic {}", "bearer{}", "Bearer {}x", "Bearer", "Bearer  {}"])
def test_a_key_in_another_form_is_no_key(office: Office, form: str) -> None:
    key = office.key(office.acme, "viewer")["key"]
    assert office.ask("GET", "/api/v1/me", key).status_code == 200
    headers = {"Authorization": form.format(key)}
    assert office.ask("GET", "/api/v1/me", headers=headers).status_code == 401
