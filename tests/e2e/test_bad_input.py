"""What strangers, broken senders and new message types bring: a clear answer, and nothing lost."""

import base64
import json
import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from local.demo.world import Company, World
from local.sandbox.client import Sandbox
from shared.genesys.signature import sign as sign_genesys
from shared.whatsapp.signature import sign as sign_meta
from tests.moments import unix_at
from tests.stack import Stack
from tests.support import wait_until
from tests.waits import WAIT_S

WRONG = {
    "missing": None,
    "empty": "",
    "truncated": "half",
    "of another secret": "other",
    "without its prefix": "bare",
    "of the other provider's form": "swapped",
    "not ASCII": "sha256=\u00e9",
}


def unique(text: str) -> str:
    return f"{text} {secrets.token_hex(6)}"


def customer() -> str:
    return f"49152{secrets.randbelow(10**8):08d}"


def envelope(company: Company, *values: dict[str, Any]) -> dict[str, Any]:
    """A body of Meta's with one change a value, on the company's number."""
    metadata = {
        "display_phone_number": company.display_phone_number,
        "phone_number_id": company.phone_number_id,
    }
    changes = [
        {
            "field": "messages",
            "value": {"messaging_product": "whatsapp", "metadata": metadata, **value},
        }
        for value in values
    ]
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": company.waba_id, "changes": changes}],
    }


def text_item(sender: str, text: str) -> dict[str, Any]:
    return {
        "from": sender,
        "id": f"wamid.{secrets.token_hex(16)}",
        "timestamp": unix_at(),
        "type": "text",
        "text": {"body": text},
    }


def post_meta(stack: Stack, raw: bytes, signature: str | None) -> requests.Response:
    headers = {"Content-Type": "application/json"}
    if signature is not None:
        headers["X-Hub-Signature-256"] = signature.encode().decode("latin-1")
    return requests.post(stack.gateway + "/webhook/meta", data=raw, headers=headers, timeout=WAIT_S)


def post_genesys(stack: Stack, raw: bytes, signature: str | None) -> requests.Response:
    headers = {"Content-Type": "application/json"}
    if signature is not None:
        headers["X-Hub-Signature-256"] = signature.encode().decode("latin-1")
    url = stack.gateway + "/webhook/genesys"
    return requests.post(url, data=raw, headers=headers, timeout=WAIT_S)


def spoilt(kind: str | None, good: str, other: str, swapped: str) -> str | None:
    """The signature of a row of WRONG."""
    named = {"half": good[:40], "other": other, "bare": good[7:], "swapped": swapped}
    return named.get(kind, kind) if kind is not None else None


def agent_reads(sandbox: Sandbox, company: Company, sender: str) -> list[str]:
    thread = sandbox.conversation("genesys", company.integration_id, "+" + sender)
    return [] if thread is None else [text or "" for text in thread.texts("got")]


def customer_reads(sandbox: Sandbox, company: Company, sender: str) -> list[str]:
    thread = sandbox.conversation("whatsapp", company.phone_number_id, sender)
    return [] if thread is None else [text or "" for text in thread.texts("got")]


def arrives(stack: Stack, company: Company, sender: str, text: str) -> None:
    stack.sandbox.wait_for(lambda room: text in agent_reads(room, company, sender), WAIT_S)


def objects(stack: Stack, bucket: str, prefix: str) -> set[str]:
    found = stack.s3().list_objects(bucket, prefix=prefix, recursive=True)
    return {str(one.object_name) for one in found}


@pytest.mark.parametrize("kind", WRONG.values(), ids=WRONG)
def test_a_bad_signature_of_metas_is_refused_and_leaves_nothing(
    stack: Stack, world: World, company: Company, kind: str | None
) -> None:
    raw = json.dumps(envelope(company, {"messages": [text_item(customer(), "x")]})).encode()
    before = objects(stack, "webhooks-inbound", "")
    good, other = sign_meta(raw, world.app_secret), sign_meta(raw, "another secret")
    answer = post_meta(stack, raw, spoilt(kind, good, other, sign_genesys(raw, world.app_secret)))
    assert (answer.status_code, answer.json()["detail"]) == (401, "Unauthorised")
    assert objects(stack, "webhooks-inbound", "") == before


