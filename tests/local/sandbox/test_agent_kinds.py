"""What agents and bots send by name, in the platform's shapes; and the files they send."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
import requests

from local.sandbox.client import SandboxError
from local.sandbox.room.magic import GIF
from tests.local.sandbox.support import World
from tests.waits import WAIT_S

ASHA = "+919876543210"


def sent(world: World, kind: str, options: dict[str, Any] | None = None, **fields: Any) -> Any:
    """The body that a kind becomes."""
    world.sandbox.agent_sends(world.integration, ASHA, kind, options=options, wait=True, **fields)
    return world.posted()[-1]


def part(world: World, kind: str, **fields: Any) -> Any:
    """The one part of its content, without its contentType."""
    (found,) = sent(world, kind, **fields)["content"]
    (only,) = [v for k, v in found.items() if k != "contentType"]
    return only


def test_quick_replies_are_words_or_more(world: World) -> None:
    more = {"text": "No", "payload": "n", "image": "https://a/b.png"}
    body = sent(world, "quick_replies", text="Well?", replies=["Yes please", more])
    assert (body["type"], body["text"], body["originatingEntity"]) == ("Structured", "Well?", "Bot")
    assert [c["quickReply"] for c in body["content"]] == [
        {"text": "Yes please", "payload": "yes_please", "action": "Message"},
        {"action": "Message", **more},
    ]


def test_cards_have_actions_and_may_have_pictures(world: World) -> None:
    card = part(world, "card", title="T", image="https://a/b.png", description=None)
    assert card["title"] == "T"
    assert card["image"] == "https://a/b.png"
    assert [a["type"] for a in card["actions"]] == ["Postback", "Link"]
    assert "description" not in card
    carousel = sent(world, "carousel")
    assert "text" not in carousel
    assert len(carousel["content"][0]["carousel"]["cards"]) == 2


def test_pickers(world: World) -> None:
    dates = part(world, "date_picker", times=["2026-12-01T09:00:00Z"], location={"latitude": 1})
    assert dates["availableTimes"] == [{"dateTime": "2026-12-01T09:00:00Z", "duration": 1800}]
    assert dates["location"] == {"latitude": 1}
    rows = part(world, "list_picker")["sections"][0]["items"]
    assert [r["id"] for r in rows] == ["green", "black"]


def test_a_template_response(world: World) -> None:
    body = sent(world, "notification", template_id="ns@order", language="en_US", footer="Bye")
    template = body["content"][0]["template"]
    assert body["text"] == template["body"]["text"]
    assert (template["id"], template["footer"]) == ("ns@order", {"text": "Bye"})
    assert "header" not in template


def test_signs_and_receipts_are_no_messages(world: World) -> None:
    typing = sent(world, "typing")
    assert typing["events"] == [{"eventType": "Typing", "typing": {"type": "On", "duration": 5000}}]
    assert "originatingEntity" not in typing
    receipt = sent(world, "failed_receipt", {"message_id": "a" * 32})
    assert (receipt["id"], receipt["status"]) == ("a" * 32, "Failed")
    assert receipt["reasons"][0]["code"] == "GeneralError"
    assert world.talk() == []
    names = [r["name"] for r in world.sandbox.records(kind="webhook", target="genesys")[-2:]]
    assert names == ["typing", "receipt"]


def test_content_of_the_enum_is_made_from_any_part(world: World) -> None:
    body = sent(world, "unknown", content_type="Poll", key="poll", part={"q": "?"})
    assert body["content"] == [{"contentType": "Poll", "poll": {"q": "?"}}]


@pytest.mark.parametrize("shape", ["2025", "2021", "seed"])
def test_every_kind_has_every_shape(world: World, shape: str) -> None:
    body = sent(world, "quick_replies", {"shape": shape})
    assert ("conversationId" in body) is (shape == "2025")
    assert ("to" in body["channel"]) is (shape != "seed")
    assert ("integrationId" in body) is (shape == "seed")


def test_a_body_can_be_altered_and_cut(world: World) -> None:
    options = {
        "over": {"channel": {"to": {"nickname": "x"}}},
        "without": ["channel.platform", "content.0", "conversationId"],
        "entity": "Human",
    }
    body = sent(world, "quick_replies", options)
    assert body["channel"]["to"]["nickname"] == "x"
    assert body["channel"]["to"]["id"] == ASHA
    assert len(body["content"]) == 2
    assert body["originatingEntity"] == "Human"
    assert "platform" not in body["channel"]


@pytest.mark.parametrize(
    ("mime", "media_type"),
    [
        ("image/png", "Image"),
        ("video/mp4", "Video"),
        ("audio/mpeg", "Audio"),
        ("application/pdf", "File"),
    ],
)
def test_a_file_is_offered_and_can_be_had(world: World, mime: str, media_type: str) -> None:
    said = world.sandbox.agent_sends(
        world.integration, ASHA, "attachment", mime=mime, size=90_000, caption="c", wait=True
    )
    body = world.posted()[-1]
    (content,) = body["content"]
    attachment = content["attachment"]
    assert (body["type"], content["contentType"]) == ("Text", "Attachment")
    assert (attachment["mediaType"], attachment["mime"]) == (media_type, mime)
    assert (attachment["contentSizeBytes"], attachment["text"]) == (90_000, "c")
    assert "text" not in body
    got = requests.get(attachment["url"], timeout=WAIT_S)
    assert (got.status_code, got.headers["Content-Type"]) == (200, mime)
    assert hashlib.sha256(got.content).hexdigest() == said.files[0].sha256
    assert world.talk()[0].files[0].sha256 == said.files[0].sha256


def test_several_files_words_beside_them_and_lies(world: World) -> None:
    body = sent(
        world,
        "attachment",
        count=2,
        text="Both",
        base64=base64.b64encode(GIF).decode(),
        told_mime="image/jpeg",
        told_size=1,
        told_sha256="00",
        filename="../a b.gif",
    )
    first, second = (c["attachment"] for c in body["content"])
    assert body["text"] == "Both"
    assert first["id"] != second["id"]
    assert (first["mime"], first["contentSizeBytes"], first["sha256"]) == ("image/jpeg", 1, "00")
    assert first["filename"] == "../a b.gif"
    assert requests.get(first["url"], timeout=WAIT_S).content == GIF


def test_a_link_may_lead_anywhere(world: World) -> None:
    assert part(world, "attachment", url="http://127.0.0.1:9/x")["url"] == "http://127.0.0.1:9/x"
    assert "contentSizeBytes" not in part(world, "attachment", with_size=False)


def link(world: World, **fields: Any) -> str:
    """The link of an agent's file."""
    url: str = part(world, "attachment", **fields)["url"]
    return url


