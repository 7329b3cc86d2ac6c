"""Files: generated ones are the same each time, begin as their type and take no memory."""

from __future__ import annotations

import base64
import hashlib

import pytest
from pydantic import ValidationError

from local.sandbox.room import magic
from local.sandbox.room.files import Files, Recipe, made
from local.sandbox.room.settings import Settings

SEEN = {
    **{mime: mime for mime in magic.HEADS},
    "image/webp; animated": "image/webp",
    "audio/opus": "audio/ogg",
    "audio/webm": "video/webm",
    "application/msword": "application/x-ole-storage",
    "application/vnd.ms-excel": "application/x-ole-storage",
    "application/vnd.ms-powerpoint": "application/x-ole-storage",
    f"{magic.OFFICE}wordprocessingml.document": "application/zip",
}


@pytest.mark.parametrize("mime", SEEN)
def test_a_generated_file_begins_as_its_type(mime: str) -> None:
    file = made(Recipe(mime=mime, size=3000, animated="animated" in mime), "owner")
    assert magic.seen(file.head) == SEEN[mime]
    assert magic.moves(file.head) is ("animated" in mime)


@pytest.mark.parametrize("size", [0, 1, 7, 100, 65_536, 65_537, 1_000_001])
@pytest.mark.parametrize("mime", ["image/jpeg", "text/plain", "application/x-own"])
def test_it_has_its_size_and_its_hash(mime: str, size: int) -> None:
    file = made(Recipe(mime=mime, size=size), "owner")
    content = b"".join(file.chunks())
    assert (file.size, len(content)) == (size, size)
    assert file.sha256 == hashlib.sha256(content).hexdigest()
    assert file.content is None


def test_the_seed_makes_another_file_and_nothing_else_does() -> None:
    hashes = [made(Recipe(mime="video/mp4", size=9000, seed=s), "o").sha256 for s in (0, 0, 1)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_text_file_is_text() -> None:
    assert b"".join(made(Recipe(mime="text/csv", size=70_000), "o").chunks()).isascii()


def test_given_bytes_are_the_file() -> None:
    file = made(Recipe(mime="image/png", base64=base64.b64encode(magic.png()).decode()), "o", "a")
    assert b"".join(file.chunks()) == magic.png()
    assert file.shown()["filename"] == "a"


def test_a_file_can_not_be_both_given_and_generated() -> None:
    with pytest.raises(ValidationError, match="either"):
        Recipe(mime="image/png", base64="AAAA", size=3)


def test_the_oldest_given_bytes_go_first() -> None:
    settings = Settings()
    settings.change({"room": {"max_file_bytes": 10}})
    files = Files(settings)
    recipes = [Recipe(mime="a/b", base64=base64.b64encode(bytes(4)).decode()) for _ in range(3)]
    kept = [files.add(made(recipe, "o")) for recipe in recipes]
    generated = files.add(made(Recipe(mime="a/b", size=10**6), "o"))
    assert [files.find(f.id) is not None for f in kept] == [False, True, True]
    assert files.find(generated.id) is generated
    assert files.find(generated.id, "another") is None


@pytest.mark.parametrize(
    ("begin", "mime"),
    [
        (b"", None),
        (b"hello", None),
        (b"\xff", None),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (b"\xff\xf1\x50", "audio/aac"),
        (b"RIFF1234AVI ", None),
        (b"OggS" + bytes(60), "application/ogg"),
        (b"\x00\x00\x00\x18ftypqt  ", "video/mp4"),
    ],
)
def test_contents_are_told_by_their_first_bytes(begin: bytes, mime: str | None) -> None:
    assert magic.seen(begin) == mime


def test_only_true_colour_pictures_are_told() -> None:
    grey = bytearray(magic.png())
    grey[25] = 0
    assert magic.true_colour(magic.png())
    assert not magic.true_colour(bytes(grey))