@pytest.mark.parametrize("kind", WRONG.values(), ids=WRONG)
def test_a_bad_signature_of_genesys_is_refused_and_leaves_nothing(
    stack: Stack, company: Company, kind: str | None
) -> None:
    raw = json.dumps({"id": "a", "channel": {"id": company.integration_id}, "text": "x"}).encode()
    before = objects(stack, "webhooks-outbound", "")
    good, other = sign_genesys(raw, company.webhook_secret), sign_genesys(raw, "another secret")
    swapped = sign_meta(raw, company.webhook_secret)
    answer = post_genesys(stack, raw, spoilt(kind, good, other, swapped))
    assert (answer.status_code, answer.json()["detail"]) == (401, "Unauthorised")
    assert objects(stack, "webhooks-outbound", "") == before


def test_an_unknown_integration_is_answered_like_a_bad_signature(stack: Stack) -> None:
    raw = json.dumps({"id": "a", "channel": {"id": "nobodys"}, "text": "x"}).encode()
    answer = post_genesys(stack, raw, sign_genesys(raw, "whatever it may be"))
    assert (answer.status_code, answer.json()["detail"]) == (401, "Unauthorised")


DEEP = b'{"entry":' + b"[" * 5000 + b"]" * 5000 + b"}"
NOT_JSON = {
    "empty": b"",
    "cut": b'{"object":"whatsapp_business_account","entry":[{"id"',
    "not UTF-8": b'{"object":"\xff\xfe"}',
    "a list": b"[1,2]",
    "a number": b"17",
    "deeply nested": DEEP,
}


@pytest.mark.parametrize("raw", NOT_JSON.values(), ids=NOT_JSON)
def test_signed_nonsense_is_kept_and_not_asked_for_again(
    stack: Stack, world: World, raw: bytes
) -> None:
    before = objects(stack, "webhooks-inbound", "_platform/")
    answer = post_meta(stack, raw, sign_meta(raw, world.app_secret))
    assert answer.status_code == 200
    new = objects(stack, "webhooks-inbound", "_platform/") - before
    assert [stored(stack, "webhooks-inbound", key) for key in new] == [raw]


def stored(stack: Stack, bucket: str, key: str) -> bytes:
    answer = stack.s3().get_object(bucket, key)
    try:
        return bytes(answer.read())
    finally:
        answer.close()
        answer.release_conn()


@pytest.mark.parametrize("raw", NOT_JSON.values(), ids=NOT_JSON)
def test_nonsense_names_no_integration_and_is_refused(
    stack: Stack, company: Company, raw: bytes
) -> None:
    answer = post_genesys(stack, raw, sign_genesys(raw, company.webhook_secret))
    assert answer.status_code == 401


@pytest.mark.parametrize("door", ["meta", "genesys"])
def test_a_body_over_three_megabytes_is_refused(stack: Stack, door: str) -> None:
    raw = b" " * (3 * 1024 * 1024 + 1)
    answer = requests.post(f"{stack.gateway}/webhook/{door}", data=raw, timeout=WAIT_S)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_body_just_under_the_limit_is_taken(stack: Stack, world: World, company: Company) -> None:
    who, text = customer(), unique("after a long one")
    filler = {"field": "unknown", "value": {"filler": "x" * (3 * 1024 * 1024 - 2000)}}
    body = envelope(company, {"messages": [text_item(who, text)]})
    body["entry"][0]["changes"].append(filler)
    raw = json.dumps(body).encode()
    assert post_meta(stack, raw, sign_meta(raw, world.app_secret)).status_code == 200
    arrives(stack, company, who, text)


def test_an_unknown_number_is_kept_apart_and_its_neighbour_arrives(
    stack: Stack, world: World, company: Company
) -> None:
    who, text = customer(), unique("known beside unknown")
    body = envelope(company, {"messages": [text_item(who, text)]})
    stranger = json.loads(json.dumps(body["entry"][0]))
    stranger["changes"][0]["value"]["metadata"]["phone_number_id"] = "999999999999999"
    body["entry"].append(stranger)
    raw = json.dumps(body).encode()
    before = objects(stack, "webhooks-inbound", "_platform/")
    assert post_meta(stack, raw, sign_meta(raw, world.app_secret)).status_code == 200
    arrives(stack, company, who, text)
    new = objects(stack, "webhooks-inbound", "_platform/") - before
    assert [stored(stack, "webhooks-inbound", key) for key in new] == [raw]
    assert agent_reads(stack.sandbox, company, who) == [text]
    lines = [line for line in stack.log_of("wa-webhook").splitlines() if "quarantined" in line]
    assert lines
    assert not any("tenant_id" in json.loads(line) for line in lines)


