"""What a file is, by its first bytes; and as what it may be served.

Content wins over what was told. What a browser would run is served as bytes and nothing else.
"""

from __future__ import annotations

import re

import filetype

from shared.wire.file_types import BYTES, OGG_OPUS, plain

HEAD = 8192  # bytes that are enough to know a type by

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
_ZIPPED = (_OFFICE, "application/vnd.oasis.opendocument")  # always zips
_OLD_OFFICE = ("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint")

# Types whose first bytes are always known: a file that is told to be one and is not, is none.
_SURE = frozenset(
    {"image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf", "application/rtf"}
    | {_ZIP, _COMPOUND, "application/gzip", "application/x-7z-compressed", "video/webm"}
)


def true_type(head: bytes, told: str | None) -> str:
    """The type to store and serve a file under. `head`: its first HEAD bytes, or all."""
    found = content_type(head, told)
    return BYTES if runs(head, found) else found


def content_type(head: bytes, told: str | None) -> str:
    """What a file is, also where it may not be served as that: what was told, if it can be true."""
    seen, claimed = seen_type(head), plain(told)
    found = _by_text(head, claimed) if seen is None else _by_content(seen, claimed)
    return OGG_OPUS if found == "audio/ogg" and b"OpusHead" in head[:256] else found


def runs(head: bytes, mime: str) -> bool:
    """Whether something runs such a file: a browser, a shell, an operating system."""
    return bool(_ACTIVE.search(mime)) or (
        seen_type(head) is None and _start(head).startswith(_ACTIVE_HEADS)
    )


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


def seen_type(head: bytes) -> str | None:
    """What the first bytes tell for sure, by its usual name; None: nothing."""
    if head.startswith(b"#!AMR"):
        return "audio/amr"
    if head[4:10] in (b"ftyp3g", b"ftyp3G"):
        return "video/3gpp"
    if head.startswith(_COMPOUND_HEAD):
        return _COMPOUND
    found = filetype.guess_mime(head) if head else None
    if found is None and head[4:8] == b"ftyp":
        return "video/mp4"
    if found is None and head.startswith(b"\x1a\x45\xdf\xa3"):  # Matroska, of no named kind
        return "video/webm"
    return plain(found) if found else None


def _by_content(seen: str, claimed: str) -> str:
    if any(seen in family and claimed in family for family in _FAMILIES):
        return claimed
    if seen in (_ZIP, _COMPOUND) and claimed.startswith("application/"):
        return seen if claimed in _SURE or claimed == BYTES else claimed
    macros = claimed.startswith("application/vnd.ms-") and claimed not in _OLD_OFFICE
    if seen.startswith(_OFFICE) and macros:
        return claimed  # with macros, which look the same from outside
    return seen


def _by_text(head: bytes, claimed: str) -> str:
    """Without first bytes that tell anything: text, or whatever was told that can be true."""
    sure = claimed in _SURE or claimed.startswith(_ZIPPED)
    if not is_text(head):
        return BYTES if sure or claimed.startswith("text/") else claimed
    family = claimed.partition("/")[0]
    other = family in ("image", "video", "audio") and claimed != "image/svg+xml"
    return "text/plain" if sure or other or claimed == BYTES or claimed in _OLD_OFFICE else claimed


def _start(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:64].lower()


def is_text(head: bytes) -> bool:
    """No control characters, in whatever alphabet; UTF-16 by its mark."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return not any(byte < 0x20 and byte not in b"\t\n\f\r\x1b" for byte in head)  # noqa: PLR2004  # ASCII's control characters
