"""Files in what Parley sends: by id or by link, as what they fit, and what the customer got."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from local.sandbox.room.magic import GIF, JPEG, WEBP, head, png
from tests.local.sandbox.support import World, text_message

MB = 1024 * 1024
OGG = head("audio/ogg", 0) + bytes(100)
MP4 = head("video/mp4", 200) + bytes(100)
M4A = head("audio/mp4", 200) + bytes(100)
MOVING = head("image/webp", 200, animated=True) + bytes(100)


def sending(kind: str, **part: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": "919876543210", "type": kind, kind: part}


def square(side: int) -> bytes:
    """A sticker of that many points."""
    return WEBP[:26] + side.to_bytes(2, "little") * 2 + WEBP[30:]


def grey() -> bytes:
    picture = bytearray(png())
    picture[25] = 0
    return bytes(picture)


@pytest.fixture(autouse=True)
def _open(world: World) -> None:
    world.opened()
    world.sandbox.settings(graph={"document_mimes": "any"})


def test_a_file_reaches_the_customer_with_its_hash(world: World) -> None:
    media_id = world.uploaded(png(), "image/png")
    world.wamid(sending("image", id=media_id, caption="Look"))
    assert [s["status"] for s in world.statuses(3)] == ["sent", "delivered", "read"]
    (message,) = world.got()
    (file,) = message.files
    assert (message.type, message.text) == ("image", "Look")
    assert (file.mime, file.size) == ("image/png", len(png()))
    assert file.sha256 == hashlib.sha256(png()).hexdigest()
    assert file.more["kind"] == "image"


FITS: dict[str, tuple[str, bytes, str, dict[str, Any]]] = {
    "jpeg": ("image", JPEG, "image/jpeg", {}),
    "mp4": ("video", MP4, "video/mp4", {}),
    "ogg opus": ("audio", OGG, "audio/ogg; codecs=opus", {}),
    "plain ogg": ("audio", OGG, "audio/ogg", {}),
    "voice": ("audio", OGG, "audio/ogg; codecs=opus", {"voice": True}),
    "m4a in an mp4 box": ("audio", MP4, "audio/mp4", {}),
    "webp": ("sticker", WEBP, "image/webp", {}),
    "moving webp": ("sticker", MOVING + bytes(400_000), "image/webp", {}),
    "pdf": ("document", b"%PDF-1", "application/pdf", {"filename": "a.pdf"}),
    "a picture as a document": ("document", GIF, "image/gif", {}),
    "a large picture as a document": ("document", JPEG + bytes(6 * MB), "image/jpeg", {}),
}
STEREO: tuple[str, dict[str, Any], str] = ("audio/ogg; codecs=opus", {}, "mono")
UNFIT: dict[str, tuple[str, bytes, str, dict[str, Any], str]] = {
    "gif": ("image", GIF, "image/gif", {}, "image/jpeg, image/png"),
    "webp as a picture": ("image", WEBP, "image/webp", {}, "mime type"),
    "grey png": ("image", grey(), "image/png", {}, "8-bit"),
    "not a jpeg": ("image", png(), "image/jpeg", {}, "found image/png"),
    "no picture at all": ("image", b"hello", "image/png", {}, "nothing known"),
    "large picture": ("image", JPEG + bytes(5 * MB), "image/jpeg", {}, "too big"),
    "large film": ("video", MP4 + bytes(16 * MB), "video/mp4", {}, "too big"),
    "webm": ("video", head("video/webm", 0), "video/webm", {}, "mime type"),
    "audio/opus": ("audio", OGG, "audio/opus", {}, "audio/ogg; codecs=opus"),
    "wav": ("audio", head("audio/wav", 100), "audio/wav", {}, "mime type"),
    "ogg without opus": ("audio", b"OggS" + bytes(90), "audio/ogg", {}, "application/ogg"),
    "voice that is no ogg": ("audio", M4A, "audio/mp4", {"voice": True}, "voice"),
    "large sticker": ("sticker", WEBP + bytes(100 * 1024), "image/webp", {}, "too big"),
    "large moving sticker": ("sticker", MOVING + bytes(500 * 1024), "image/webp", {}, "too big"),
    "small sticker": ("sticker", square(96), "image/webp", {}, "512 x 512"),
    "ogg in stereo": ("audio", OGG.replace(b"\x01\x01\x38", b"\x01\x02\x38"), *STEREO),
    "png as a sticker": ("sticker", png(), "image/png", {}, "image/webp"),
}


@pytest.mark.parametrize("case", FITS)
def test_what_fits_arrives(world: World, case: str) -> None:
    kind, content, mime, more = FITS[case]
    world.sandbox.settings(graph={"statuses": ["delivered"]})
    world.wamid(sending(kind, id=world.uploaded(content, mime), **more))
    assert world.statuses(1)[0]["status"] == "delivered"


@pytest.mark.parametrize("case", UNFIT)
def test_what_does_not_fit_fails_later(world: World, case: str) -> None:
    kind, content, mime, more, words = UNFIT[case]
    world.wamid(sending(kind, id=world.uploaded(content, mime), **more))
    (status,) = world.statuses(1)
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131053)
    assert words in status["errors"][0]["error_data"]["details"]


def test_it_may_fail_at_once(world: World) -> None:
    world.sandbox.settings(graph={"media_verdict": "at_once"})
    got = world.graph(sending("image", id=world.uploaded(GIF, "image/gif")))
    assert (got.status_code, got.json()["error"]["code"]) == (400, 131053)


def test_contents_and_parameters_are_judged_by_settings(world: World) -> None:
    world.sandbox.settings(graph={"statuses": ["sent"], "sniff_media": False})
    world.wamid(sending("image", id=world.uploaded(b"hello", "image/png")))
    assert world.statuses(1)[0]["status"] == "sent"
    world.sandbox.settings(graph={"sniff_media": True, "plain_ogg": "refuse"})
    world.wamid(sending("audio", id=world.uploaded(OGG, "audio/ogg")))
    assert world.statuses(2)[1]["errors"][0]["code"] == 131053


def test_the_failure_may_come_after_a_sent(world: World) -> None:
    delays = {"sent": 1, "failed": 60}
    world.sandbox.settings(graph={"sent_before_failed": True, "status_delay_ms": delays})
    world.wamid(sending("image", id=world.uploaded(GIF, "image/gif")))
    assert [s["status"] for s in world.statuses(2)] == ["sent", "failed"]


@pytest.mark.parametrize("whose", ["nobody's", "another number's", "a customer's own"])
def test_an_id_must_be_the_numbers(world: World, whose: str) -> None:
    media_id = "123"
    if whose == "another number's":
        other = World(world.sandbox, world.receiver)
        world.sandbox.setup(other.described(), add=True)
        media_id = other.uploaded()
    if whose == "a customer's own":
        sent = world.sandbox.customer_sends(world.number, "491", "image", wait=True)
        assert world.graph(sending("image", id=sent.files[0].id)).status_code == 200
        return
    got = world.graph(sending("image", id=media_id))
    assert (got.status_code, got.json()["error"]["code"]) == (400, 100)
    assert "Param image['id'] is not a valid" in got.json()["error"]["message"]
    assert world.got() == []


def test_a_link_is_fetched_without_credentials(world: World) -> None:
    link = world.receiver.offer(f"/files/{world.tag}.png", png(), "image/png")
    world.wamid(sending("image", link=link))
    assert world.statuses(1)[0]["status"] == "sent"
    (hit,) = world.receiver.hits(f"/files/{world.tag}.png")
    assert "authorization" not in hit.headers
    (file,) = world.got()[0].files
    assert (file.size, file.more["link"]) == (len(png()), link)
    assert file.sha256 == hashlib.sha256(png()).hexdigest()


@pytest.mark.parametrize(
    ("reply", "mime", "words"),
    [
        (404, "image/png", "404"),
        (302, "image/png", "text/html"),
        (200, "text/html", "mime type text/html"),
        (200, "application/octet-stream", "mime type"),
        ("cut", "image/png", "connection"),
        (200, "image/jpeg", "found image/png"),
    ],
)
def test_a_bad_link_fails_later(world: World, reply: Any, mime: str, words: str) -> None:
    path = f"/files/{world.tag}"
    link = world.receiver.offer(path, png(), mime)
    world.receiver.script(path, reply, reply)  # aiohttp tries a GET that was cut once more
    world.wamid(sending("image", link=link))
    (status,) = world.statuses(1)
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131053)
    assert words in status["errors"][0]["error_data"]["details"]
    assert world.got()[0].files == []


def test_nothing_behind_a_link_fails_later(world: World) -> None:
    world.wamid(sending("image", link="http://127.0.0.1:9/none.png"))
    assert world.statuses(1)[0]["errors"][0]["code"] == 131053


def test_links_may_be_cached(world: World) -> None:
    world.sandbox.settings(graph={"link_cache_s": 60, "statuses": ["sent"]})
    path = f"/files/{world.tag}"
    link = world.receiver.offer(path, png(), "image/png")
    for count in (1, 2):
        world.wamid(sending("image", link=link))
        world.statuses(count)
    assert len(world.receiver.hits(path)) == 1


def test_files_in_headers_are_judged_too(world: World) -> None:
    buttons = [{"type": "reply", "reply": {"id": "1", "title": "Yes"}}]
    interactive = {"type": "button", "body": {"text": "?"}, "action": {"buttons": buttons}}

    def with_header(media_id: str) -> dict[str, Any]:
        header = {"type": "image", "image": {"id": media_id}}
        return sending("interactive", **interactive, header=header)

    assert "interactive['header']['image']" in world.graph(with_header("9")).text
    world.wamid(with_header(world.uploaded()))
    assert world.got()[0].files[0].more["kind"] == "image"


def test_played_follows_a_voice_note_alone(world: World) -> None:
    world.sandbox.settings(graph={"statuses": ["delivered", "played"]})
    world.wamid(text_message())
    media_id = world.uploaded(OGG, "audio/ogg; codecs=opus")
    voice = world.wamid(sending("audio", id=media_id, voice=True))
    assert [s["id"] for s in world.statuses(3) if s["status"] == "played"] == [voice]
