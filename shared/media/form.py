"""How a picture, a sticker or a voice note is made inside, as its first bytes say.

Facts alone: what a provider takes of them is said elsewhere. What is not found is None.
"""

from __future__ import annotations

from typing import Final

from shared.wire.file_types import Colours, Form, plain

LOOK: Final = 128 * 1024  # bytes: a JPEG's tables stand behind up to 64 KB of its camera's words


def form_of(mime: str, begin: bytes) -> Form | None:
    """The form of a file of this type by its first LOOK bytes, or all; None: there is none."""
    read = {
        "image/png": _png,
        "image/jpeg": _jpeg,
        "image/webp": _webp,
        "audio/ogg": _ogg,
    }.get(plain(mime))
    return None if read is None else read(begin)


_PNG_COLOURS: dict[int, Colours] = {0: "grey", 2: "rgb", 3: "palette", 4: "grey_alpha", 6: "rgba"}


def _png(begin: bytes) -> Form | None:
    """The header chunk stands first: https://www.w3.org/TR/png-3/#11IHDR."""
    if begin[12:16] != b"IHDR" or len(begin) < 26:  # noqa: PLR2004  its end
        return None
    width, height = (int.from_bytes(begin[at : at + 4]) for at in (16, 20))
    return Form(begin[24], _PNG_COLOURS.get(begin[25]), width, height)


_JPEG_COLOURS: dict[int, Colours] = {1: "grey", 3: "rgb", 4: "cmyk"}
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # ITU-T T.81, table B.1
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers that stand alone


def _jpeg(begin: bytes) -> Form | None:
    """The frame's header, or before it a colour profile: that of print may fill 500 KB."""
    at = 2
    while at + 4 <= len(begin) and begin[at] == 0xFF:  # noqa: PLR2004  a marker
        marker = begin[at + 1]
        if marker in _BARE or marker == 0xFF:  # noqa: PLR2004  filling
            at += 1 if marker == 0xFF else 2  # noqa: PLR2004
            continue
        part = begin[at + 4 : at + 24]
        if marker in _FRAMES and len(part) >= 6:  # noqa: PLR2004
            height, width = (int.from_bytes(part[n : n + 2]) for n in (1, 3))
            return Form(part[0], _JPEG_COLOURS.get(part[5]), width, height)
        profile = begin[at + 4 : at + 38]
        if marker == 0xE2 and profile.startswith(b"ICC_PROFILE\0\1") and profile[30:] == b"CMYK":  # noqa: PLR2004
            return Form(8, "cmyk")
        at += 2 + int.from_bytes(begin[at + 2 : at + 4])
    return None


def _webp(begin: bytes) -> Form | None:
    """https://developers.google.com/speed/webp/docs/riff_container."""
    kind, data = begin[12:16], begin[20:30]
    if len(data) < 10:  # noqa: PLR2004
        return None
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (4, 7))
        return Form(width=width, height=height, moves=bool(data[0] & 2))
    if kind == b"VP8L":
        packed = int.from_bytes(data[1:5], "little")
        width, height = ((packed >> at & 0x3FFF) + 1 for at in (0, 14))
        return Form(width=width, height=height, moves=False)
    width, height = (int.from_bytes(data[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    return Form(width=width, height=height, moves=False)


def _ogg(begin: bytes) -> Form:
    """The first packet of Opus names its channels: RFC 7845, 5.1."""
    at = begin.find(b"OpusHead", 0, 256)
    if at < 0 or len(begin) < at + 10:
        return Form(codec="other")
    return Form(codec="opus", channels=begin[at + 9])
