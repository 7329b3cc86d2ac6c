"""The log says whose a refused credential was and why; the caller hears the same always."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from local.services import Endpoints
from tests.gateway.office import Office
from tests.gateway.test_limits import behind
from tests.support import wait_until
from tests.tenancy.serving import served

ME = "/api/v1/me"


@pytest.fixture(scope="module")
def door(
    office: Office, migrated: Endpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """A gateway whose log is this module's alone."""
    with served(
        "api-gateway",
        tmp_path_factory.mktemp("refused"),
        WA_WEBHOOK_URL="http://127.0.0.1:9",
        GENESYS_WEBHOOK_URL="http://127.0.0.1:9",
        STATE_URL=office.state.url,
        TENANCY_URL=office.tenancy.url,
        OIDC_ISSUER=office.sandbox.issuer,
        OIDC_AUDIENCE="parley",
        OIDC_REFETCH_SECONDS="0.5",
        OIDC_ALLOWED_HOSTS=urlsplit(office.sandbox.issuer).netloc,
        REDIS_URL=migrated.redis_url,
    ) as gateway:
        yield behind(office, gateway)


def told(door: Office, reason: str) -> dict[str, Any]:
    """The line of a refusal, once it is written."""

    def found() -> list[dict[str, Any]]:
        lines = map(json.loads, door.gateway.output.read_text().splitlines())
        wanted = ("api_refused", reason)
        return [one for one in lines if (one["message"], one.get("reason")) == wanted]

    wait_until(lambda: bool(found()))
    return found()[-1]


def refused(door: Office, credential: str | None, reason: str) -> dict[str, Any]:
    answer = door.ask("GET", ME, credential)
    assert (answer.status_code, answer.json()["detail"]) == (401, "Unauthorised")
    return told(door, reason)


def test_no_credential_and_none_that_is_one(door: Office) -> None:
    assert refused(door, None, "no_credential")["route"] == ME
    refused(door, "parley_x", "not_a_key")
    refused(door, "no.good.token", "malformed")


def test_a_key_that_nobody_knows_is_told_by_its_prefix_and_nothing_of_its_secret(
    door: Office,
) -> None:
    line = refused(door, f"parley_0a1b2c3d_{'s' * 43}", "unknown_key")
    assert line["claimed_key_prefix"] == "0a1b2c3d"
    assert "ssss" not in door.gateway.output.read_text()


def test_a_revoked_key_names_itself_and_its_tenant(door: Office) -> None:
    made = door.key(door.acme, "agent")
    id_ = made["view"]["id"] if "view" in made else made["id"]
    revoked = door.tenancy.call("DELETE", f"/tenancy/of/{door.acme.id}/keys/{id_}")
    assert revoked.status_code == 200, revoked.text
    line = refused(door, made["key"], "revoked_key")
    assert (line["client"], line["tenant_id"]) == (f"key:{id_}", door.acme.id)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"expires_in": -60}, "expired"),
        ({"audience": "somebody-else"}, "wrong_audience"),
        ({"issuer": "https://elsewhere.example"}, "wrong_issuer"),
        ({"not_before_in": 600}, "not_yet_valid"),
        ({"kid": "made-up"}, "unknown_key_id"),
        ({"algorithm": "HS256"}, "wrong_algorithm"),
        ({"stranger": True}, "unknown_key_id"),
    ],
)
def test_a_token_that_is_not_good_says_why_and_which_tenant_it_claims(
    door: Office, more: dict[str, Any], reason: str
) -> None:
    subject = f"ana-{uuid4().hex}"
    line = refused(door, door.person(door.acme, "agent", subject=subject, **more), reason)
    assert line["claimed_tenant"] == door.acme.slug
    assert subject not in door.gateway.output.read_text()


def test_what_is_known_and_not_allowed_names_who_and_what_was_needed(door: Office) -> None:
    viewer = door.key(door.acme, "viewer")
    answer = door.ask("GET", "/api/v1/keys", viewer["key"])
    assert answer.status_code == 403
    line = told(door, "scope")
    assert (line["needed"], line["tenant_id"]) == ("keys:read", door.acme.id)
    assert line["client"].startswith("key:")
    other = {"Parley-Tenant": door.bean.slug}
    path = f"/api/v1/messages/{door.acme.message_id}"
    agent = door.key(door.acme, "agent")["key"]
    assert door.ask("GET", path, agent, headers=other).status_code == 403
    assert told(door, "another_tenant")["claimed_tenant"] == door.bean.slug
    nobody = door.sandbox.token(tenant="no-such-tenant", roles=["agent"], subject=uuid4().hex)
    assert door.ask("GET", ME, nobody).status_code == 403
    assert told(door, "unknown_tenant")["claimed_tenant"] == "no-such-tenant"
