"""Meta's webhooks: exact bytes and signature, retries, batches, spoiled ones, the GET check."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from tests.local.sandbox.support import CUT, HANG, Hit, Reply, World


def signed(world: World, hit: Hit) -> bool:
    digest = hmac.new(world.app_secret.encode(), hit.body, hashlib.sha256).hexdigest()
    return hit.headers.get("x-hub-signature-256") == f"sha256={digest}"


def test_the_bytes_are_escaped_ascii_and_signed_as_they_are(world: World) -> None:
    text = "é 😀 a/b \u200d"
    world.sandbox.customer_says(world.number, "919876543210", text, wait=True)
    (hit,) = world.receiver.hits(world.meta_path)
    assert hit.body.isascii()
    assert rb"\u00e9 \ud83d\ude00 a\/b \u200d" in hit.body
    assert b"/" not in hit.body.replace(rb"\/", b"")
    assert signed(world, hit)
    assert hit.headers["user-agent"] == "facebookexternalua"
    assert hit.headers["content-type"] == "application/json"


def test_the_envelope_is_metas(world: World) -> None:
    said = world.sandbox.customer_says(
        world.number, "919876543210", "hi", profile_name="Asha", wait=True
    )
    (hit,) = world.receiver.hits(world.meta_path)
    body = json.loads(hit.body)
    assert body["object"] == "whatsapp_business_account"
    (entry,) = body["entry"]
    (change,) = entry["changes"]
    value, message = change["value"], change["value"]["messages"][0]
    assert (entry["id"], change["field"]) == (world.waba, "messages")
    assert value["metadata"] == {
        "display_phone_number": world.display,
        "phone_number_id": world.number,
    }
    assert value["contacts"] == [{"profile": {"name": "Asha"}, "wa_id": "919876543210"}]
    assert isinstance(message.pop("timestamp"), str)
    assert message == {
        "from": "919876543210",
        "id": said.id,
        "type": "text",
        "text": {"body": "hi"},
    }


@pytest.mark.parametrize(
    "replies", [(201,), (204,), (302,), (400,), (401,), (404,), (429,), (500, 503), (CUT,)]
)
def test_all_but_200_is_tried_again_with_the_same_bytes(
    world: World, replies: tuple[Reply, ...]
) -> None:
    world.receiver.script(world.meta_path, *replies)
    said = world.sandbox.customer_says(world.number, "919876543210", "é", wait=True)
    hits = world.receiver.hits(world.meta_path)
    assert said.webhook["state"] == "delivered"
    assert said.webhook["tries"] == len(hits) == len(replies) + 1
    assert {(h.body, h.headers["x-hub-signature-256"]) for h in hits} == {
        (hits[0].body, hits[0].headers["x-hub-signature-256"])
    }


def test_silence_is_tried_again(world: World) -> None:
    world.sandbox.settings(graph={"webhook_timeout_s": 0.1})
    world.receiver.script(world.meta_path, HANG)
    said = world.sandbox.customer_says(world.number, "919876543210", "x", wait=True)
    assert [a["error"] for a in said.webhook["attempts"]] == ["timeout", None]


def test_the_gaps_grow_and_it_is_given_up_at_last(world: World) -> None:
    world.sandbox.settings(graph={"retry_first_s": 4, "retry_for_s": 30, "retry_scale": 0.005})
    world.receiver.script(world.meta_path, *[500] * 9)
    said = world.sandbox.customer_says(world.number, "919876543210", "x", wait=True)
    assert (said.webhook["state"], said.webhook["tries"]) == ("failed", 4)


def test_a_conversation_keeps_its_order(world: World) -> None:
    for n in range(30):
        world.sandbox.customer_says(world.number, "919876543210", f"m{n}")
    hits = world.receiver.hits(world.meta_path, 30)
    texts = [
        json.loads(h.body)["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"]
        for h in hits
    ]
    assert texts == [f"m{n}" for n in range(30)]


@pytest.mark.parametrize(
    ("layout", "shape"),
    [("items", [[[3]]]), ("changes", [[[1], [1], [1]]]), ("entries", [[[1]], [[1]], [[1]]])],
)
def test_several_messages_share_a_post(world: World, layout: str, shape: list[Any]) -> None:
    more = [{"phone_number_id": world.number, "from": f"49{n}", "text": f"m{n}"} for n in range(2)]
    said = world.sandbox.customer_says(
        world.number, "491", "first", batch=more, layout=layout, wait=True
    )
    (hit,) = world.receiver.hits(world.meta_path)
    entries = json.loads(hit.body)["entry"]
    counts = [[[len(c["value"]["messages"])] for c in e["changes"]] for e in entries]
    assert counts == ([[[3]]] if layout == "items" else shape)
    assert len(said.ids) == 3


def test_a_full_item_goes_as_it_is(world: World) -> None:
    item = {"type": "reaction", "reaction": {"message_id": "wamid.x"}, "id": "wamid.mine"}
    said = world.sandbox.customer_says(world.number, "491", message=item, wait=True)
    (hit,) = world.receiver.hits(world.meta_path)
    message = json.loads(hit.body)["entry"][0]["changes"][0]["value"]["messages"][0]
    assert said.id == message["id"] == "wamid.mine"
    assert message["reaction"] == {"message_id": "wamid.x"}


@pytest.mark.parametrize("spoiled", ["wrong", "missing", "short"])
def test_a_signature_can_be_spoiled(world: World, spoiled: str) -> None:
    world.receiver.script(world.meta_path, 401)
    world.sandbox.whatsapp_webhook(world.app, {"a": 1}, signature=spoiled, wait=False)
    hit = world.receiver.hits(world.meta_path, 1)[0]
    assert not signed(world, hit)
    assert ("x-hub-signature-256" in hit.headers) == (spoiled != "missing")


def test_a_body_can_be_cut_or_signed_by_another_app(world: World) -> None:
    other = World(world.sandbox, world.receiver)
    world.sandbox.setup(other.described(), add=True)
    world.sandbox.whatsapp_webhook(world.app, {"text": "é"}, truncate_bytes=3)
    world.sandbox.whatsapp_webhook(world.app, {"text": "é"}, sign_as=other.app)
    world.sandbox.whatsapp_webhook(
        world.app, raw_base64=base64.b64encode(b"\xff{").decode(), signature="good"
    )
    cut, foreign, raw = world.receiver.hits(world.meta_path)
    assert cut.body == rb'{"text":"\u00e'
    assert not signed(world, cut)
    assert signed(other, foreign)
    assert raw.body == b"\xff{"
    assert signed(world, raw)


def test_the_get_check_wants_the_challenge_back(world: World) -> None:
    assert world.sandbox.verify_callback(world.app)["verified"] is False
    (hit,) = world.receiver.hits(world.meta_path)
    assert hit.method == "GET"
    assert "hub.mode=subscribe" in hit.path
    assert f"hub.verify_token=verify-{world.tag}" in hit.path
    assert "x-hub-signature-256" not in hit.headers


def test_a_numbers_own_url_comes_first(world: World) -> None:
    described = world.described()
    own = f"/own/{world.tag}"
    described["phone_numbers"][0]["callback_url"] = world.receiver.url + own
    world.sandbox.setup(described, add=True)
    world.sandbox.customer_says(world.number, "491", "x", wait=True)
    assert len(world.receiver.hits(own)) == 1
    assert world.receiver.hits(world.meta_path) == []
