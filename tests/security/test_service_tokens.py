"""No function but the three doors answers who holds no service token for it, on any route."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
import requests

from shared.runtime.service_auth import ServiceTokens
from shared.tenancy.vault import KeyRing
from tests.security.known import INSIDE, filled, routes
from tests.tenancy.serving import Served, served
from tests.waits import WAIT_S

NOWHERE = "127.0.0.1:9"
KEY = "a-service-token-key-of-more-than-sixty-four-characters-for-HS512-too"
SETTINGS = {
    "SERVICE_TOKEN_KEY": KEY,
    "DATABASE_URL": f"postgresql://nobody:x@{NOWHERE}/none",
    "REDIS_URL": f"redis://{NOWHERE}/0",
    "AMQP_URL": f"amqp://nobody:x@{NOWHERE}/%2F",
    "S3_ENDPOINT_URL": f"http://{NOWHERE}",
    "S3_ACCESS_KEY": "nobody",
    "S3_SECRET_KEY": "nothing-at-all",
    "KEY_RING": KeyRing.generate().dump(),
    **{f"{name}_URL": f"http://{NOWHERE}" for name in ("AUTH", "STATE", "TENANCY")},
    **{f"{name}_API_URL": f"http://{NOWHERE}" for name in ("WA", "GENESYS")},
}
BROUGHT = {"X-Forwarded-For": "203.0.113.7"}  # as a gateway or an ingress adds it


@pytest.fixture(scope="module", params=INSIDE)
def function(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """One that stands alone: a stranger is refused before any store is asked."""
    with served(request.param, tmp_path_factory.mktemp(request.param), **SETTINGS) as running:
        yield running


def claims(name: str, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    whole = {"iss": "wa-api", "aud": name, "iat": now, "exp": now + 300, **changes}
    return {claim: value for claim, value in whole.items() if value is not None}


def signed(key: str = KEY, algorithm: str = "HS256", **more: Any) -> Callable[[str], str]:
    return lambda name: jwt.encode(claims(name, **more), key, algorithm=algorithm)


FORGED: dict[str, Callable[[str], str]] = {
    "none": lambda _: "",
    "no token": lambda _: "not-a-token",
    "another function's": lambda name: ServiceTokens("x", KEY).mint(f"not-{name}"),
    "expired": signed(exp=int(time.time()) - 1),
    "without end": signed(exp=None),
    "without audience": signed(aud=None),
    "of another key": signed(f"{KEY[:-1]}!"),
    "of another algorithm": signed(algorithm="HS512"),
    "unsigned": lambda name: jwt.encode(claims(name), "", algorithm="none"),
    "for an hour": signed(exp=int(time.time()) + 3600),
    "of the future": signed(iat=int(time.time()) + 3600),
}


def test_every_route_refuses_every_forgery_in_the_same_words(function: Served) -> None:
    found = routes(function.name)
    assert found
    answers = set()
    with requests.Session() as session:
        for method, path in sorted(found):
            for kind, forge in FORGED.items():
                token = forge(function.name)
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                url = function.url + filled(path)
                answer = session.request(method, url, json={}, headers=headers, timeout=WAIT_S)
                assert answer.status_code == 401, (method, path, kind)
                answers.add(answer.content if method != "HEAD" else b"")
    assert len(answers - {b""}) == 1


def test_a_good_token_opens_the_door(function: Served) -> None:
    token = ServiceTokens("test", KEY).mint(function.name)
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{function.url}/nowhere", headers=headers, timeout=WAIT_S)
    assert answer.status_code in (404, 405, 422)


def test_what_the_platform_s_gateway_brings_learns_no_more_than_whether_we_are_ready(
    function: Served,
) -> None:
    def asked(path: str, **headers: str) -> requests.Response:
        return requests.get(function.url + path, headers=headers, timeout=WAIT_S)

    ours = {"Authorization": f"Bearer {ServiceTokens('test', KEY).mint(function.name)}"}
    assert asked("/healthz", **BROUGHT).text == "ok"
    assert set(asked("/readyz", **BROUGHT).json()) == {"status"}
    assert asked("/metrics", **BROUGHT).status_code == 401
    for headers in ({}, {**BROUGHT, **ours}):
        assert "checks" in asked("/readyz", **headers).json()
        assert asked("/metrics", **headers).status_code == 200


def test_every_function_that_is_no_door_is_walked() -> None:
    assert {"auth", "tenancy", "state", "wa-api", "genesys-api"} <= set(INSIDE)
    assert {"inbound-transform", "outbound-transform"} <= set(INSIDE)
