"""What a file is, by its first bytes; and as what it may be served.

Content wins over what was told. What a browser would run is served as bytes and nothing else.
"""

from __future__ import annotations

import mimetypes
import re

import filetype

HEAD = 8192  # bytes that are enough to know a type by
BYTES = "application/octet-stream"
OGG_OPUS = "audio/ogg; codecs=opus"  # the name that Meta takes: contracts/meta.md (d)

_MIME = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")

# What runs somewhere: in a browser, a shell, an interpreter, an operating system.
_ACTIVE = re.compile(
    r"html|svg|[/+]xml$|xsl|script|php|python|perl|ruby|wasm|shockwave|futuresplash"
    r"|x-c?sh$|x-bat|x-hta|/hta|jnlp|java|package-archive|msdos|msdownload|x-ms(i|installer|-short)"
    r"|x-dosexec|executable|x-elf|x-mach|x-object|shared-?lib|vnd\.microsoft\.portable"
)
_ACTIVE_HEADS = (
    *(b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<iframe", b"<svg", b"<?xml"),
    *(b"<?php", b"<!--", b"#!", b"@echo off", b"mz", b"\x7felf", b"\xca\xfe\xba\xbe"),
    *(b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"),
    b"l\0\0\0\x01\x14\x02\0",  # a shortcut of Windows
)
_PAGE_HEADS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script")
_PAGES = ("text/html", "application/xhtml+xml", "application/json", "application/problem+json")

_SAME = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "audio/mp3": "audio/mpeg",
    "audio/x-mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/opus": "audio/ogg",
    "application/ogg": "audio/ogg",
    "video/3gp": "video/3gpp",
    "application/x-zip-compressed": "application/zip",
    "binary/octet-stream": BYTES,
}

# Containers: their first bytes do not tell which of these a file is, so the one that is told may
# stand. Any document may be a zip, or Microsoft's older compound file.
_ISO = frozenset({"video/mp4", "audio/mp4", "video/3gpp", "audio/3gpp", "video/x-m4v"})
_FAMILIES = (
    _ISO,
    frozenset({"audio/ogg", "video/ogg"}),
    frozenset({"video/webm", "audio/webm", "video/x-matroska", "audio/x-matroska"}),
)
_ZIP, _COMPOUND = "application/zip", "application/x-ole-storage"
_COMPOUND_HEAD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OFFICE = "application/vnd.openxmlformats"

# Types whose first bytes are always known: a file that is told to be one and is not, is none.
_SURE = frozenset(
    {"image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf", "application/rtf"}
    | {_ZIP, "application/gzip", "application/x-7z-compressed", "video/webm"}
)


def plain(mime: str | None) -> str:
    """A type as it was told, by its usual name and without parameters; unknown: BYTES."""
    name = (mime or "").partition(";")[0].strip().lower()
    return _SAME.get(name, name) if _MIME.fullmatch(name) else BYTES


def true_type(head: bytes, told: str | None) -> str:
    """The type to store and serve a file under. `head`: its first HEAD bytes, or all."""
    seen, claimed = _seen(head), plain(told)
    found = _by_text(head, claimed) if seen is None else _by_content(seen, claimed)
    if found == "audio/ogg" and b"OpusHead" in head[:256]:
        return OGG_OPUS
    return BYTES if _ACTIVE.search(found) else found


def is_page(head: bytes, header: str, told: str | None) -> bool:
    """Whether a page or an error in JSON came where another kind of file was told.

    `header` is the answer's Content-Type.
    """
    claimed, answered = plain(told), plain(header)
    if claimed in _PAGES or claimed.startswith("text/"):
        return False
    return answered in _PAGES or _start(head).startswith(_PAGE_HEADS)


def group(mime: str) -> str:
    """image, video, audio or file: the part of a key that says what kind lies there."""
    family = mime.partition("/")[0]
    return family if family in ("image", "video", "audio") else "file"


def extension(mime: str) -> str:
    """The ending of such a file's name, without the dot."""
    name = plain(mime)
    return _ENDINGS.get(name) or (mimetypes.guess_extension(name) or ".bin").removeprefix(".")


_ENDINGS = {
    BYTES: "bin",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/heic": "heic",
    "audio/ogg": "ogg",
    "audio/amr": "amr",
    "audio/aac": "aac",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "video/3gpp": "3gp",
    "video/webm": "webm",
    "text/plain": "txt",
}


def _seen(head: bytes) -> str | None:
    """What the first bytes tell for sure, by its usual name."""
    if head.startswith(b"#!AMR"):
        return "audio/amr"
    if head[4:10] in (b"ftyp3g", b"ftyp3G"):
        return "video/3gpp"
    if head.startswith(_COMPOUND_HEAD):
        return _COMPOUND
    found = filetype.guess_mime(head) if head else None
    if found is None and head[4:8] == b"ftyp":
        return "video/mp4"
    return plain(found) if found else None


def _by_content(seen: str, claimed: str) -> str:
    if any(seen in family and claimed in family for family in _FAMILIES):
        return claimed
    if seen in (_ZIP, _COMPOUND) and claimed.startswith("application/"):
        return seen if claimed in _SURE or claimed == BYTES else claimed
    if seen.startswith(_OFFICE) and claimed.startswith("application/vnd.ms-"):
        return claimed  # with macros, which look the same from outside
    return seen


def _by_text(head: bytes, claimed: str) -> str:
    """Without first bytes that tell anything: text, or whatever was told that can be true."""
    if _start(head).startswith(_ACTIVE_HEADS):
        return BYTES
    if not _is_text(head):
        return BYTES if claimed in _SURE or claimed.startswith("text/") else claimed
    family = claimed.partition("/")[0]
    if claimed in _SURE or claimed == BYTES or family in ("image", "video", "audio"):
        return "text/plain"
    return claimed


def _start(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:64].lower()


def _is_text(head: bytes) -> bool:
    """No control characters, in whatever alphabet; UTF-16 by its mark."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(byte < 0x20 and byte not in b"\t\n\f\r\x1b" for byte in head)  # noqa: PLR2004  # ASCII's control characters
