"""wa-api and genesys-api as processes: token in, one send, one outcome, one clean log line."""

import json
from typing import Any

import pytest
import requests
from pydantic import SecretStr

from shared.messaging.outcomes import SendOutcome
from shared.runtime.service_auth import ServiceTokens
from shared.services.auth import token_digest
from tests.delivery.bodies import CHANNEL, GENESYS, INTEGRATION, KEY, WHATSAPP
from tests.delivery.conftest import DROPPED, Delivery, Start, token_answer
from tests.delivery.provider import FRESH, NUMBER, TEXT, TOKEN, cut, hang, reply
from tests.waits import WAIT_S

ACCEPTED = reply(200, {"contacts": [{"wa_id": "1"}], "messages": [{"id": "wamid.A"}]})
TAKEN = reply(202, {"id": "ab" * 16, "conversationId": "c-1"}, ININ_Correlation_Id="corr-1")
PATHS = {"wa-api": "/whatsapp/send", "genesys-api": "/genesys/messages"}
BODIES = {"wa-api": WHATSAPP, "genesys-api": GENESYS}
BOTH = pytest.mark.parametrize("name", ["wa-api", "genesys-api"])


def meta_error(code: int, **more: Any) -> dict[str, Any]:
    words = f"(#{code}) {TEXT} {NUMBER} {TOKEN}"
    return {"error": {"message": words, "code": code, "fbtrace_id": "Fb1", **more}}


def body_of(function: Delivery, **changes: Any) -> dict[str, Any]:
    return BODIES[function.name] | {"tenant_id": function.tenant_id} | changes


def send(function: Delivery, path: str = "") -> SendOutcome:
    response = function.post(path or PATHS[function.name], body_of(function))
    assert response.status_code == 200, response.text
    return SendOutcome.model_validate_json(response.content)


def lines(function: Delivery) -> list[dict[str, Any]]:
    """The log lines about sends."""
    told = [json.loads(line) for line in function.log.splitlines()]
    return [line for line in told if line["message"] == "send"]


def test_a_message_goes_to_meta_with_the_tenants_token(start: Start) -> None:
    function = start("wa-api", ACCEPTED)
    assert send(function) == SendOutcome.accepted("wamid.A", wa_id="1")
    (seen,) = function.provider.seen
    assert seen.path == "/v23.0/106540352242922/messages"
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert seen.json == WHATSAPP["body"]
    (asked,) = function.auth.seen
    assert asked.json == {
        "tenant_id": function.tenant_id,
        "provider": "whatsapp",
        "credential": "default",
    }
    service_token = asked.headers["authorization"].removeprefix("Bearer ")
    assert ServiceTokens("auth", KEY).verify(service_token, "auth") == "wa-api"


@pytest.mark.parametrize(
    ("path", "kind", "last"),
    [
        ("messages", "message", "message"),
        ("structured", "structured", "structured/response"),
        ("receipts", "receipt", "receipt"),
    ],
)
def test_messages_taps_and_receipts_go_to_genesys(
    start: Start, path: str, kind: str, last: str
) -> None:
    function = start("genesys-api", TAKEN)
    outcome = send(function, f"/genesys/{path}")
    assert outcome == SendOutcome.accepted("ab" * 16, conversation_id="c-1", trace="corr-1")
    (seen,) = function.provider.seen
    place = f"/api/v2/conversations/messages/{INTEGRATION}/inbound/open/{last}"
    assert seen.path.partition("?")[0] == place
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert seen.json == GENESYS["body"]
    (line,) = lines(function)
    assert (line["kind"], line["provider_trace"]) == (f"genesys_{kind}", "corr-1")


@BOTH
def test_a_token_is_asked_for_once(start: Start, name: str) -> None:
    function = start(name, {"wa-api": ACCEPTED, "genesys-api": TAKEN}[name])
    for _ in range(3):
        assert send(function).outcome == "accepted"
    assert (len(function.provider.seen), len(function.auth.seen)) == (3, 1)


