"""The auth function over HTTP: real tenancy function, PostgreSQL and Redis, a scripted login."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from redis import Redis

from local.services import Endpoints
from shared.runtime.clock import parse_time
from tests.auth.login_server import Login
from tests.storage.redis_server import redis_server
from tests.tenancy.serving import Served, served
from tests.waits import WAIT_S

Tenant = dict[str, Any]


def ask(auth: Served, tenant: Tenant, provider: str = "genesys", **more: str) -> requests.Response:
    body = {"tenant_id": tenant["id"], "provider": provider, **more}
    return auth.call("POST", "/auth/token", body)


def refuse(auth: Served, tenant: Tenant, provider: str, digest: str) -> requests.Response:
    body = {"tenant_id": tenant["id"], "provider": provider, "access_token_hash": digest}
    return auth.call("POST", "/auth/invalidate", body)


def reapply(tenancy: Served, tenant: Tenant) -> None:
    file = {name: value for name, value in tenant.items() if name != "id"}
    answer = tenancy.call("PUT", f"/tenancy/tenants/{file['tenant']}", file)
    assert answer.status_code == 200, answer.text


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_it_asks_with_basic_and_form_and_keeps_the_token(
    auth: Served, login: Login, acme: Tenant
) -> None:
    first, second = ask(auth, acme), ask(auth, acme)
    assert first.status_code == 200
    assert first.json() == second.json()
    client = acme["credentials"]["genesys"]["default"]
    assert [(one.path, one.client, one.form) for one in login.asked] == [
        (
            "/oauth/token",
            f"{client['client_id']}:{client['client_secret']}",
            {"grant_type": ["client_credentials"]},
        )
    ]


def test_its_life_is_that_of_the_token_less_a_margin(
    auth: Served, login: Login, acme: Tenant, migrated: Endpoints
) -> None:
    login.expires_in = 1000
    told = ask(auth, acme).json()
    left = parse_time(told["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=930) < left <= timedelta(seconds=940)
    with Redis.from_url(migrated.redis_url) as redis:
        assert 930 < int(redis.ttl(f"tenant:{acme['id']}:oauth:token")) <= 940


def test_a_long_life_stays_3300_seconds_in_redis(
    auth: Served, acme: Tenant, migrated: Endpoints
) -> None:
    ask(auth, acme)
    with Redis.from_url(migrated.redis_url) as redis:
        assert 3290 < int(redis.ttl(f"tenant:{acme['id']}:oauth:token")) <= 3300


def test_redis_holds_no_token_in_clear(auth: Served, acme: Tenant, migrated: Endpoints) -> None:
    for provider in ("genesys", "whatsapp"):
        assert ask(auth, acme, provider).status_code == 200
    with Redis.from_url(migrated.redis_url) as redis:
        kept = [
            redis.get(f"tenant:{acme['id']}:oauth:token"),
            redis.get(f"tenant:{acme['id']}:whatsapp:token"),
        ]
    assert all(isinstance(value, bytes) for value in kept)
    assert not any(b"gc-token" in value or b"SECRET" in value for value in kept if value)


@pytest.mark.parametrize("expires_in", [30, 1, 0, -5, None, "soon"])
def test_a_life_shorter_than_the_margin_still_serves(
    auth: Served, login: Login, acme: Tenant, expires_in: Any
) -> None:
    login.expires_in = expires_in
    told = ask(auth, acme)
    assert told.status_code == 200
    life = expires_in if isinstance(expires_in, int) and expires_in > 0 else 0
    end = datetime.now(UTC) + timedelta(seconds=life)
    assert parse_time(told.json()["expires_at"]) <= end


def test_the_token_of_whatsapp_is_the_credential(auth: Served, login: Login, acme: Tenant) -> None:
    told = ask(auth, acme, "whatsapp").json()
    assert told["access_token"] == acme["credentials"]["whatsapp"]["default"]["access_token"]
    assert not login.asked


@pytest.fixture
def other(settings: dict[str, str], tmp_path: Path) -> Iterator[Served]:
    """A second replica. Name it before a tenant: for three seconds a new one's tokens may go."""
    with served("auth", tmp_path, **settings) as replica:
        yield replica


