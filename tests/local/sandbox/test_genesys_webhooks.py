"""What agents write: exact bytes and signature, retries, shapes, copies."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.local.sandbox.support import CUT, HANG, Hit, Reply, World, open_message

USER = "+919876543210"


def signed(world: World, hit: Hit) -> bool:
    digest = hmac.new(world.webhook_secret.encode(), hit.body, hashlib.sha256).digest()
    expected = f"sha256={base64.b64encode(digest).decode()}"
    return hit.headers.get("x-hub-signature-256") == expected


def written(world: World, **more: Any) -> dict[str, Any]:
    more.setdefault("text", "hi")
    world.sandbox.agent_says(world.integration, USER, wait=True, **more)
    body: dict[str, Any] = json.loads(world.receiver.hits(world.genesys_path)[-1].body)
    return body


def test_the_bytes_are_compact_utf8_signed_in_base64(world: World) -> None:
    body = written(world, text="é 😀 a/b")
    (hit,) = world.receiver.hits(world.genesys_path)
    assert hit.body == json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    assert "é 😀 a/b".encode() in hit.body
    assert signed(world, hit)
    assert hit.headers["x-static"] == "yes"


def test_the_body_of_today(world: World) -> None:
    got = world.genesys("message?prefetchConversationId=true", open_message()).json()
    body = written(world)
    channel = body["channel"]
    assert len(body["id"]) == 32
    assert body["conversationId"] == got["conversationId"]
    assert (body["type"], body["direction"], body["text"]) == ("Text", "Outbound", "hi")
    assert body["originatingEntity"] == "Human"
    assert channel["messageId"] == body["id"]
    assert channel["id"] == channel["from"]["id"] == world.integration
    assert channel["to"] == {"id": USER, "idType": "Phone"}
    assert (channel["platform"], channel["type"]) == ("Open", "Private")


def test_the_body_of_2021_has_no_conversation_id(world: World) -> None:
    body = written(world, shape="2021")
    assert "conversationId" not in body
    assert body["channel"]["to"] == {"id": USER}


def test_the_seeds_body(world: World) -> None:
    sent = world.sandbox.agent_says(world.integration, USER, "hi", shape="seed", wait=True)
    body = json.loads(world.receiver.hits(world.genesys_path)[-1].body)
    assert not {"id", "to", "from"} & set(body["channel"])
    assert body["metadata"] == {"conversationId": sent.conversation_id}
    assert body["integrationId"] == world.integration
    assert body["channel"]["messageId"] != body["id"]


def test_id_type_and_extra_keys_are_switches(world: World) -> None:
    body = written(world, id_type=False, extra_keys=True)
    assert body["channel"]["to"] == {"id": USER}
    assert {"relatedMessages", "messageMetadata"} <= set(body)


def test_a_message_is_laid_over_the_body(world: World) -> None:
    content = [{"contentType": "QuickReply", "quickReply": {"text": "A", "payload": "a"}}]
    body = written(world, text="?", message={"type": "Structured", "content": content})
    assert (body["type"], body["content"], body["text"]) == ("Structured", content, "?")


def test_typing_and_receipts(world: World) -> None:
    typing = written(world, kind="typing", text=None)
    assert (typing["type"], typing["events"][0]["eventType"]) == ("Event", "Typing")
    mine = written(world, kind="receipt", text=None, status="Failed", message_id="a" * 32)
    assert (mine["type"], mine["id"], mine["status"]) == ("Receipt", "a" * 32, "Failed")
    assert world.sandbox.conversations(side="genesys", line=world.integration) == []


@pytest.mark.parametrize(
    ("replies", "state", "tries"),
    [
        ([200], "delivered", 1),
        ([202], "delivered", 1),
        ([429, 500, 503, 200], "delivered", 4),
        ([CUT, 200], "delivered", 2),
        ([500] * 6, "failed", 6),
        ([400], "failed", 1),
        ([401], "failed", 1),
        ([403], "failed", 1),
        ([404], "failed", 1),
        ([302], "failed", 1),
    ],
)
def test_only_429_5xx_and_silence_are_tried_again(
    world: World, replies: list[Reply], state: str, tries: int
) -> None:
    world.receiver.script(world.genesys_path, *replies)
    sent = world.sandbox.agent_says(world.integration, USER, "é", wait=True)
    hits = world.receiver.hits(world.genesys_path)
    assert (sent.webhook["state"], sent.webhook["tries"], len(hits)) == (state, tries, tries)
    assert len({(h.body, h.headers["x-hub-signature-256"]) for h in hits}) == 1
    (thread,) = world.sandbox.conversations(side="genesys", line=world.integration)
    assert thread.messages[0].extra["webhook"] == state


def test_silence_is_tried_again(world: World) -> None:
    world.sandbox.settings(genesys={"webhook_timeout_s": 0.1})
    world.receiver.script(world.genesys_path, HANG)
    sent = world.sandbox.agent_says(world.integration, USER, "x", wait=True)
    assert [a["error"] for a in sent.webhook["attempts"]] == ["timeout", None]


def test_a_cut_connection_may_be_final(world: World) -> None:
    world.sandbox.settings(genesys={"retry_connection_errors": False})
    world.receiver.script(world.genesys_path, CUT)
    sent = world.sandbox.agent_says(world.integration, USER, "x", wait=True)
    assert (sent.webhook["state"], sent.webhook["tries"]) == ("failed", 1)


@pytest.mark.parametrize("gap", [0, 30])
def test_copies_carry_the_same_bytes(world: World, gap: int) -> None:
    world.sandbox.agent_says(world.integration, USER, "x", duplicates=2, duplicate_after_ms=gap)
    hits = world.receiver.hits(world.genesys_path, 3)
    assert len({h.body for h in hits}) == 1
    (thread,) = world.sandbox.conversations(side="genesys", line=world.integration)
    assert len(thread.messages) == 1


@pytest.mark.parametrize("spoiled", ["wrong", "missing", "short", "hex"])
def test_a_signature_can_be_spoiled(world: World, spoiled: str) -> None:
    world.receiver.script(world.genesys_path, 401)
    world.sandbox.agent_says(world.integration, USER, "x", signature=spoiled, wait=True)
    (hit,) = world.receiver.hits(world.genesys_path)
    assert not signed(world, hit)
    assert ("x-hub-signature-256" in hit.headers) == (spoiled != "missing")


def test_a_whole_body_goes_as_it_is(world: World) -> None:
    world.sandbox.genesys_webhook(world.integration, {"text": "é"})
    world.sandbox.genesys_webhook(world.integration, {"text": "é"}, truncate_bytes=2)
    whole, cut = world.receiver.hits(world.genesys_path)
    assert whole.body == '{"text":"é"}'.encode()
    assert signed(world, whole)
    assert cut.body == whole.body[:-2]


def test_an_agent_may_write_first_or_into_a_conversation(world: World) -> None:
    first = world.sandbox.agent_says(world.integration, "+4917", "hello", wait=True)
    again = world.sandbox.agent_says(
        world.integration, None, "more", conversation_id=first.conversation_id, wait=True
    )
    assert again.conversation_id == first.conversation_id
    bodies = [json.loads(h.body) for h in world.receiver.hits(world.genesys_path)]
    assert [b["channel"]["to"]["id"] for b in bodies] == ["+4917", "+4917"]