def test_each_tenant_keeps_its_own_changes_of_a_shared_body(stack: Stack, world: World) -> None:
    one, two = world.companies[:2]
    texts = [unique("for one"), unique("for two")]
    people = [customer(), customer()]
    body = envelope(one, {"messages": [text_item(people[0], texts[0])]})
    body["entry"] += envelope(two, {"messages": [text_item(people[1], texts[1])]})["entry"]
    raw = json.dumps(body).encode()
    assert post_meta(stack, raw, sign_meta(raw, world.app_secret)).status_code == 200
    for company, who, text in zip((one, two), people, texts, strict=True):
        arrives(stack, company, who, text)
    for mine, other, who in ((texts[0], texts[1], people[0]), (texts[1], texts[0], people[1])):
        rows = stack.query("select raw_ref from message_tracking where customer = :who", who=who)
        bucket, _, key = rows[0][0].partition("/")
        kept = stored(stack, bucket, key).decode()
        assert mine in kept
        assert other not in kept


def odd_items(sender: str) -> Iterator[tuple[str, Any]]:
    """Items that are not as they should be."""
    yield "a string", "not an object"
    yield "nothing", None
    yield "a number", 7
    good = text_item(sender, "x")
    yield "no sender", {key: value for key, value in good.items() if key != "from"}
    yield "text of another type", {**good, "text": [1, 2]}
    yield "type of another type", {**good, "type": {"a": 1}}
    yield "no text", {key: value for key, value in good.items() if key != "text"}


@pytest.mark.parametrize("name", [name for name, _ in odd_items("")])
def test_one_broken_item_costs_its_neighbours_nothing(
    stack: Stack, world: World, company: Company, name: str
) -> None:
    who, other = customer(), customer()
    odd = dict(odd_items(other))[name]
    texts = [unique("before"), unique("after")]
    items = [text_item(who, texts[0]), odd, text_item(who, texts[1])]
    raw = json.dumps(envelope(company, {"messages": items})).encode()
    assert post_meta(stack, raw, sign_meta(raw, world.app_secret)).status_code == 200
    for text in texts:
        arrives(stack, company, who, text)
    assert agent_reads(stack.sandbox, company, who) == texts


@pytest.mark.parametrize("kind", ["hologram", "image", "order", "system", "unsupported"])
def test_a_type_that_we_can_not_show_becomes_a_readable_line(
    stack: Stack, world: World, company: Company, kind: str
) -> None:
    who = customer()
    item = {"from": who, "id": f"wamid.{secrets.token_hex(8)}", "timestamp": unix_at()}
    raw = json.dumps(envelope(company, {"messages": [{**item, "type": kind}]})).encode()
    assert post_meta(stack, raw, sign_meta(raw, world.app_secret)).status_code == 200
    stack.sandbox.wait_for(lambda room: agent_reads(room, company, who), WAIT_S)
    assert agent_reads(stack.sandbox, company, who)[0].startswith("[")


ABSENT = {
    "no contacts": {},
    "a contact without profile": {"contacts": [{"wa_id": "1"}]},
    "contacts of another type": {"contacts": "none"},
}


@pytest.mark.parametrize("value", ABSENT.values(), ids=ABSENT)
def test_absent_optional_fields_stop_nothing(
    stack: Stack, world: World, company: Company, value: dict[str, Any]
) -> None:
    who, text = customer(), unique("no name")
    raw = json.dumps(envelope(company, {"messages": [text_item(who, text)], **value})).encode()
    assert post_meta(stack, raw, sign_meta(raw, world.app_secret)).status_code == 200
    arrives(stack, company, who, text)


def test_text_that_databases_and_terminals_dislike_arrives(
    stack: Stack, world: World, company: Company
) -> None:
    who, text = customer(), unique("a\x00b \u202e rtl \U0001f469\u200d\U0001f680 '; drop table x;")
    raw = json.dumps(envelope(company, {"messages": [text_item(who, text)]})).encode()
    assert post_meta(stack, raw, sign_meta(raw, world.app_secret)).status_code == 200
    arrives(stack, company, who, text.replace("\x00", ""))