def test_many_callers_of_two_replicas_cost_one_token_request(
    auth: Served, other: Served, login: Login, acme: Tenant
) -> None:
    login.delay = 0.3
    with ThreadPoolExecutor(40) as crowd:
        answers = list(crowd.map(lambda i: ask((auth, other)[i % 2], acme), range(80)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["access_token"] for answer in answers}) == 1
    assert len(login.asked) == 1


@pytest.mark.parametrize("status", [400, 401])
def test_a_refused_client_is_permanent_and_not_asked_again_at_once(
    auth: Served, tenancy: Served, login: Login, acme: Tenant, status: int
) -> None:
    login.status = status
    login.error = {"error": "invalid_client", "description": "client not found"}
    for _ in range(3):
        told = ask(auth, acme)
        assert (told.status_code, told.json()["code"]) == (422, "credential_bad")
        assert "client_secret" in told.json()["detail"]
    assert len(login.asked) == 1
    shown = tenancy.call("GET", f"/tenancy/tenants/{acme['tenant']}").json()["credentials"]
    assert {one["kind"]: one["health"] for one in shown} == {
        "genesys": "bad",
        "whatsapp": "unknown",
    }


def test_a_changed_credential_is_tried_at_once(
    auth: Served, tenancy: Served, login: Login, acme: Tenant
) -> None:
    login.status, login.error = 400, {"error": "invalid_client"}
    assert ask(auth, acme).status_code == 422
    login.status = 200
    acme["credentials"]["genesys"]["default"]["client_secret"] = "SECRET-gc-better"
    reapply(tenancy, acme)
    assert ask(auth, acme).status_code == 200
    assert login.asked[-1].client.endswith(":SECRET-gc-better")


@pytest.mark.parametrize(
    ("status", "error"), [(429, {}), (500, {}), (503, {}), (400, {"error": "odd"}), (302, {})]
)
def test_other_answers_are_for_another_try(
    auth: Served, login: Login, acme: Tenant, status: int, error: dict[str, str]
) -> None:
    login.status, login.error, login.headers = status, error, {"Retry-After": "7"}
    told = ask(auth, acme)
    assert (told.status_code, told.headers["Retry-After"]) == (503, "7")
    login.status = 200
    assert ask(auth, acme).status_code == 200


def test_a_refused_token_is_replaced_once_however_often_it_is_reported(
    auth: Served, login: Login, acme: Tenant
) -> None:
    ask(auth, acme)
    old = sha256("gc-token-1")
    assert refuse(auth, acme, "genesys", old).json() == {"dropped": True}
    assert ask(auth, acme).status_code == 503, "it was refused right after its issue"
    assert refuse(auth, acme, "genesys", old).json() == {"dropped": False}
    assert len(login.asked) == 1


def test_a_late_report_does_not_drop_the_newer_token(auth: Served, acme: Tenant) -> None:
    ask(auth, acme)
    assert refuse(auth, acme, "genesys", sha256("another token")).json() == {"dropped": False}
    assert ask(auth, acme).json()["access_token"] == "gc-token-1"


def test_a_refused_whatsapp_token_waits_for_the_operator(
    auth: Served, tenancy: Served, acme: Tenant
) -> None:
    token = ask(auth, acme, "whatsapp").json()["access_token"]
    assert refuse(auth, acme, "whatsapp", sha256(token)).json() == {"dropped": True}
    told = ask(auth, acme, "whatsapp")
    assert (told.status_code, told.json()["code"]) == (422, "credential_bad")
    acme["credentials"]["whatsapp"]["default"]["access_token"] = "SECRET-wa-new"
    reapply(tenancy, acme)
    assert ask(auth, acme, "whatsapp").json()["access_token"] == "SECRET-wa-new"


def test_an_applied_whatsapp_token_replaces_the_one_in_use(
    auth: Served, tenancy: Served, acme: Tenant
) -> None:
    ask(auth, acme, "whatsapp")
    acme["credentials"]["whatsapp"]["default"]["access_token"] = "SECRET-wa-rotated"
    reapply(tenancy, acme)
    assert ask(auth, acme, "whatsapp").json()["access_token"] == "SECRET-wa-rotated"


@pytest.mark.parametrize("provider", ["genesys", "whatsapp"])
def test_a_credential_that_is_not_there_is_said(auth: Served, acme: Tenant, provider: str) -> None:
    told = ask(auth, acme, provider, credential="second")
    assert (told.status_code, told.json()["code"]) == (422, "credential_bad")
    assert "'second'" in told.json()["detail"]


