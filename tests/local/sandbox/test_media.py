"""Media at Meta: what customers send is looked up and had; uploads are held to the rules."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest
import requests
from urllib3.util import SKIP_HEADER

from local.sandbox.client import Sent
from local.sandbox.room.magic import JPEG, png
from tests.local.sandbox.support import World
from tests.waits import WAIT_S

ASHA = "919876543210"
MB = 1024 * 1024


def picture(world: World, **fields: Any) -> tuple[Sent, dict[str, Any]]:
    """A picture from a customer: what was said of it, and its media object."""
    sent = world.sandbox.customer_sends(world.number, ASHA, "image", wait=True, **fields)
    media: dict[str, Any] = world.hooks()[-1]["messages"][-1]["image"]
    return sent, media


def test_a_file_is_had_in_two_steps_and_is_the_one_that_was_sent(world: World) -> None:
    sent, media = picture(world, size=200_000, mime="image/png", caption="c")
    (file,) = sent.files
    assert base64.b64decode(media["sha256"]).hex() == file.sha256
    assert (media["id"], media["mime_type"], media["caption"]) == (file.id, "image/png", "c")
    found = world.media(media["id"]).json()
    assert found["messaging_product"] == "whatsapp"
    assert (found["id"], found["mime_type"]) == (file.id, "image/png")
    assert (found["file_size"], found["sha256"]) == (200_000, file.sha256)
    got = world.fetched(found["url"])
    assert (got.status_code, got.headers["Content-Type"]) == (200, "image/png")
    assert got.headers["Content-Length"] == "200000"
    assert hashlib.sha256(got.content).hexdigest() == file.sha256
    assert world.fetched(media["url"]).content == got.content


def test_given_bytes_come_as_they_were_given(world: World) -> None:
    sent, media = picture(world, base64=base64.b64encode(JPEG).decode())
    assert sent.files[0].size == len(JPEG)
    assert world.fetched(world.media(media["id"]).json()["url"]).content == JPEG


def test_the_webhook_may_have_no_url_and_may_lie(world: World) -> None:
    world.sandbox.settings(graph={"webhook_media_url": False})
    _, media = picture(world, told_mime="image/jpg", told_sha256="bGll", told_size=5)
    assert "url" not in media
    assert (media["mime_type"], media["sha256"]) == ("image/jpg", "bGll")
    assert world.media(media["id"]).json()["file_size"] == 5


def test_a_lookup_may_answer_in_other_forms(world: World) -> None:
    world.sandbox.settings(graph={"media_size_as": "string", "media_sha256_as": "base64"})
    sent, media = picture(world, size=10)
    found = world.media(media["id"]).json()
    assert found["file_size"] == "10"
    assert base64.b64decode(found["sha256"]).hex() == sent.files[0].sha256


def test_a_voice_note_has_a_mime_with_a_parameter(world: World) -> None:
    world.sandbox.customer_sends(world.number, ASHA, "voice", wait=True)
    audio = world.hooks()[0]["messages"][0]["audio"]
    assert (audio["voice"], audio["mime_type"]) == (True, "audio/ogg; codecs=opus")
    got = world.fetched(world.media(audio["id"]).json()["url"])
    assert got.headers["Content-Type"] == "audio/ogg; codecs=opus"


def test_a_file_belongs_to_its_number(world: World) -> None:
    other = World(world.sandbox, world.receiver)
    world.sandbox.setup(other.described(), add=True)
    _, media = picture(world)
    assert world.media(media["id"], query={"phone_number_id": world.number}).status_code == 200
    for got in (
        world.media(media["id"], query={"phone_number_id": other.number}),
        other.media(media["id"]),
        world.media("123456789012345"),
    ):
        assert (got.status_code, got.json()["error"]["error_subcode"]) == (400, 33)
    url = world.media(media["id"]).json()["url"]
    assert world.fetched(url, other.graph_token).status_code == 404


def test_a_stranger_gets_nothing(world: World) -> None:
    _, media = picture(world)
    assert world.media(media["id"], token="none").json()["error"]["code"] == 190
    assert requests.get(media["url"], timeout=WAIT_S).status_code == 401
    assert world.fetched(media["url"], "none").status_code == 401
    world.sandbox.settings(graph={"media_for_strangers": "html"})
    page = requests.get(media["url"], timeout=WAIT_S)
    assert (page.status_code, page.headers["Content-Type"].partition(";")[0]) == (200, "text/html")


def test_a_link_ends_and_the_lookup_gives_another(world: World) -> None:
    world.sandbox.settings(graph={"media_url_seconds": 0})
    _, media = picture(world)
    url = world.media(media["id"]).json()["url"]
    assert [world.fetched(u).status_code for u in (media["url"], url)] == [404, 404]
    world.sandbox.settings(graph={"media_url_seconds": 300})
    assert world.fetched(world.media(media["id"]).json()["url"]).status_code == 200


@pytest.mark.parametrize("change", [("mid=", "mid=9"), ("hash=", "hash=x")])
def test_a_link_is_good_as_it_is_alone(world: World, change: tuple[str, str]) -> None:
    _, media = picture(world)
    assert world.fetched(media["url"].replace(*change)).status_code == 404


def test_a_media_id_ends(world: World) -> None:
    world.sandbox.settings(graph={"inbound_media_days": 0, "uploaded_media_days": 0})
    _, media = picture(world)
    assert world.media(media["id"]).status_code == 400
    assert world.media(world.uploaded()).status_code == 400


def test_a_client_without_a_name_may_be_refused(world: World) -> None:
    world.sandbox.settings(graph={"media_needs_user_agent": True})
    _, media = picture(world)
    bare = {"Authorization": f"Bearer {world.graph_token}", "User-Agent": SKIP_HEADER}
    assert requests.get(media["url"], headers=bare, timeout=WAIT_S).status_code == 400
    assert world.fetched(media["url"]).status_code == 200


def test_a_download_may_come_without_its_length(world: World) -> None:
    world.sandbox.settings(graph={"media_content_length": False})
    sent, media = picture(world, size=100_000)
    got = world.fetched(media["url"])
    assert got.headers["Transfer-Encoding"] == "chunked"
    assert hashlib.sha256(got.content).hexdigest() == sent.files[0].sha256


def test_a_large_file_is_streamed(world: World) -> None:
    sent = world.sandbox.customer_sends(world.number, ASHA, "video", size=100 * MB, wait=True)
    digest, size = hashlib.sha256(), 0
    video = world.hooks()[0]["messages"][0]["video"]
    headers = {"Authorization": f"Bearer {world.graph_token}"}
    with requests.get(video["url"], headers=headers, stream=True, timeout=WAIT_S) as got:
        for chunk in got.iter_content(1 << 20):
            digest.update(chunk)
            size += len(chunk)
    assert (size, digest.hexdigest()) == (100 * MB, sent.files[0].sha256)
    record = world.sandbox.records(name="media_download")[-1]
    assert record["answer"]["body"] is None
    assert record["file"]["size"] == 100 * MB


def test_faults_of_downloads(world: World) -> None:
    sent, media = picture(world, size=300_000)
    match = {"name": "media_download", "phone_number_id": world.number}
    world.sandbox.fault("graph", "cut_short", match=match, bytes=100_000, count=1)
    with pytest.raises(requests.RequestException):
        _ = world.fetched(media["url"]).content
    world.sandbox.fault("graph", "corrupt", match=match, count=1)
    spoiled = world.fetched(media["url"]).content
    assert len(spoiled) == 300_000
    assert hashlib.sha256(spoiled).hexdigest() != sent.files[0].sha256
    world.sandbox.fault("graph", "drip", match=match, delay_ms=1, count=1)
    assert len(world.fetched(media["url"]).content) == 300_000


@pytest.mark.parametrize("name", ["media_lookup", "media_download", "media_upload"])
def test_faults_act_on_media_by_name(world: World, name: str) -> None:
    _, media = picture(world)
    calls: dict[str, Callable[[], requests.Response]] = {
        "media_lookup": lambda: world.media(media["id"]),
        "media_download": lambda: world.fetched(media["url"]),
        "media_upload": world.upload,
    }
    match = {"name": name, "phone_number_id": world.number}
    world.sandbox.fault("graph", "status", match=match, status=503, count=1)
    assert [calls[name]().status_code for _ in range(2)] == [503, 200]
    assert calls[next(n for n in calls if n != name)]().status_code == 200


def test_an_upload_is_known_by_size_and_hash(world: World) -> None:
    media_id = world.uploaded(png(), "image/png")
    found = world.media(media_id).json()
    assert (found["file_size"], found["mime_type"]) == (len(png()), "image/png")
    assert found["sha256"] == hashlib.sha256(png()).hexdigest()
    record = world.sandbox.records(name="media_upload")[-1]
    assert record["file"]["filename"] == "file.bin"
    assert [p["name"] for p in record["body"]["parts"]] == ["messaging_product", "type", "file"]


def test_a_large_upload_is_not_kept(world: World) -> None:
    content = b"%PDF-" + bytes(40 * MB)
    found = world.media(world.uploaded(content, "application/pdf")).json()
    assert found["file_size"] == len(content)
    assert found["sha256"] == hashlib.sha256(content).hexdigest()
    assert world.sandbox.records(name="media_upload")[-1]["bytes"] < 1000
    assert world.fetched(found["url"]).status_code == 404


UPLOADS: dict[str, tuple[dict[str, Any], int, str]] = {
    "no product": ({"fields": {"messaging_product": None}}, 100, "messaging_product"),
    "other product": ({"fields": {"messaging_product": "sms"}}, 100, "messaging_product"),
    "no type": ({"fields": {"type": None}}, 100, "type"),
    "no file": ({"part": ("", "")}, 100, "file"),
    "no type of its own": ({"part": ("a.png", None)}, 131053, "Received file of type"),
    "another type of its own": ({"part": ("a.png", "image/jpeg")}, 131053, "image/jpeg"),
    "no type at all": ({"fields": {"type": "png"}, "part": ("a.png", "png")}, 131053, "png"),
    "nothing in it": ({"content": b""}, 131053, "empty"),
    "no token": ({"token": "none"}, 190, ""),
    "another's number": ({"number": "1"}, 100, "does not exist"),
}


@pytest.mark.parametrize("case", UPLOADS)
def test_a_bad_upload_is_refused(world: World, case: str) -> None:
    over, code, words = UPLOADS[case]
    got = world.upload(**over)
    error = got.json()["error"]
    assert (got.status_code, error["code"]) == (401 if code == 190 else 400, code)
    assert words in error["message"] + error.get("error_data", {}).get("details", "")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disp"),
        ("multipart/form-data; boundary=x", b"garbage"),
        ("", b""),
    ],
)
def test_what_is_no_form_is_refused(world: World, content_type: str, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {world.graph_token}", "Content-Type": content_type}
    url = f"{world.sandbox.graph_url}/v23.0/{world.number}/media"
    got = requests.post(url, data=body, headers=headers, timeout=WAIT_S)
    assert (got.status_code, got.json()["error"]["code"]) == (400, 100)


def test_an_upload_over_100_mb_is_refused(world: World) -> None:
    got = world.upload(bytes(100 * MB + 1), "application/pdf")
    assert (got.status_code, got.json()["error"]["code"]) == (400, 131053)
    assert "too big" in got.json()["error"]["error_data"]["details"]


@pytest.mark.parametrize("mime", ["image/gif", "text/csv", "application/zip", "video/webm"])
def test_an_upload_takes_the_types_of_metas_page_unless_told(world: World, mime: str) -> None:
    assert world.upload(b"x", mime).status_code == 400
    world.sandbox.settings(graph={"document_mimes": "any"})
    assert world.upload(b"x", mime).status_code == 200


def test_uploads_may_be_held_to_stricter_rules(world: World) -> None:
    large = JPEG + bytes(5 * MB)
    assert world.upload(large, "image/jpeg").status_code == 200
    world.sandbox.settings(graph={"upload_cap": "by_type", "upload_refusal_code": 100})
    for got in (
        world.upload(large, "image/jpeg"),
        world.upload(b"x", "application/zip"),
        world.upload(b"x", "audio/opus"),
    ):
        assert (got.status_code, got.json()["error"]["code"]) == (400, 100)
    assert world.upload(b"x", "text/plain").status_code == 200
    world.sandbox.settings(graph={"upload_type_mismatch": "accept"})
    assert world.upload(part=("a.png", "image/jpeg")).status_code == 200


def test_a_file_can_be_deleted(world: World) -> None:
    media_id = world.uploaded()
    got = world.media(media_id, "DELETE")
    assert (got.status_code, got.json()) == (200, {"success": True})
    assert world.media(media_id).status_code == 400
    assert world.media(media_id, "DELETE").status_code == 400