def test_the_same_webhook_three_times_is_shown_once(
    stack: Stack, world: World, company: Company
) -> None:
    who, text, last = customer(), unique("once"), unique("and then")
    raw = json.dumps(envelope(company, {"messages": [text_item(who, text)]})).encode()
    for _ in range(3):
        assert post_meta(stack, raw, sign_meta(raw, world.app_secret)).status_code == 200
    stack.sandbox.customer_says(company.phone_number_id, who, last)
    arrives(stack, company, who, last)
    assert agent_reads(stack.sandbox, company, who) == [text, last]


def test_an_agents_message_without_usable_address_is_told_to_the_agent(
    stack: Stack, company: Company
) -> None:
    sent = stack.sandbox.agent_says(company.integration_id, "call me maybe", unique("to nobody"))

    def told(room: Sandbox) -> Any:
        thread = room.conversation("genesys", company.integration_id, "call me maybe")
        found = [m for m in thread.messages if m.id == sent.id] if thread else []
        return found[0].events if found else None

    events = stack.sandbox.wait_for(told, WAIT_S)
    assert [event["status"] for event in events] == ["Failed"]
    assert events[0]["reasons"][0]["code"] == "InvalidDestination"


def test_the_payload_shape_of_the_seeds_is_understood(stack: Stack, company: Company) -> None:
    who, first, text = customer(), unique("hello"), unique("seed shape")
    stack.sandbox.customer_says(company.phone_number_id, who, first)
    arrives(stack, company, who, first)
    stack.sandbox.agent_says(company.integration_id, "+" + who, text, shape="seed")
    stack.sandbox.wait_for(lambda room: text in customer_reads(room, company, who), WAIT_S)


def test_metas_subscription_check_is_answered(stack: Stack) -> None:
    assert stack.sandbox.verify_callback("platform")["verified"] is True
    wrong = stack.sandbox.verify_callback("platform", "not the token")
    assert (wrong["verified"], wrong["status"]) == (False, 403)


@pytest.mark.parametrize(
    "path", ["/", "/webhook", "/webhook/meta/a/b", "/state/claim", "/webhook/meta%2f.."]
)
def test_no_other_route_is_open(stack: Stack, path: str) -> None:
    answer = requests.post(stack.gateway + path, data=b"{}", timeout=WAIT_S)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_wrong_method_names_the_right_ones(stack: Stack) -> None:
    answer = requests.delete(stack.gateway + "/webhook/meta", timeout=WAIT_S)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


def test_refusals_are_logged_with_their_trace_and_without_what_was_sent(
    stack: Stack, company: Company
) -> None:
    marker = secrets.token_hex(12)
    trace = secrets.token_hex(16)
    headers = {
        "X-Hub-Signature-256": f"sha256={marker}",
        "traceparent": f"00-{trace}-{secrets.token_hex(8)}-01",
    }
    # A number that nobody else is refused for: a line of the same refusal is written once a minute.
    stranger = replace(company, phone_number_id=str(secrets.randbelow(10**14) + 10**14))
    raw = json.dumps(envelope(stranger, {"messages": [text_item(customer(), marker)]})).encode()
    requests.post(stack.gateway + "/webhook/meta", data=raw, headers=headers, timeout=WAIT_S)
    wait_until(lambda: trace in stack.log_of("wa-webhook"))
    assert "signature_refused" in stack.log_of("wa-webhook")
    assert marker not in stack.log_of("wa-webhook") + stack.log_of("api-gateway")


def test_no_log_holds_text_numbers_names_or_secrets(stack: Stack, world: World) -> None:
    company = world.companies[1]
    who, text, reply = customer(), unique("private words"), unique("private answer")
    stack.sandbox.customer_says(company.phone_number_id, who, text, profile_name="Zacharias Quill")
    arrives(stack, company, who, text)
    stack.sandbox.agent_says(company.integration_id, "+" + who, reply)
    stack.sandbox.wait_for(lambda room: reply in customer_reads(room, company, who), WAIT_S)
    tenant = stack.query("select id::text from tenants where slug = :slug", slug=company.slug)[0][0]
    wait_until(lambda: tenant in stack.log_of("wa-api"))
    hidden = [
        text,
        reply,
        who,
        "Quill",
        company.access_token,
        company.client_secret,
        company.webhook_secret,
        world.app_secret,
        base64.b64encode(who.encode()).decode().rstrip("="),
    ]
    for log in (stack.root / "logs").glob("*.log"):
        said = log.read_text(errors="replace")
        for secret in hidden:
            assert secret not in said, log.name
