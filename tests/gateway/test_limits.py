"""How much a caller may ask of a running gateway, what it is told of it, with Redis and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.services import Endpoints
from tests.gateway.office import Office
from tests.tenancy.serving import Served, served

HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy")


@pytest.fixture(scope="module", params=["with Redis", "without"])
def strict(
    request: pytest.FixtureRequest,
    office: Office,
    migrated: Endpoints,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Office]:
    """The same house behind a gateway that allows a key 10 calls a minute."""
    redis = migrated.redis_url if request.param == "with Redis" else "redis://127.0.0.1:9/0"
    with served(
        "api-gateway",
        tmp_path_factory.mktemp("strict"),
        WA_WEBHOOK_URL="http://127.0.0.1:9",
        GENESYS_WEBHOOK_URL="http://127.0.0.1:9",
        STATE_URL=office.state.url,
        TENANCY_URL=office.tenancy.url,
        REDIS_URL=redis,
        RATE_LOCAL_SHARE="1",
        API_CLIENT_PER_MINUTE="10",
    ) as gateway:
        yield behind(office, gateway)


def behind(office: Office, gateway: Served) -> Office:
    return Office(gateway, office.tenancy, office.state, office.sandbox, office.acme, office.bean)


def test_a_callers_minute_is_told_and_kept(strict: Office) -> None:
    key = strict.key(strict.acme, "viewer")["key"]
    answers = [strict.ask("GET", "/api/v1/me", key) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert [answers[0].headers[name] for name in HEADERS] == ["10", "9", "6", "10;w=60"]
    refused = answers[-1]
    assert refused.json()["code"] == "too_many_requests"
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert 1 <= int(refused.headers["Retry-After"]) <= 6


def test_a_refused_call_counts_too_and_other_callers_go_on(strict: Office) -> None:
    first, second = (strict.key(strict.acme, "viewer")["key"] for _ in range(2))
    statuses = [strict.ask("GET", "/api/v1/tenant", first).status_code for _ in range(11)]
    assert statuses == [403] * 10 + [429]
    assert strict.ask("GET", "/api/v1/me", second).status_code == 200


def test_a_change_costs_as_much_as_five_reads(strict: Office) -> None:
    key = strict.key(strict.acme, "tenant-admin")["key"]
    statuses = [strict.ask("POST", "/api/v1/keys", key, data=b"").status_code for _ in range(3)]
    assert statuses == [415, 415, 429]


def test_strangers_and_health_are_told_no_limits(strict: Office) -> None:
    for path in ("/api/v1/health", "/api/v1/me"):
        assert not set(HEADERS) & set(strict.ask("GET", path).headers)


def test_without_an_identity_provider_its_tokens_are_none(strict: Office) -> None:
    token = strict.person(strict.acme, "tenant-admin")
    assert strict.ask("GET", "/api/v1/me", token).status_code == 401