def test_a_file_may_want_our_token(world: World) -> None:
    other = World(world.sandbox, world.receiver)
    world.sandbox.setup(other.described(), add=True)
    for url in (link(world, auth="bearer"), link(world)):
        world.sandbox.settings(genesys={"download_auth": "bearer"})
        bare = requests.get(url, timeout=WAIT_S)
        assert (bare.status_code, bare.json()["code"]) == (401, "authentication.required")
        assert requests.get(url, headers=world.bearer(), timeout=WAIT_S).status_code == 200
        assert requests.get(url, headers=other.bearer(), timeout=WAIT_S).status_code == 404
        wrong = {"Authorization": "Bearer none"}
        assert requests.get(url, headers=wrong, timeout=WAIT_S).json()["code"] == "bad.credentials"


def test_a_file_may_be_gone(world: World) -> None:
    url = link(world, auth="expired")
    assert requests.get(url, timeout=WAIT_S).status_code == 403
    world.sandbox.settings(genesys={"download_expired_status": 410, "download_seconds": 0})
    assert requests.get(url, timeout=WAIT_S).status_code == 410
    assert requests.get(link(world), timeout=WAIT_S).status_code == 410
    assert requests.get(f"{url[:-32]}{'0' * 32}", timeout=WAIT_S).status_code == 410


@pytest.mark.parametrize("way", ["same", "elsewhere"])
def test_a_file_may_lie_behind_a_redirect(world: World, way: str) -> None:
    before = world.sandbox.counters().get("genesys_tokens_at_storage", 0)
    url = link(world, redirect=way)
    first = requests.get(url, allow_redirects=False, timeout=WAIT_S)
    place = first.headers["Location"]
    assert first.status_code == 302
    assert place.startswith(world.sandbox.base_url) is (way == "same")
    assert requests.get(url, timeout=WAIT_S).status_code == 200
    requests.get(place, headers={"Authorization": "Bearer x"}, timeout=WAIT_S)
    assert world.sandbox.counters()["genesys_tokens_at_storage"] == before + 1


def test_faults_of_files(world: World) -> None:
    said = world.sandbox.agent_sends(world.integration, ASHA, "attachment", size=200_000, wait=True)
    url = world.posted()[-1]["content"][0]["attachment"]["url"]
    world.sandbox.fault("genesys", "status", match={"name": "download"}, status=503, count=1)
    assert requests.get(url, timeout=WAIT_S).status_code == 503
    world.sandbox.fault("genesys", "cut_short", match={"name": "download"}, bytes=10, count=1)
    with pytest.raises(requests.RequestException):
        _ = requests.get(url, timeout=WAIT_S).content
    world.sandbox.fault("genesys", "corrupt", count=1)
    spoiled = hashlib.sha256(requests.get(url, timeout=WAIT_S).content).hexdigest()
    assert spoiled != said.files[0].sha256
    world.sandbox.settings(genesys={"download_length": False})
    assert "Content-Length" not in requests.get(url, timeout=WAIT_S).headers


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("hologram", {}, "no kind 'hologram'"),
        ("card", {"colour": 1}, "no field 'colour'"),
        ("attachment", {"base64": "!"}, "not Base64"),
        ("message", {}, "`text` or `message`"),
    ],
)
def test_a_wrong_kind_is_said(world: World, kind: str, fields: dict[str, Any], words: str) -> None:
    with pytest.raises(SandboxError, match=words):
        world.sandbox.agent_sends(world.integration, ASHA, kind, **fields)
