"""The first bytes of files: made for generated ones, looked at in those that come.

Generated files are real where that is short (a picture of one pixel), else they only begin as one.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable
from functools import cache

JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP///////////////////////////////////////////////////////////"
    "///////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)
GIF = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
WEBP = base64.b64decode("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
SIDE = (512).to_bytes(2, "little")
WEBP = WEBP[:26] + SIDE + SIDE + WEBP[30:]  # it says so of itself: that of a sticker
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]>>endobj\n"
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04\x14\x00\x00\x00\x00\x00" + bytes(16) + b"\x13\x00\x00\x00[Content_Types].xml"
ID3 = b"ID3\x04\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x64"
ADTS = b"\xff\xf1\x50\x80\x02\x1f\xfc"
WEBM = (
    b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82"
)
OPUS_HEAD = b"OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00"


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@cache
def png() -> bytes:
    """One transparent pixel, 8-bit RGBA."""
    shape = struct.pack(">IIBBBBB", 1, 1, 8, 6, 0, 0, 0)
    pixel = zlib.compress(bytes(5))
    parts = _chunk(b"IHDR", shape) + _chunk(b"IDAT", pixel) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def _boxes(brand: bytes, size: int) -> bytes:
    kind = struct.pack(">I", 24) + b"ftyp" + brand + bytes(4) + b"isom" + brand
    return kind + struct.pack(">I", max(size - len(kind), 8)) + b"mdat"


def _riff(form: bytes, size: int) -> bytes:
    return b"RIFF" + struct.pack("<I", max(size - 8, 4)) + form


def _ogg(_size: int) -> bytes:
    page = b"OggS\x00\x02" + bytes(8) + b"\x01\x00\x00\x00" + bytes(8) + b"\x01"
    return page + bytes([len(OPUS_HEAD)]) + OPUS_HEAD


def _webp(size: int) -> bytes:
    return _riff(WEBP[8:], max(size, len(WEBP)))


def _moving_webp(size: int) -> bytes:
    return _riff(b"WEBPVP8X\x0a\x00\x00\x00\x02" + bytes(3) + b"\xff\x01\x00" * 2 + b"ANIM", size)


def _fixed(head: bytes) -> Callable[[int], bytes]:
    return lambda _size: head


HEADS: dict[str, Callable[[int], bytes]] = {
    "image/jpeg": _fixed(JPEG),
    "image/png": lambda _size: png(),
    "image/gif": _fixed(GIF),
    "image/webp": _webp,
    "image/webp; animated": _moving_webp,
    "image/heic": lambda size: _boxes(b"heic", size),
    "video/mp4": lambda size: _boxes(b"isom", size),
    "video/3gpp": lambda size: _boxes(b"3gp4", size),
    "video/webm": _fixed(WEBM),
    "audio/aac": _fixed(ADTS),
    "audio/amr": _fixed(b"#!AMR\n"),
    "audio/mpeg": _fixed(ID3),
    "audio/mp4": lambda size: _boxes(b"M4A ", size),
    "audio/ogg": _ogg,
    "audio/opus": _ogg,
    "audio/wav": lambda size: _riff(b"WAVEfmt ", size),
    "audio/webm": _fixed(WEBM),
    "application/pdf": _fixed(PDF),
    "application/zip": _fixed(ZIP),
    "application/msword": _fixed(OLD_OFFICE),
    "application/vnd.ms-excel": _fixed(OLD_OFFICE),
    "application/vnd.ms-powerpoint": _fixed(OLD_OFFICE),
}
OFFICE = "application/vnd.openxmlformats-officedocument."


def plain(mime: str) -> str:
    """The type without its parameters, in lower case."""
    return mime.partition(";")[0].strip().lower()


def head(mime: str, size: int, *, animated: bool = False) -> bytes:
    """How a file of this type begins; empty for a type that has no mark."""
    name = plain(mime)
    if name.startswith(OFFICE):
        return ZIP
    made = HEADS.get(f"{name}; animated" if animated else name)
    return b"" if made is None else made(size)


BRANDS = {b"M4A ": "audio/mp4", b"3gp": "video/3gpp", b"hei": "image/heic"}
STARTS: list[tuple[bytes, str]] = [
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (OLD_OFFICE, "application/x-ole-storage"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
]


def seen(begin: bytes) -> str | None:
    """The type that a file's first bytes tell; None when they tell nothing."""
    if begin[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(begin[8:12])
    if begin[4:8] == b"ftyp":
        return next((m for b, m in BRANDS.items() if begin[8:12].startswith(b)), "video/mp4")
    if begin[:4] == b"OggS":
        return "audio/ogg" if b"OpusHead" in begin[:64] else "application/ogg"
    known = next((mime for start, mime in STARTS if begin.startswith(start)), None)
    if known is None and begin[:1] == b"\xff" and begin[1:2] >= b"\xe0":
        return "audio/mpeg" if begin[1] & 0x06 else "audio/aac"
    return known


def moves(begin: bytes) -> bool:
    """Tell whether a WebP is animated."""
    return begin[12:16] == b"VP8X" and len(begin) > 20 and bool(begin[20] & 2)  # noqa: PLR2004 - the flags' place


def true_colour(begin: bytes) -> bool:
    """Tell whether a PNG is 8-bit RGB or RGBA, the only ones WhatsApp takes (meta (d))."""
    return begin[24:26] in {b"\x08\x02", b"\x08\x06"}


def square(begin: bytes) -> bool:
    """Tell whether a WebP has the measures of a sticker."""
    if begin[12:16] == b"VP8X":
        return begin[24:30] == b"\xff\x01\x00" * 2
    return begin[12:16] != b"VP8 " or begin[26:30] == SIDE + SIDE


def mono(begin: bytes) -> bool:
    """Tell whether an Ogg of Opus has one channel."""
    at = begin.find(b"OpusHead")
    return at < 0 or begin[at + 9 : at + 10] == b"\x01"
