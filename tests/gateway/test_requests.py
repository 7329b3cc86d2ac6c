"""What may come in, and what every answer carries, whatever came."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import requests

from shared.runtime.problem import MEDIA_TYPE
from tests.gateway.office import PAGE, Office
from tests.waits import WAIT_S

KEYS = "/api/v1/keys"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def admin(office: Office) -> str:
    return str(office.key(office.acme, "tenant-admin")["key"])


def deep(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


BODIES: dict[str, tuple[bytes, str, int, str]] = {
    "no body": (b"", "application/json", 400, "malformed_json"),
    "cut short": (b'{"name": "a"', "application/json", 400, "malformed_json"),
    "not UTF-8": (b'{"name": "\xff"}', "application/json", 400, "malformed_json"),
    "not a number of JSON": (b'{"name": NaN}', "application/json", 400, "malformed_json"),
    "a form": (b"name=a", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    "without a type": (b'{"name": "a"}', "", 415, "unsupported_media_type"),
    "in another charset": (
        b"{}",
        "application/json; charset=utf-16",
        415,
        "unsupported_media_type",
    ),
    "over the limit": (
        b'{"name": "%s"}' % (b"a" * 70_000),
        "application/json",
        413,
        "body_too_large",
    ),
    "nested deep": (deep(40), "application/json", 422, "bad_input"),
    "nested very deep": (deep(900), "application/json", 422, "bad_input"),
    "nested beyond the parser": (deep(10_000), "application/json", 400, "malformed_json"),
    "a huge key": (b'{"%s": 1}' % (b"k" * 1000), "application/json", 422, "bad_input"),
    "a list": (b"[]", "application/json", 422, "bad_input"),
    "an unknown field": (b'{"name": "a", "tenant_id": "b"}', "application/json", 422, "bad_input"),
    "a wrong field": (b'{"name": "a", "role": "king"}', "application/json", 422, "bad_input"),
    "a scope that is none": (
        b'{"name": "a", "scopes": ["all"]}',
        "application/json",
        422,
        "bad_input",
    ),
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_is_no_good_is_a_problem_with_its_reason(
    office: Office, admin: str, kind: str
) -> None:
    body, content_type, status, code = BODIES[kind]
    answer = office.ask("POST", KEYS, admin, data=body, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == MEDIA_TYPE


def test_a_good_body_passes(office: Office, admin: str) -> None:
    body = json.dumps({"name": f"k-{uuid4().hex}"}).encode()
    headers = {"Content-Type": 'application/json; charset="UTF-8"'}
    assert office.ask("POST", KEYS, admin, data=body, headers=headers).status_code == 201


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"limit": "1"}, 200),
        ({"limit": "501"}, 422),
        ({"limit": "x"}, 422),
        ({"limit": ["1", "2"]}, 422),
        ({"before": "yesterday"}, 422),
        ({"before": "2020-11-23T12:00:00+01:00"}, 200),
        ({"unknown": "x"}, 200),
        ({"tenant_id": "0c8e0000-0000-4000-8000-000000000000"}, 200),
        ({"limit": "1" * 600}, 422),
    ],
    ids=str,
)
def test_a_parameter_that_is_no_good_is_named(
    office: Office, admin: str, params: dict[str, Any], status: int
) -> None:
    path = f"/api/v1/conversations/{office.acme.conversation_id}/messages"
    assert office.ask("GET", path, admin, params=params).status_code == status


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/v2/me",
        "/api/v1/me/",
        "/api/v1//me",
        "/api/v1/conversations/..",
        "/api/v1/conversations/%2e%2e",
        "/api/v1/messages/..",
        "/api/v1/messages/%00",
        "/api/v1/messages/a%0d%0aSet-Cookie:%20x=1",
        "/state/claim",
        "/tenancy/tenants",
        "/function/state",
        "/webhook/other",
        "/webhook/meta/..",
        "/webhook/meta%2f..",
    ],
)
def test_what_is_no_route_is_a_404_for_everybody(office: Office, admin: str, path: str) -> None:
    prepared = requests.Request("GET", office.gateway.url).prepare()
    prepared.url = office.gateway.url + path  # as it is, without requests' tidying
    prepared.headers["Authorization"] = f"Bearer {admin}"
    with requests.Session() as session:
        answer = session.send(prepared, timeout=WAIT_S)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


ODD = ["' or 1=1 --", "..%2f..%2fclaim", "a?tenant_id=x", "a#b", "{tenant}", "%s%n", "*", "a:b\n"]


@pytest.mark.parametrize("text", ODD)
def test_an_identifier_of_any_letters_is_only_an_identifier(
    office: Office, admin: str, text: str
) -> None:
    quoted = quote(text, safe="")
    for path in (f"/api/v1/messages/{quoted}", f"/api/v1/conversations/{quoted}/messages"):
        answer = office.ask("GET", path, admin)
        assert answer.status_code in (200, 404)
        assert answer.json().get("messages", []) == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/api/v1/me", "GET"),
        ("DELETE", KEYS, "GET, POST"),
        ("OPTIONS", KEYS, "GET, POST"),
        ("PUT", "/webhook/meta", "GET, POST"),
        ("GET", "/webhook/genesys", "POST"),
        ("TRACE", "/api/v1/health", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
    ],
)
def test_a_method_that_the_route_does_not_take_is_told_the_others(
    office: Office, method: str, path: str, allowed: str
) -> None:
    answer = office.ask(method, path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    assert answer.headers["Content-Type"] == MEDIA_TYPE


@pytest.mark.parametrize("path", ["/api/v1/health", "/api/v1/me", "/nowhere", "/webhook/genesys"])
def test_every_answer_carries_the_security_headers_and_an_id(office: Office, path: str) -> None:
    answer = office.ask("GET", path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert len(answer.headers["X-Request-Id"]) == 32
    assert "Strict-Transport-Security" not in answer.headers
    assert "Server" not in answer.headers
    behind_tls = office.ask("GET", path, headers={"X-Forwarded-Proto": "https"})
    assert "max-age" in behind_tls.headers["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a1b2c3d4-e5f6-7890-abcd", True),
        ("short", False),
        ("491701234567", False),  # somebody's number
        ("x" * 65, False),
        ("abcdefghijklmnop\u00e9", False),
        ("abcdefghijklmnop qrst", False),
    ],
)
def test_a_request_id_is_taken_over_when_it_can_be_nothing_else(
    office: Office,
    given: str,
    kept: bool,  # noqa: FBT001
) -> None:
    answer = office.ask("GET", "/api/v1/health", headers={"X-Request-Id": given.encode()})
    assert (answer.headers["X-Request-Id"] == given) is kept


def test_a_page_that_the_tenant_lists_sees_its_answers_and_no_other_page(
    office: Office, admin: str
) -> None:
    for origin, seen in ((PAGE, PAGE), ("https://evil.example", None), ("null", None)):
        answer = office.ask("GET", "/api/v1/me", admin, headers={"Origin": origin})
        assert answer.headers.get("Access-Control-Allow-Origin") == seen
        assert answer.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_page_of_one_tenant_does_not_see_anothers_answers(office: Office) -> None:
    bean = office.key(office.bean, "tenant-admin")["key"]
    answer = office.ask("GET", "/api/v1/me", bean, headers={"Origin": PAGE})
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(("origin", "status"), [(PAGE, 204), ("https://evil.example", 403)])
def test_a_browser_that_asks_first_is_told(office: Office, origin: str, status: int) -> None:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization",
    }
    answer = office.ask("OPTIONS", "/api/v1/keys", headers=headers)
    assert answer.status_code == status
    assert ("Access-Control-Allow-Origin" in answer.headers) is (status == 204)
    if status == 204:
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_a_page_whose_token_ran_out_sees_that_it_did(office: Office) -> None:
    answer = office.ask("GET", "/api/v1/me", "expired", headers={"Origin": PAGE})
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (401, PAGE)


def test_the_log_names_routes_and_nobody(office: Office, admin: str) -> None:
    token = office.person(office.acme, "agent", subject="ana@acme.example")
    params = {"channel_id": office.acme.channel_id}
    path = f"/api/v1/customers/{office.acme.customer}"
    assert office.ask("GET", path, token, params=params).status_code == 200
    office.ask("GET", path, admin, params={"secret": "SECRET-in-a-query"})
    log = office.gateway.output.read_text()
    assert '"/api/v1/customers/{customer}"' in log
    for hidden in (office.acme.customer, "ana@", "SECRET", admin, token, office.acme.message_id):
        assert hidden not in log
