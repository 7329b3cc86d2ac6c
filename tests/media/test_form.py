"""How a picture or a sound is made inside is read from its first bytes, or is not known."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.media.form import LOOK, form_of
from shared.wire.file_types import Colours, Form


def png(bits: int, colours: int) -> bytes:
    shape = struct.pack(">IIBBBBB", 640, 480, bits, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + shape


def jpeg(components: int, *parts: bytes, bits: int = 8, frame: int = 0xC0) -> bytes:
    shape = struct.pack(">BHHB", bits, 480, 640, components) + bytes(3 * components)
    head = b"\xff\xd8" + b"".join(parts)
    return head + bytes([0xFF, frame]) + struct.pack(">H", len(shape) + 2) + shape


def part(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


PRINT = part(0xE2, b"ICC_PROFILE\0\1\7" + bytes(16) + b"CMYK" + bytes(60_000))
CAMERA = part(0xE1, b"Exif\0\0" + bytes(65_000))

PICTURES: dict[str, tuple[str, bytes, int, Colours]] = {
    "a png in colours": ("image/png", png(8, 2), 8, "rgb"),
    "a png that is see-through": ("image/png", png(8, 6), 8, "rgba"),
    "a png with a palette": ("image/png", png(8, 3), 8, "palette"),
    "a png in grey": ("image/png", png(8, 0), 8, "grey"),
    "a png in grey that is see-through": ("image/png", png(8, 4), 8, "grey_alpha"),
    "a png of 16 bits": ("image/png", png(16, 2), 16, "rgb"),
    "a jpeg": ("image/jpeg", jpeg(3), 8, "rgb"),
    "a jpeg that comes in steps": ("image/jpeg", jpeg(3, frame=0xC2), 8, "rgb"),
    "a jpeg in grey": ("image/jpeg", jpeg(1), 8, "grey"),
    "a jpeg of 12 bits": ("image/jpeg", jpeg(3, bits=12), 12, "rgb"),
    "a jpeg for print": ("image/jpeg", jpeg(4), 8, "cmyk"),
    "a jpeg behind a camera's words": ("image/jpeg", jpeg(4, CAMERA), 8, "cmyk"),
    "a jpeg behind filling": ("image/jpeg", jpeg(3, b"\xff\xff" + part(0xE0, b"JFIF\0")), 8, "rgb"),
}


@pytest.mark.parametrize(("mime", "begin", "bits", "colours"), PICTURES.values(), ids=PICTURES)
def test_the_colours_of_a_picture_are_read(
    mime: str, begin: bytes, bits: int, colours: Colours
) -> None:
    assert form_of(mime, begin) == Form(bits, colours, width=640, height=480)


def test_a_long_profile_for_print_is_enough() -> None:
    begin = jpeg(4, PRINT, PRINT, PRINT)[:LOOK]
    assert form_of("image/jpeg", begin) == Form(8, "cmyk")


def riff(chunk: bytes, data: bytes) -> bytes:
    return b"RIFF\0\0\0\0WEBP" + chunk + struct.pack("<I", len(data)) + data


STICKERS: dict[str, tuple[bytes, bool]] = {
    "lossy": (riff(b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 512, 512)), False),
    "lossless": (riff(b"VP8L", b"\x2f" + struct.pack("<I", 511 | 511 << 14) + bytes(5)), False),
    "still": (riff(b"VP8X", bytes(4) + b"\xff\x01\0\xff\x01\0"), False),
    "moving": (riff(b"VP8X", b"\2\0\0\0\xff\x01\0\xff\x01\0"), True),
}


@pytest.mark.parametrize(("begin", "moves"), STICKERS.values(), ids=STICKERS)
def test_a_sticker_has_its_measures(begin: bytes, *, moves: bool) -> None:
    assert form_of("image/webp", begin) == Form(width=512, height=512, moves=moves)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_voice_note_has_its_channels(channels: int) -> None:
    begin = b"OggS" + bytes(24) + b"OpusHead\x01" + bytes([channels])
    assert form_of("audio/ogg; codecs=opus", begin) == Form(codec="opus", channels=channels)


def test_sound_of_another_codec_is_known() -> None:
    assert form_of("audio/ogg", b"OggS" + bytes(24) + b"\x01vorbis") == Form(codec="other")


def test_other_files_have_no_form() -> None:
    assert form_of("application/pdf", b"%PDF-1.7") is None


@given(st.sampled_from(["image/png", "image/jpeg", "image/webp", "audio/ogg"]), st.binary())
def test_no_bytes_break_it(mime: str, begin: bytes) -> None:
    form_of(mime, begin)
    form_of(mime, b"\xff\xd8" + begin)
