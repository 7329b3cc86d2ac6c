"""The platform's further doors: taps, agentless sends, details, the older endpoint, files in."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest
import requests

from local.sandbox.client import Message
from local.sandbox.room.magic import GIF, png
from tests.local.sandbox.support import World, open_message, receipt
from tests.moments import told_at
from tests.waits import WAIT_S

ASHA = "+919876543210"
MB = 1024 * 1024


def tap(origin: str, **more: Any) -> dict[str, Any]:
    response = {"type": "QuickReply", "text": "Yes", "payload": "yes"}
    return {
        "channel": open_message()["channel"],
        "buttonResponse": response,
        "originatingMessageId": origin,
    } | more


def asked(world: World, to: str = ASHA) -> str:
    """A question from a bot; answers its id."""
    return world.sandbox.agent_sends(world.integration, to, "quick_replies", wait=True).id


def other(path: str, world: World, method: str = "POST", body: Any = None) -> requests.Response:
    """A call of another endpoint of the messages API."""
    url = f"{world.sandbox.genesys_url}/api/v2/conversations/messages/{path}"
    return requests.request(method, url, json=body, headers=world.bearer(), timeout=WAIT_S)


def test_a_tap_says_what_it_is_about(world: World) -> None:
    origin = asked(world)
    got = world.genesys("structured/response", tap(origin))
    assert (got.status_code, got.json()["originatingMessageId"]) == (202, origin)
    taken = world.talk()[-1]
    assert (taken.text, taken.extra["originating_message_id"]) == ("Yes", origin)
    assert taken.content[0]["buttonResponse"]["payload"] == "yes"
    assert world.sandbox.records(name="structured")[-1]["verdict"]["strict"] is None


@pytest.mark.parametrize("whose", ["nobody's", "another customer's", "the customer's own"])
def test_a_tap_on_what_this_customer_never_got_is_refused(world: World, whose: str) -> None:
    asked(world)
    origin = {
        "nobody's": "a" * 32,
        "another customer's": asked(world, "+1"),
        "the customer's own": world.genesys("message", open_message()).json()["id"],
    }[whose]
    got = world.genesys("structured/response", tap(origin))
    assert (got.status_code, got.json()["code"]) == (404, "not.found")
    world.sandbox.settings(genesys={"unknown_origin": "bad_request"})
    assert world.genesys("structured/response", tap(origin)).json()["code"] == "bad.request"
    world.sandbox.settings(genesys={"unknown_origin": "accept"})
    assert world.genesys("structured/response", tap(origin)).status_code == 202


@pytest.mark.parametrize(
    "wrong",
    [
        {"buttonResponse": {"type": "ListPicker", "text": "a", "payload": "b"}},
        {"buttonResponse": {"type": "Button", "text": "a"}},
        {"buttonResponse": {"type": "Button", "payload": "a"}},
        {"buttonResponse": None},
        {"channel": {"time": told_at()}},
    ],
)
def test_a_bad_tap_is_refused(world: World, wrong: dict[str, Any]) -> None:
    body = tap(asked(world)) | wrong
    assert world.genesys("structured/response", body).status_code == 400


def test_a_tap_without_an_origin_is_taken_by_a_setting(world: World) -> None:
    asked(world)
    bare = {k: v for k, v in tap("").items() if k != "originatingMessageId"}
    assert world.genesys("structured/response", bare).status_code == 400
    world.sandbox.settings(genesys={"structured_needs_origin": False, "unknown_origin": "accept"})
    assert world.genesys("structured/response", bare).status_code == 202


def test_faults_act_on_taps_by_name(world: World) -> None:
    origin = asked(world)
    world.sandbox.fault("genesys", "status", match={"name": "structured"}, status=503, count=1)
    codes = [world.genesys("structured/response", tap(origin)).status_code for _ in range(2)]
    assert codes == [503, 202]


def test_the_strict_schema_decides_by_a_setting(world: World) -> None:
    extra = open_message(direction="Inbound")
    assert world.genesys("message", extra).status_code == 202
    assert world.sandbox.records(name="message")[-1]["verdict"]["strict"]
    world.sandbox.settings(genesys={"strict": True})
    assert world.genesys("message", extra).status_code == 400
    assert world.genesys("message", open_message()).status_code == 202


def with_attributes(**attributes: str) -> dict[str, Any]:
    metadata = {"customAttributes": attributes}
    return open_message(channel=open_message()["channel"] | {"metadata": metadata})


@pytest.mark.parametrize(
    ("setting", "body"),
    [
        ({"max_text": 5}, open_message(text="123456")),
        ({"max_address": 12}, open_message()),
        (
            {"max_attribute_bytes": 20},
            open_message(
                channel=open_message()["channel"]
                | {"metadata": {"customAttributes": {"a": "b" * 20}}}
            ),
        ),
    ],
    ids=["text", "address", "attributes"],
)
def test_limits_nobody_told_of_are_settings(
    world: World, setting: dict[str, int], body: dict[str, Any]
) -> None:
    assert world.genesys("message", body).status_code == 202
    world.sandbox.settings(genesys=setting)
    assert world.genesys("message", body).status_code == 400


def test_attributes_are_seen(world: World) -> None:
    world.genesys("message", with_attributes(waName="Asha"))
    assert world.talk()[0].extra["attributes"] == {"waName": "Asha"}


def test_the_conversation_may_be_told_late(world: World) -> None:
    world.sandbox.settings(genesys={"prefetch_ms": 150})
    took = []
    for query in ("", "?prefetchConversationId=true"):
        began = time.monotonic()
        assert world.genesys(f"message{query}", open_message()).status_code == 202
        took.append(time.monotonic() - began)
    assert took[1] >= 0.15


def test_an_empty_message_is_taken_by_a_setting(world: World) -> None:
    bare = {"channel": open_message()["channel"]}
    assert world.genesys("message", bare).status_code == 400
    world.sandbox.settings(genesys={"needs_text_or_content": False})
    assert world.genesys("message", bare).status_code == 202


def agentless(world: World, **more: Any) -> dict[str, Any]:
    body = {"fromAddress": world.integration, "toAddress": ASHA, "toAddressMessengerType": "open"}
    return body | {"textBody": "Your order is on its way."} | more


def test_an_agentless_send_comes_back_as_a_webhook(world: World) -> None:
    got = other("agentless", world, body=agentless(world))
    (body,) = world.posted()
    assert got.status_code == 202
    assert (body["id"], body["conversationId"]) == (got.json()["id"], got.json()["conversationId"])
    assert (body["text"], body["channel"]["to"]["id"]) == ("Your order is on its way.", ASHA)
    assert "inin-ratelimit-count" in got.headers


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"toAddressMessengerType": "sms"}, 400),
        ({"toAddressMessengerType": "fax"}, 400),
        ({"textBody": "x" * 2001}, 400),
        ({"textBody": ""}, 400),
        ({"toAddress": None}, 400),
        ({"fromAddress": "int-none"}, 404),
    ],
)
def test_a_bad_agentless_send_is_refused(world: World, wrong: dict[str, Any], status: int) -> None:
    assert other("agentless", world, body=agentless(world, **wrong)).status_code == status
    assert world.receiver.hits(world.genesys_path) == []


def test_an_agentless_send_needs_its_permission(world: World) -> None:
    world.sandbox.setup(world.described(permissions=["conversation:message:receive"]), add=True)
    got = other("agentless", world, body=agentless(world))
    assert (got.status_code, got.json()["code"]) == (403, "missing.permissions")
    assert "conversation:message:create" in got.json()["message"]
    assert other(f"{'a' * 32}/details", world, "GET").status_code == 403


def test_the_details_of_a_message_tell_its_conversation_and_state(world: World) -> None:
    mine = world.genesys("message?prefetchConversationId=true", open_message()).json()
    found = other(f"{mine['id']}/details", world, "GET").json()
    assert found["conversationId"] == mine["conversationId"]
    assert (found["direction"], found["status"]) == ("inbound", "received")
    theirs = world.sandbox.agent_says(world.integration, ASHA, "hi", wait=True).id
    assert other(f"{theirs}/details", world, "GET").json()["status"] == "sent"
    world.genesys("receipt", receipt(theirs))
    told = other(f"{theirs}/details", world, "GET").json()
    assert (told["status"], told["toAddress"]) == ("delivery-success", ASHA)
    assert told["normalizedReceipts"][0]["status"] == "Delivered"


def test_the_details_are_for_the_org_alone(world: World) -> None:
    stranger = World(world.sandbox, world.receiver)
    world.sandbox.setup(stranger.described(), add=True)
    mine = world.genesys("message", open_message()).json()["id"]
    assert other(f"{mine}/details", stranger, "GET").status_code == 404
    assert other(f"{'b' * 32}/details", world, "GET").status_code == 404


def legacy(world: World, **more: Any) -> dict[str, Any]:
    channel = open_message()["channel"] | {"platform": "Open", "type": "Private"}
    channel["to"] = {"id": world.integration}
    return {"channel": channel, "type": "Text", "text": "old way", "direction": "Inbound"} | more


def test_the_older_endpoint_still_works_and_says_so(world: World) -> None:
    got = other("inbound/open", world, body=legacy(world))
    assert (got.status_code, got.headers["Deprecation"]) == (202, "true")
    assert [m.text for m in world.talk()] == ["old way"]
    sent = world.sandbox.agent_says(world.integration, ASHA, "hi", wait=True).id
    old = legacy(world, type="Receipt", status="Delivered", id=sent)
    assert other("inbound/open", world, body=old).json()["status"] == "Delivered"
    assert other("inbound/open", world, body=legacy(world, type="Fax")).status_code == 400
    assert other("inbound/open", world, body=legacy(world, type="Receipt")).status_code == 400


def with_file(url: str, mime: str = "image/png", **more: Any) -> dict[str, Any]:
    attachment = {"mediaType": "Image", "url": url, "mime": mime} | more
    return open_message(content=[{"contentType": "Attachment", "attachment": attachment}])


def looked_after(world: World) -> Message:
    """The message that came in, once its files were fetched."""
    message: Message = world.sandbox.wait_for(
        lambda _: next((m for m in world.talk() if m.extra.get("files")), None), WAIT_S
    )
    return message


def test_a_customers_file_is_fetched_without_headers(world: World) -> None:
    path = f"/files/{world.tag}"
    url = world.receiver.offer(path, png(), "image/png")
    digest = hashlib.sha256(png()).hexdigest()
    assert world.genesys("message", with_file(url, sha256=digest)).status_code == 202
    (file,) = looked_after(world).files
    assert (file.error, file.size, file.sha256) == (None, len(png()), digest)
    (hit,) = world.receiver.hits(path)
    assert "authorization" not in hit.headers


FILES: dict[str, tuple[bytes, str, dict[str, Any], int, str]] = {
    "another type": (png(), "application/octet-stream", {}, 200, "Content-Type"),
    "gone": (png(), "image/png", {}, 403, "status 403"),
    "another hash": (png(), "image/png", {"sha256": "00"}, 200, "sha256"),
    "no picture": (b"hello", "image/png", {}, 200, "not a picture"),
    "too large": (GIF + bytes(25 * MB), "image/gif", {"mime": "image/gif"}, 200, "more than"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_can_not_be_had_is_told(world: World, case: str) -> None:
    content, mime, more, status, words = FILES[case]
    world.sandbox.settings(genesys={"attachment_failure_receipt": True})
    path = f"/files/{world.tag}"
    url = world.receiver.offer(path, content, mime)
    world.receiver.script(path, status)
    mine = world.genesys("message", with_file(url, **more)).json()["id"]
    assert words in str(looked_after(world).files[0].error)
    (body,) = world.posted()
    assert (body["type"], body["id"], body["status"]) == ("Receipt", mine, "Failed")
    codes = {"another type": "MediaTypeNotAllowed", "too large": "InvalidMediaContentLength"}
    assert body["reasons"][0]["code"] == codes.get(case, "GeneralError")


def test_files_may_be_left_alone(world: World) -> None:
    world.sandbox.settings(genesys={"fetch_attachments": False, "published_receipts": True})
    path = f"/files/{world.tag}"
    world.genesys("message", with_file(world.receiver.offer(path, png(), "image/png")))
    assert world.posted()[0]["status"] == "Published"
    assert world.receiver.hits(path) == []
    assert "files" not in world.talk()[0].extra


def test_what_came_in_may_be_told_as_published(world: World) -> None:
    world.sandbox.settings(genesys={"published_receipts": True})
    mine = world.genesys("message", open_message()).json()["id"]
    (body,) = world.posted()
    assert (body["id"], body["status"], body["direction"]) == (mine, "Published", "Inbound")


def test_a_receipt_may_come_too_late(world: World) -> None:
    sent = world.sandbox.agent_says(world.integration, ASHA, "hi", wait=True)
    world.sandbox.agent_leaves(str(sent.conversation_id))
    assert world.genesys("receipt", receipt(sent.id)).status_code == 202
    world.sandbox.settings(genesys={"receipts_after_disconnect": "not_found"})
    assert world.genesys("receipt", receipt(sent.id)).status_code == 404


def test_a_webhooks_redirect_is_followed_by_a_setting(world: World) -> None:
    world.receiver.script(world.genesys_path, 307)
    said = world.sandbox.agent_says(world.integration, ASHA, "hi", wait=True)
    assert said.webhook["state"] == "failed"
    world.sandbox.settings(genesys={"webhook_follows_redirects": True})
    world.receiver.script(world.genesys_path, 307)
    said = world.sandbox.agent_says(world.integration, ASHA, "hi", wait=True)
    assert said.webhook["state"] == "delivered"
    assert world.receiver.hits("/elsewhere")
