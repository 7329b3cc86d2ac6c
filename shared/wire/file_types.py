"""The one table of file types: their usual names, and how the names of such files end.

Endings have no dot and small letters. Python's own table stands behind this one, without the
machine's files, so that every machine says the same.
"""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass
from typing import Final, Literal

BYTES: Final = "application/octet-stream"
OGG_OPUS: Final = "audio/ogg; codecs=opus"
"""The name that Meta takes (contracts/meta.md d)."""

_MIME = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")

_SAME = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "audio/mp3": "audio/mpeg",
    "audio/x-mp3": "audio/mpeg",
    "audio/x-aac": "audio/aac",
    "audio/x-wav": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/opus": "audio/ogg",
    "audio/x-ogg": "audio/ogg",
    "application/ogg": "audio/ogg",
    "video/3gp": "video/3gpp",
    "application/x-pdf": "application/pdf",
    "application/x-zip-compressed": "application/zip",
    "application/x-gzip": "application/gzip",
    "application/csv": "text/csv",
    "text/rtf": "application/rtf",
    "text/xml": "application/xml",
    "text/x-vcard": "text/vcard",
    "binary/octet-stream": BYTES,
}
"""What browsers and telephones call types that have another, usual name."""

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."

ENDINGS: Final[dict[str, tuple[str, ...]]] = {
    BYTES: ("bin", "dat"),
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/heic": ("heic",),
    "image/svg+xml": ("svg",),
    "image/tiff": ("tiff", "tif"),
    "image/bmp": ("bmp",),
    "video/mp4": ("mp4", "m4v"),
    "video/3gpp": ("3gp", "3gpp"),
    "video/quicktime": ("mov", "qt"),
    "video/webm": ("webm",),
    "video/x-matroska": ("mkv",),
    "audio/aac": ("aac",),
    "audio/amr": ("amr",),
    "audio/mpeg": ("mp3",),
    "audio/mp4": ("m4a", "mp4"),
    "audio/ogg": ("ogg", "oga"),
    "audio/wav": ("wav",),
    "audio/webm": ("weba", "webm"),
    "text/plain": ("txt", "log", "md", "ini", "conf", "cfg", "yaml", "yml", "toml"),
    "text/csv": ("csv",),
    "text/html": ("html", "htm"),
    "text/calendar": ("ics",),
    "text/vcard": ("vcf",),
    "application/json": ("json",),
    "application/xml": ("xml",),
    "application/pdf": ("pdf",),
    "application/rtf": ("rtf",),
    "application/zip": ("zip",),
    "application/gzip": ("gz", "tgz"),
    "application/x-7z-compressed": ("7z",),
    "application/vnd.rar": ("rar",),
    "application/x-ole-storage": ("bin",),
    "application/msword": ("doc", "dot"),
    "application/vnd.ms-excel": ("xls", "xlt"),
    "application/vnd.ms-powerpoint": ("ppt", "pps"),
    "application/vnd.ms-outlook": ("msg",),
    "application/vnd.ms-excel.sheet.macroenabled.12": ("xlsm",),
    "application/vnd.ms-word.document.macroenabled.12": ("docm",),
    f"{_OFFICE}wordprocessingml.document": ("docx",),
    f"{_OFFICE}spreadsheetml.sheet": ("xlsx",),
    f"{_OFFICE}presentationml.presentation": ("pptx",),
    f"{_OPEN}text": ("odt",),
    f"{_OPEN}spreadsheet": ("ods",),
    f"{_OPEN}presentation": ("odp",),
}
"""The first ending is the one that is given; the others may stay where they stand."""

_LIBRARY = mimetypes.MimeTypes()
_TYPES = {ending: mime for mime, endings in reversed(ENDINGS.items()) for ending in endings} | {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "bin": BYTES,
    "opus": "audio/opus",  # true of the bytes, but Meta names such files .ogg
    "jfif": "image/pjpeg",
    "jpe": "image/pjpeg",
}


def plain(mime: str | None) -> str:
    """A type as it was told, by its usual name and without parameters; unknown: BYTES."""
    name = (mime or "").partition(";")[0].strip().lower()
    return _SAME.get(name, name) if _MIME.fullmatch(name) else BYTES


def ending_of(mime: str | None) -> str:
    """How the name of such a file ends: "pdf"; "bin" for a type that has no ending."""
    name = plain(mime)
    if name in ENDINGS:
        return ENDINGS[name][0]
    found = _LIBRARY.guess_extension(name)
    return found.removeprefix(".") if found else "bin"


def endings_of(mime: str | None) -> tuple[str, ...]:
    """All endings that the name of such a file may have."""
    name = plain(mime)
    library = (one.removeprefix(".") for one in _LIBRARY.guess_all_extensions(name))
    return ENDINGS.get(name) or tuple(library)


def type_of(ending: str) -> str | None:
    """The type that an ending stands for, in whatever case; None for one that nobody knows."""
    name = ending.lower()
    if name in _TYPES:
        return _TYPES[name]
    return _LIBRARY.guess_type(f"x.{name}")[0] if name.isalnum() else None


Colours = Literal["grey", "grey_alpha", "palette", "rgb", "rgba", "cmyk"]


@dataclass(frozen=True, slots=True)
class Form:
    """How a picture or a sound is made inside; None for what is not known.

    `bits` of a colour, measures in points, whether a picture moves, a sound's channels.
    """

    bits: int | None = None
    colours: Colours | None = None
    width: int | None = None
    height: int | None = None
    moves: bool | None = None
    channels: int | None = None
    codec: Literal["opus", "other"] | None = None