REJECTED = {
    "wa-api": reply(401, meta_error(190)),
    "genesys-api": reply(401, {"code": "bad.credentials", "message": f"{TEXT} {TOKEN}"}),
}


@BOTH
def test_a_rejected_token_is_dropped_and_the_send_tried_with_a_fresh_one(
    start: Start, name: str
) -> None:
    good = {"wa-api": ACCEPTED, "genesys-api": TAKEN}[name]
    function = start(name, REJECTED[name], good)
    assert send(function).outcome == "accepted"
    assert [seen.headers["authorization"] for seen in function.provider.seen] == [
        f"Bearer {TOKEN}",
        f"Bearer {FRESH}",
    ]
    assert [seen.path for seen in function.auth.seen] == [
        "/auth/token",
        "/auth/invalidate",
        "/auth/token",
    ]
    assert function.auth.seen[1].json["access_token_hash"] == token_digest(SecretStr(TOKEN))


@BOTH
def test_a_credential_that_stays_bad_holds_the_tenant(start: Start, name: str) -> None:
    function = start(name, REJECTED[name])
    outcome = send(function)
    assert outcome.error is not None
    assert (outcome.outcome, outcome.error.hold_tenant) == ("refused", True)
    assert len(function.provider.seen) == 2


@BOTH
def test_the_same_token_once_more_is_not_sent_again(start: Start, name: str) -> None:
    auth = (token_answer(TOKEN), DROPPED, token_answer(TOKEN))
    function = start(name, REJECTED[name], auth=auth)
    outcome = send(function)
    assert outcome.error is not None
    assert (outcome.error.hold_tenant, len(function.provider.seen)) == (True, 1)


def test_a_moments_refusal_is_tried_again_within_the_call(start: Start) -> None:
    function = start("wa-api", reply(400, meta_error(130429)), ACCEPTED)
    assert send(function).outcome == "accepted"
    assert len(function.provider.seen) == 2
    (line,) = lines(function)
    assert (line["tries"], line["outcome"]) == (2, "accepted")


@BOTH
@pytest.mark.parametrize("fault", [cut, hang, reply(502, b"<html>" + TEXT.encode())])
def test_an_unknown_fate_is_told_and_not_repeated(start: Start, name: str, fault: Any) -> None:
    function = start(name, fault)
    outcome = send(function)
    assert outcome.error is not None
    assert outcome.outcome == "unknown"
    assert outcome.error.retryable == (name == "genesys-api")
    assert len(function.provider.seen) == 1


def test_the_log_line_says_who_and_why_and_nothing_more(start: Start) -> None:
    function = start("wa-api", reply(400, meta_error(131047)))
    outcome = send(function)
    assert outcome.error is not None
    assert outcome.error.detail == "(#131047) … … …"
    (line,) = lines(function)
    assert (line["tenant_id"], line["channel_id"]) == (function.tenant_id, CHANNEL)
    assert (line["outcome"], line["code"], line["provider_trace"]) == ("refused", "131047", "Fb1")
    assert line["level"] == "WARNING"
    assert {"trace_id", "provider_ms", "own_ms", "tries"} <= set(line)


def test_an_alarm_is_an_error_line(start: Start) -> None:
    function = start("wa-api", reply(403, meta_error(131031)))
    send(function)
    assert [line["level"] for line in lines(function)] == ["ERROR"]


def test_the_figures_tell_tenants_outcomes_and_codes(start: Start) -> None:
    function = start("wa-api", ACCEPTED, reply(400, meta_error(131026)))
    send(function)
    send(function)
    page = requests.get(function.url + "/metrics", timeout=WAIT_S).text
    sends = f'parley_sends_total{{kind="whatsapp",outcome="%s",tenant="{function.tenant_id}"}} 1.0'
    assert sends % "accepted" in page
    assert sends % "refused" in page
    assert 'parley_send_errors_total{code="131026",kind="whatsapp"} 1.0' in page
    for name in ("provider_seconds", "send_own_seconds"):
        assert f'parley_{name}_count{{kind="whatsapp"}}' in page


