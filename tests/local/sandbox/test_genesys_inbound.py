"""The platform's inbound endpoints: what they refuse, what they answer, what they count."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.local.sandbox.support import World, open_message, receipt
from tests.moments import told_at, unix_at
from tests.waits import WAIT_S

TAP = {"type": "QuickReply", "text": "Yes", "payload": "yes"}


def channel(**more: Any) -> dict[str, Any]:
    return {"channel": open_message()["channel"] | more}


def user(**more: Any) -> dict[str, Any]:
    return channel(**{"from": {"id": "+91", "idType": "Phone"} | more})


def attachment(**more: Any) -> dict[str, Any]:
    part = {"mediaType": "Image", "url": "https://a/b.png", "mime": "image/png"} | more
    return open_message(content=[{"contentType": "Attachment", "attachment": part}])


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "no channel": ("message", {"text": "x"}, "bad.request"),
    "no sender": ("message", {"channel": {"time": told_at()}}, "bad.request"),
    "no text, no content": ("message", channel(), "bad.request"),
    "empty text": ("message", open_message(text=""), "bad.request"),
    "no id type": ("message", open_message(**channel(**{"from": {"id": "1"}})), "bad.request"),
    "wrong id type": ("message", open_message(**user(idType="Wa")), "invalid.value"),
    "no date": ("message", open_message(**channel(time="yesterday")), "invalid.date"),
    "impossible date": (
        "message",
        open_message(**channel(time="2020-13-45T10:00:00Z")),
        "invalid.date",
    ),
    "epoch seconds": ("message", open_message(**channel(time=int(unix_at()))), "bad.request"),
    "nested metadata": ("message", open_message(metadata={"a": {"b": "c"}}), "bad.request"),
    "no mime": ("message", attachment(mime=None), "bad.request"),
    "other media type": ("message", attachment(mediaType="Sticker"), "invalid.value"),
    "receipt without id": ("receipt", {**receipt("x"), "id": None}, "bad.request"),
    "receipt without to": (
        "receipt",
        receipt("x", channel={"time": told_at()}),
        "bad.request",
    ),
    "receipt without time": ("receipt", receipt("x", channel={"to": {"id": "1"}}), "bad.request"),
    "read receipt": ("receipt", receipt("x", status="Read"), "invalid.value"),
    "sent receipt": ("receipt", receipt("x", status="Sent"), "invalid.value"),
    "free reason": (
        "receipt",
        receipt("x", status="Failed", reasons=[{"code": "131026", "message": "m"}]),
        "invalid.value",
    ),
    "reason without words": (
        "receipt",
        receipt("x", status="Failed", reasons=[{"code": "GeneralError"}]),
        "bad.request",
    ),
    "event without events": ("event", channel(), "bad.request"),
    "other event": ("event", {**channel(), "events": [{"eventType": "Join"}]}, "invalid.value"),
    "tap without origin": (
        "structured/response",
        {**channel(), "buttonResponse": TAP},
        "bad.request",
    ),
    "tap without a conversation": (
        "structured/response",
        {**channel(), "buttonResponse": TAP, "originatingMessageId": "a" * 32},
        "not.found",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_body_is_refused(world: World, case: str) -> None:
    end, body, code = REFUSED[case]
    got = world.genesys(end, body)
    error = got.json()
    assert (got.status_code, error["code"]) == (404 if code == "not.found" else 400, code)
    assert error["status"] == got.status_code
    assert set(error) >= {"message", "code", "status", "contextId", "details", "errors"}
    assert re.fullmatch(r"[0-9a-f-]{36}", got.headers["ININ-Correlation-Id"])
    assert world.sandbox.conversations(side="genesys", line=world.integration) == []


@pytest.mark.parametrize(
    ("over", "status", "code"),
    [
        ({"headers": {"Authorization": ""}}, 401, "authentication.required"),
        ({"token": "made-up"}, 401, "bad.credentials"),
        ({"integration": "int-none"}, 404, "not.found"),
        ({"data": b"{}", "headers": {"Content-Type": "text/plain"}}, 415, "unsupported.media.type"),
        (
            {"data": b"x" * 1_000_001, "headers": {"Content-Type": "application/json"}},
            413,
            "request.too.large",
        ),
        ({"data": b"{", "headers": {"Content-Type": "application/json"}}, 400, "bad.request"),
        ({"data": b"[]", "headers": {"Content-Type": "application/json"}}, 400, "bad.request"),
        ({"data": b'"\xff"', "headers": {"Content-Type": "application/json"}}, 400, "bad.request"),
    ],
)
def test_the_gate_refuses(world: World, over: dict[str, Any], status: int, code: str) -> None:
    got = world.genesys("message", open_message(), **over)
    assert (got.status_code, got.json()["code"]) == (status, code)
    assert "ININ-Correlation-Id" in got.headers


def test_an_expired_token_is_told_apart(world: World) -> None:
    world.sandbox.setup(world.described(expires_in=1), add=True)
    world.token = world.login().json()["access_token"]
    codes = world.sandbox.wait_for(
        lambda _: world.genesys("message", open_message()).status_code == 401, WAIT_S
    )
    assert codes
    assert world.genesys("message", open_message()).json()["code"] == "credentials.expired"


def test_an_integration_of_another_org_is_not_found(world: World) -> None:
    other = World(world.sandbox, world.receiver)
    world.sandbox.setup(other.described(), add=True)
    got = world.genesys("message", open_message(), integration=other.integration)
    assert (got.status_code, got.json()["code"]) == (404, "not.found")


def test_a_client_without_the_permission_is_refused(world: World) -> None:
    world.sandbox.setup(world.described(permissions=[]), add=True)
    got = world.genesys("message", open_message())
    assert (got.status_code, got.json()["code"]) == (403, "missing.permissions")


def test_the_budget_is_told_and_kept(world: World) -> None:
    world.sandbox.setup(world.described(rate_per_minute=2), add=True)
    got = [world.genesys("message", open_message()) for _ in range(3)]
    assert [g.status_code for g in got] == [202, 202, 429]
    assert [g.headers["inin-ratelimit-count"] for g in got] == ["1", "2", "3"]
    assert got[0].headers["inin-ratelimit-allowed"] == "2"
    assert 0 < int(got[2].headers["inin-ratelimit-reset"]) <= 60
    assert got[2].headers["Retry-After"] == got[2].headers["inin-ratelimit-reset"]
    assert got[2].json()["code"] == "too.many.requests"


def test_an_accepted_message_is_answered_in_full(world: World) -> None:
    got = world.genesys("message", open_message())
    body = got.json()
    assert got.status_code == 202
    assert re.fullmatch(r"[0-9a-f]{32}", body["id"])
    assert "conversationId" not in body
    assert (body["type"], body["text"]) == ("Text", "hello")
    assert body["channel"]["id"] == body["channel"]["to"]["id"] == world.integration
    assert (body["channel"]["platform"], body["channel"]["messageId"]) == ("Open", "wamid.1")


def test_unknown_keys_and_enum_cases_are_let_pass_and_noted(world: World) -> None:
    body = open_message(direction="Inbound", **user(idType="phone"))
    assert world.genesys("message", body).status_code == 202
    assert world.genesys("message", open_message()).status_code == 202
    loose, clean = [
        r["verdict"]
        for r in world.sandbox.records(target="genesys", kind="request", name="message")
        if world.integration in r["path"]
    ]
    assert loose["lenient"] is None
    assert loose["strict"]
    assert clean == {"lenient": None, "strict": None}


def prefetched(world: World, **more: Any) -> str:
    got = world.genesys("message?prefetchConversationId=true", open_message(**more))
    conversation_id: str = got.json()["conversationId"]
    return conversation_id


def test_the_conversation_id_comes_only_when_asked_for(world: World) -> None:
    first = prefetched(world)
    assert prefetched(world) == first
    assert prefetched(world, **user(id="+92")) != first


def test_a_reply_joins_within_the_threading_window_alone(world: World) -> None:
    first = prefetched(world)
    world.sandbox.agent_leaves(first)
    assert prefetched(world) == first
    world.sandbox.settings(genesys={"threading_hours": 0})
    assert prefetched(world) == first
    world.sandbox.agent_leaves(first)
    assert prefetched(world) != first


def counted(world: World, name: str) -> int:
    return world.sandbox.counters().get(name, 0)


@pytest.mark.parametrize("dedupe", [False, True])
def test_the_same_id_and_time_again_is_counted(world: World, *, dedupe: bool) -> None:
    world.sandbox.settings(genesys={"dedupe": dedupe})
    before = counted(world, "genesys_duplicates")
    ids = [world.genesys("message", open_message()).json()["id"] for _ in range(2)]
    assert counted(world, "genesys_duplicates") == before + 1
    (thread,) = world.sandbox.conversations(side="genesys", line=world.integration)
    assert [m.extra["duplicate"] for m in thread.messages] == ([False] if dedupe else [False, True])
    assert (ids[0] == ids[1]) is dedupe


def test_the_same_id_at_another_time_is_counted_apart(world: World) -> None:
    before = counted(world, "genesys_same_id_other_time")
    world.genesys("message", open_message())
    world.genesys("message", open_message(**channel(time=told_at(seconds=1))))
    assert counted(world, "genesys_same_id_other_time") == before + 1


def test_typing_and_taps_are_taken(world: World) -> None:
    typing = {**channel(), "events": [{"eventType": "Typing"}]}
    assert world.genesys("event", typing).status_code == 202
    conversation = prefetched(world)
    asked = world.sandbox.agent_sends(world.integration, "+919876543210", "quick_replies").id
    tap = {**channel(), "buttonResponse": TAP, "originatingMessageId": asked}
    assert world.genesys("structured/response", tap).json()["type"] == "Structured"
    (thread,) = world.sandbox.conversations(side="genesys", line=world.integration)
    assert (thread.conversation_id, thread.texts("got")) == (conversation, ["hello", "Yes"])
    assert thread.messages[-1].extra["originating_message_id"] == asked


def test_a_receipt_reaches_its_message(world: World) -> None:
    sent = world.sandbox.agent_says(world.integration, "+919876543210", "hi", wait=True)
    got = world.genesys("receipt", receipt(sent.id))
    assert (got.status_code, got.json()["status"], got.json()["type"]) == (
        202,
        "Delivered",
        "Receipt",
    )
    (thread,) = world.sandbox.conversations(side="genesys", line=world.integration)
    assert [e["status"] for e in thread.messages[0].events] == ["Delivered"]


def test_a_second_final_receipt_and_one_for_another_are_counted(world: World) -> None:
    before = world.sandbox.counters()
    sent = world.sandbox.agent_says(world.integration, "+919876543210", "hi", wait=True)
    elsewhere = {"to": {"id": "+1"}, "time": told_at()}
    world.genesys("receipt", receipt(sent.id))
    world.genesys("receipt", receipt(sent.id, status="Failed", channel=elsewhere))
    after = world.sandbox.counters()
    for name in ("genesys_second_final_receipts", "genesys_receipts_for_another"):
        assert after[name] == before.get(name, 0) + 1


def test_a_receipt_for_nothing_is_a_2xx_that_says_failed(world: World) -> None:
    other = World(world.sandbox, world.receiver)
    world.sandbox.setup(other.described(), add=True)
    sent = world.sandbox.agent_says(other.integration, "+919876543210", "hi", wait=True)
    for message_id in ("f" * 32, sent.id):
        got = world.genesys("receipt", receipt(message_id))
        assert (got.status_code, got.json()["status"]) == (202, "Failed")
        assert got.json()["reasons"][0]["code"] == "UnknownMessage"
    world.sandbox.settings(genesys={"unknown_receipt": "not_found"})
    assert world.genesys("receipt", receipt("f" * 32)).status_code == 404
