"""The rules of files: what WhatsApp takes as which kind, and what Genesys calls it.

Meta's: contracts/meta.md (d). Genesys': contracts/genesys.md (b7). Sizes are bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MediaKind = Literal["image", "video", "audio", "document", "sticker"]
GenesysMediaType = Literal["Image", "Video", "Audio", "File"]

MEGABYTE = 1024 * 1024

MAX_BYTES: dict[MediaKind, int] = {
    "image": 5 * MEGABYTE,
    "video": 16 * MEGABYTE,
    "audio": 16 * MEGABYTE,
    "document": 100 * MEGABYTE,
    "sticker": 100 * 1024,
}
"""What WhatsApp takes; a sticker that moves may have 500 KB, which its mime does not tell."""

INBOUND_MAX_BYTES = 100 * MEGABYTE
"""A larger file never comes: Meta sends an error in its place (contracts/meta.md d)."""

GENESYS_MAX_BYTES = 25 * MEGABYTE
"""Both ways (contracts/genesys.md b7): a larger one cannot stand in a message as a file."""

OGG_OPUS = "audio/ogg; codecs=opus"

_KINDS: dict[str, MediaKind] = {
    "image/jpeg": "image",
    "image/png": "image",
    "video/mp4": "video",
    "video/3gpp": "video",
    "audio/aac": "audio",
    "audio/amr": "audio",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/ogg": "audio",
    "audio/opus": "audio",
}

_OTHER_NAMES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "video/3gp": "video/3gpp",
    "audio/x-aac": "audio/aac",
    "audio/mp3": "audio/mpeg",
    "audio/x-mp3": "audio/mpeg",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/x-ogg": "audio/ogg",
}
"""What browsers and telephones call the types that Meta takes."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """A file that WhatsApp takes as nothing at all: the receipt's reason, and words for it."""

    reason: Literal["InvalidMediaContentLength", "MediaTypeNotAllowed"]
    words: str


def kind_of(mime: str | None, size: int | None, *, sticker: bool = False) -> MediaKind | Unfit:
    """As what to send a file. What is no good as an image, video or audio goes as a document.

    `size` None stands for one that is not known; `sticker` says that it is meant as one.
    """
    if size is not None and size <= 0:
        return Unfit("InvalidMediaContentLength", "The file is empty.")
    if size is not None and size > MAX_BYTES["document"]:
        limit = MAX_BYTES["document"] // MEGABYTE
        return Unfit("InvalidMediaContentLength", f"The file is larger than {limit} MB.")
    plain = plain_mime(mime)
    kind = "sticker" if sticker and plain == "image/webp" else _KINDS.get(plain, "document")
    return kind if size is None or size <= MAX_BYTES[kind] else "document"


def plain_mime(mime: str | None) -> str:
    """The type alone: lower case, no parameter, by the name that Meta knows it under."""
    plain = (mime or "").partition(";")[0].strip().lower()
    return _OTHER_NAMES.get(plain, plain) if "/" in plain else "application/octet-stream"


def whatsapp_mime(mime: str | None) -> str:
    """How a file is labelled for Meta, which refuses `audio/opus` and knows Ogg as Opus alone."""
    plain = plain_mime(mime)
    return OGG_OPUS if plain in ("audio/ogg", "audio/opus") else plain


def genesys_media_type(mime: str | None) -> GenesysMediaType:
    """What Genesys calls a file of this type."""
    family = plain_mime(mime).partition("/")[0]
    families: dict[str, GenesysMediaType] = {"image": "Image", "video": "Video", "audio": "Audio"}
    return families.get(family, "File")


EXTENSIONS: dict[str, str] = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "image/svg+xml": ".svg",
    "image/tiff": ".tiff",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    "video/quicktime": ".mov",
    "video/webm": ".webm",
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/mpeg": ".mp3",
    "audio/mp4": ".m4a",
    "audio/ogg": ".ogg",
    "audio/opus": ".ogg",
    "audio/wav": ".wav",
    "audio/x-wav": ".wav",
    "audio/webm": ".weba",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/calendar": ".ics",
    "text/vcard": ".vcf",
    "application/json": ".json",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "application/rtf": ".rtf",
    "application/msword": ".doc",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-powerpoint": ".ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.oasis.opendocument.text": ".odt",
}
"""What a file's name ends with, by its type: Python's own table depends on the machine."""


def file_extension(mime: str | None) -> str:
    """`.pdf` and the like, which chooses the icon of a document; "" for a type not listed."""
    return EXTENSIONS.get(plain_mime(mime), "")