UNUSABLE: list[tuple[str, dict[str, Any] | bytes]] = [
    ("not JSON", b"{"),
    ("not UTF-8", b'{"body": "\xff"}'),
    ("no object", b"[]"),
    ("empty body", {"body": {}}),
    ("body no object", {"body": [TEXT]}),
    ("too large", {"body": {"text": TEXT * 8_000}}),
    ("half a surrogate", b'{"text": "\\ud83d"}'),
    ("a tenant that is none", {"tenant_id": "../" + NUMBER}),
    ("unknown key", {"surprise": TEXT}),
]


@BOTH
def test_what_can_not_be_sent_is_said_and_reaches_nobody(start: Start, name: str) -> None:
    function = start(name, ACCEPTED)
    for label, change in UNUSABLE:
        body: dict[str, Any] | bytes = b""
        if isinstance(change, dict):
            body = body_of(function, **change)
        elif label == "half a surrogate":
            body = json.dumps(body_of(function, body="HERE")).encode().replace(b'"HERE"', change)
        else:
            body = change
        response = function.post(PATHS[name], body)
        assert response.status_code in (413, 422), label
        assert response.headers["content-type"] == "application/problem+json"
    assert (function.provider.seen, function.auth.seen) == ([], [])


@pytest.mark.parametrize("id_", ["1/../2", "abc", "", NUMBER + "?x="])
def test_an_id_can_not_leave_its_place_in_the_path(start: Start, id_: str) -> None:
    function = start("wa-api", ACCEPTED)
    assert (
        function.post("/whatsapp/send", body_of(function, phone_number_id=id_)).status_code == 422
    )
    assert function.provider.seen == []


@pytest.mark.parametrize("region", ["evil.example", "mypurecloud.de.evil.example", "127.0.0.1", ""])
def test_a_region_that_is_not_genesys_gets_no_token(start: Start, region: str) -> None:
    function = start("genesys-api", TAKEN)
    for path in ("/genesys/messages", "/genesys/structured", "/genesys/receipts"):
        assert function.post(path, body_of(function, region=region)).status_code == 422
    assert (function.provider.seen, function.auth.seen) == ([], [])


@BOTH
def test_only_a_token_for_this_function_opens_it(start: Start, name: str) -> None:
    function = start(name, ACCEPTED)
    assert function.post(PATHS[name], body_of(function), audience="state").status_code == 401
    assert requests.post(function.url + PATHS[name], timeout=WAIT_S).status_code == 401
    assert function.provider.seen == []


@BOTH
def test_without_the_auth_function_nothing_is_sent_and_the_caller_comes_back(
    start: Start, name: str
) -> None:
    function = start(name, ACCEPTED, auth=(reply(503, b"", Retry_After="3"),))
    response = function.post(PATHS[name], body_of(function))
    assert (response.status_code, response.headers["retry-after"]) == (503, "3")
    assert function.provider.seen == []


@BOTH
def test_a_tenant_without_a_good_credential_is_held(start: Start, name: str) -> None:
    problem = {"status": 422, "code": "credential_bad", "detail": "refused by the login host"}
    function = start(name, ACCEPTED, auth=(reply(422, problem),))
    outcome = send(function)
    assert outcome.error is not None
    assert (outcome.error.hold_tenant, outcome.error.retryable) == (True, True)
    assert function.provider.seen == []


@BOTH
def test_it_is_ready_while_redis_is_away(start: Start, name: str) -> None:
    function = start(name, ACCEPTED)
    ready = requests.get(function.url + "/readyz", timeout=WAIT_S)
    assert ready.status_code == 200
    assert ready.json()["checks"]["redis"] != "ok"


@BOTH
@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/other"), ("PUT", "")])
def test_other_routes_are_problems(start: Start, name: str, method: str, path: str) -> None:
    function = start(name, ACCEPTED)
    token = ServiceTokens("test", KEY).mint(name)
    response = requests.request(
        method,
        function.url + PATHS[name] + path,
        headers={"Authorization": f"Bearer {token}"},
        timeout=WAIT_S,
    )
    assert response.status_code in (404, 405)
    assert response.headers["content-type"] == "application/problem+json"