@pytest.mark.parametrize("trouble", ["stop", "freeze"])
def test_it_serves_without_redis_and_keeps_what_it_has(
    settings: dict[str, str], login: Login, acme: Tenant, tmp_path: Path, trouble: str
) -> None:
    with (
        redis_server(tmp_path) as redis,
        served("auth", tmp_path, **{**settings, "REDIS_URL": redis.url}) as auth,
    ):
        getattr(redis, trouble)()
        tokens = {ask(auth, acme).json()["access_token"] for _ in range(5)}
    assert tokens == {"gc-token-1"}
    assert len(login.asked) == 1


def test_a_stranger_is_not_served(auth: Served, acme: Tenant) -> None:
    body = {"tenant_id": acme["id"], "provider": "genesys"}
    answer = requests.post(auth.url + "/auth/token", json=body, timeout=WAIT_S)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"tenant_id": "acme", "provider": "genesys"},
        {"tenant_id": "aaaaaaaa-0000-4000-8000-000000000001", "provider": "fax"},
        {"provider": "genesys"},
    ],
)
def test_nonsense_is_refused(auth: Served, body: dict[str, str]) -> None:
    assert auth.call("POST", "/auth/token", body).status_code == 422


def test_no_secret_in_its_log(auth: Served, login: Login, acme: Tenant) -> None:
    ask(auth, acme)
    ask(auth, acme, "whatsapp")
    login.status, login.error = 400, {"error": "invalid_client"}
    ask(auth, acme, credential="default")
    text = auth.output.read_text()
    assert "token_issued" in text
    assert "SECRET" not in text
    assert "gc-token" not in text


def health(tenancy: Served, tenant: Tenant, provider: str = "whatsapp") -> str:
    shown = tenancy.call("GET", f"/tenancy/tenants/{tenant['tenant']}").json()["credentials"]
    [found] = [one["health"] for one in shown if one["kind"] == provider]
    return str(found)


def accept(auth: Served, tenant: Tenant, digest: str) -> None:
    body = {"tenant_id": tenant["id"], "provider": "whatsapp", "access_token_hash": digest}
    assert auth.call("POST", "/auth/accepted", body).status_code == 200


def test_a_refusal_of_an_older_token_says_nothing_of_the_new_one(
    auth: Served, tenancy: Served, acme: Tenant
) -> None:
    old = ask(auth, acme, "whatsapp").json()["access_token"]
    acme["credentials"]["whatsapp"]["default"]["access_token"] = "SECRET-wa-newer"
    reapply(tenancy, acme)
    refuse(auth, acme, "whatsapp", sha256(old))
    assert health(tenancy, acme) == "unknown"
    assert ask(auth, acme, "whatsapp").json()["access_token"] == "SECRET-wa-newer"


def test_a_send_that_is_accepted_makes_its_credential_good_again(
    auth: Served, tenancy: Served, acme: Tenant
) -> None:
    token = ask(auth, acme, "whatsapp").json()["access_token"]
    refuse(auth, acme, "whatsapp", sha256(token))
    assert health(tenancy, acme) == "bad"
    accept(auth, acme, sha256("SECRET-of-another-version"))
    assert health(tenancy, acme) == "bad"
    accept(auth, acme, sha256(token))
    assert health(tenancy, acme) == "good"
    assert ask(auth, acme, "whatsapp").json()["access_token"] == token


def test_applying_again_ends_the_rest_after_a_refused_login(
    auth: Served, tenancy: Served, login: Login, acme: Tenant
) -> None:
    login.status, login.error = 400, {"error": "invalid_client"}
    assert ask(auth, acme).status_code == 422
    login.status = 200
    assert ask(auth, acme).status_code == 422
    assert (len(login.asked), health(tenancy, acme, "genesys")) == (1, "bad")
    reapply(tenancy, acme)
    assert ask(auth, acme).status_code == 200
    assert (len(login.asked), health(tenancy, acme, "genesys")) == (2, "good")


def test_applying_again_ends_the_rest_of_a_refused_whatsapp_token(
    auth: Served, tenancy: Served, acme: Tenant
) -> None:
    token = ask(auth, acme, "whatsapp").json()["access_token"]
    refuse(auth, acme, "whatsapp", sha256(token))
    assert ask(auth, acme, "whatsapp").status_code == 422
    reapply(tenancy, acme)
    assert ask(auth, acme, "whatsapp").json()["access_token"] == token
