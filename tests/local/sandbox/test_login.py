"""OAuth of the Genesys side."""

from __future__ import annotations

import pytest
import requests

from tests.local.sandbox.support import World, open_message
from tests.waits import WAIT_S


def test_a_token_is_given_for_basic_and_form(world: World) -> None:
    got = world.login()
    body = got.json()
    assert got.status_code == 200
    assert (body["token_type"], body["expires_in"]) == ("bearer", 86400)
    assert len(body["access_token"]) > 40
    assert "refresh_token" not in body


def test_credentials_in_the_form_do_too(world: World) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": world.client_id,
        "client_secret": "client-secret",
    }
    url = f"{world.sandbox.login_url}/oauth/token"
    assert requests.post(url, data=form, timeout=WAIT_S).status_code == 200


def test_the_life_of_a_token_is_the_clients_or_the_settings(world: World) -> None:
    world.sandbox.settings(login={"expires_in": 300})
    assert world.login().json()["expires_in"] == 300
    world.sandbox.setup(world.described(expires_in=600), add=True)
    assert world.login().json()["expires_in"] == 600


@pytest.mark.parametrize("status", [400, 401])
def test_a_wrong_client_or_secret_is_refused_in_oauth_words(world: World, status: int) -> None:
    world.sandbox.settings(login={"refused_status": status})
    wrong = world.login(secret="other")
    assert wrong.status_code == status
    assert wrong.json() == {
        "error": "invalid_client",
        "description": "authentication failed",
        "error_description": "authentication failed",
    }
    world.client_id = "nobody"
    assert world.login().json()["description"] == "client not found"


def test_another_grant_or_body_is_refused(world: World) -> None:
    assert world.login(grant_type="password").json()["error"] == "unsupported_grant_type"
    url = f"{world.sandbox.login_url}/oauth/token"
    got = requests.post(url, json={"grant_type": "client_credentials"}, timeout=WAIT_S)
    assert (got.status_code, got.json()["error"]) == (400, "invalid_request")


def test_too_many_token_requests_are_refused(world: World) -> None:
    world.sandbox.settings(login={"rate_per_minute": 1})
    assert world.login().status_code == 200
    got = world.login()
    assert got.status_code == 429
    assert int(got.headers["Retry-After"]) > 0


def test_a_revoked_token_is_a_401(world: World) -> None:
    assert world.genesys("message", open_message()).status_code == 202
    world.sandbox.revoke_tokens(world.client_id)
    got = world.genesys("message", open_message())
    assert (got.status_code, got.json()["code"]) == (401, "bad.credentials")
