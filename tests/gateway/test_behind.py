"""What passes through to the functions, and what of their answers passes back."""

from __future__ import annotations

from collections.abc import Iterator

import jwt
import pytest

from local.services import Endpoints
from shared.runtime.problem import MEDIA_TYPE
from tests.gateway.office import Office
from tests.gateway.test_limits import behind
from tests.local.sandbox.support import Receiver
from tests.tenancy.serving import served

RAW = b'{"a":  1,\n "\\u00e9": "\xc3\xa9", "x": "\\ud83d"}\r\n'


@pytest.fixture(scope="module")
def function() -> Iterator[Receiver]:
    """Stands in for three functions at once."""
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture(scope="module")
def door(
    office: Office,
    function: Receiver,
    migrated: Endpoints,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Office]:
    with served(
        "api-gateway",
        tmp_path_factory.mktemp("behind"),
        WA_WEBHOOK_URL=f"{function.url}/function/wa-webhook",
        GENESYS_WEBHOOK_URL=function.url,
        STATE_URL=function.url,
        TENANCY_URL=office.tenancy.url,
        REDIS_URL=migrated.redis_url,
    ) as gateway:
        yield behind(office, gateway)


@pytest.fixture(scope="module")
def agent(door: Office) -> str:
    return str(door.key(door.acme, "agent")["key"])


@pytest.mark.parametrize(
    ("path", "inner"),
    [
        ("/webhook/meta", "/function/wa-webhook/webhook/meta"),
        ("/webhook/meta/acme.app-1", "/function/wa-webhook/webhook/meta/acme.app-1"),
        ("/webhook/genesys", "/webhook/genesys"),
        ("/webhook/genesys/", "/webhook/genesys/"),
    ],
)
def test_a_webhook_passes_with_its_very_bytes_and_signature(
    door: Office, function: Receiver, path: str, inner: str
) -> None:
    headers = {
        "Content-Type": "application/json",
        "X-Hub-Signature-256": "sha256=abc",
        "Authorization": "Bearer somebody's",
        "Cookie": "a=b",
        "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01",
    }
    assert door.ask("POST", path + "?x=%2F&y=a+b", data=RAW, headers=headers).status_code == 200
    hit = function.hits(inner, 1)[-1]
    assert (hit.body, hit.path) == (RAW, inner + "?x=%2F&y=a+b")
    assert hit.headers["x-hub-signature-256"] == "sha256=abc"
    assert hit.headers["traceparent"] == headers["traceparent"]
    assert not {"authorization", "cookie"} & set(hit.headers)


@pytest.mark.parametrize("path", ["/webhook/genesys", "/function/wa-webhook/webhook/meta"])
@pytest.mark.parametrize("status", [401, 403, 413, 422, 500, 503])
def test_a_door_s_own_answer_is_passed_on(
    door: Office, function: Receiver, path: str, status: int
) -> None:
    function.offer(path, b'{"code": "of_the_door"}', MEDIA_TYPE)
    function.script(path, status)
    answer = door.ask("POST", path.removeprefix("/function/wa-webhook"), data=b"{}")
    assert (answer.status_code, answer.json()) == (status, {"code": "of_the_door"})


@pytest.mark.parametrize("path", ["/webhook/genesys", "/function/wa-webhook/webhook/meta"])
@pytest.mark.parametrize("status", [302, 400, 404, 408, 425, 429])
def test_a_refusal_that_is_not_the_door_s_own_asks_for_the_webhook_again(
    door: Office, function: Receiver, path: str, status: int
) -> None:
    function.offer(path, b"<html>no such function", "text/html")
    function.script(path, status)
    answer = door.ask("POST", path.removeprefix("/function/wa-webhook"), data=b"{}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


def test_the_function_learns_tenant_caller_and_scopes_from_our_token_alone(
    door: Office, function: Receiver, agent: str
) -> None:
    path = "/state/message/wamid.a%2Fb%3D"
    function.script(path, 404)
    headers = {"Cookie": "a=b", "X-Forwarded-For": "10.0.0.1", "X-Tenant-Id": door.bean.id}
    door.ask("GET", "/api/v1/messages/wamid.a%2Fb%3D", agent, headers=headers)
    hit = function.hits(path, 1)[-1]
    assert hit.path == f"{path}?tenant_id={door.acme.id}"
    token = hit.headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["iss"], claims["aud"]) == ("api-gateway", "state")
    assert claims["act"]["tenant"] == door.acme.id
    assert claims["act"]["sub"].startswith("key:")
    assert "messages:read" in claims["act"]["scope"].split()
    assert agent not in str(hit.headers)
    assert not {"cookie", "x-tenant-id", "x-forwarded-for"} & set(hit.headers)


@pytest.mark.parametrize("status", [302, 401, 404, 500, 502])
def test_an_answer_that_is_none_of_ours_is_not_shown(
    door: Office, function: Receiver, agent: str, status: int
) -> None:
    path = f"/state/message/odd-{status}"
    function.offer(path, b"<html>SECRET stack trace", "text/html")
    function.script(path, status)
    answer = door.ask("GET", f"/api/v1/messages/odd-{status}", agent)
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, MEDIA_TYPE)
    assert "SECRET" not in answer.text


def test_a_read_that_meets_a_503_is_asked_once_more(
    door: Office, function: Receiver, agent: str
) -> None:
    path = "/state/message/again"
    function.offer(path, b'{"good": true}', "application/json")
    function.script(path, 503, 200)
    assert door.ask("GET", "/api/v1/messages/again", agent).json() == {"good": True}
    assert len(function.hits(path, 2)) == 2
