"""The rules of files: what WhatsApp takes as which kind, and what Genesys calls it.

Meta's: contracts/meta.md (d). Genesys': contracts/genesys.md (b7). Sizes are bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.wire.file_types import OGG_OPUS, Form, plain

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
"""What WhatsApp takes; a sticker that moves may have MOVING_STICKER."""

MOVING_STICKER = 500 * 1024
_STICKER_SIDE = 512  # points

INBOUND_MAX_BYTES = 100 * MEGABYTE
"""A larger file never comes: Meta sends an error in its place (contracts/meta.md d)."""

GENESYS_MAX_BYTES = 25 * MEGABYTE
"""Both ways (contracts/genesys.md b7): a larger one cannot stand in a message as a file."""

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
}


UPLOADS = frozenset(
    {
        *_KINDS,
        "image/webp",
        "application/pdf",
        "text/plain",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    }
)
"""The types that an upload takes for sure: https://developers.facebook.com/docs/whatsapp/cloud-api
/reference/media, "Supported Media Types". Whether it takes others is not certain."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """A file that WhatsApp takes as nothing at all: the receipt's reason, and words for it."""

    reason: Literal["InvalidMediaContentLength", "MediaTypeNotAllowed"]
    words: str


def kind_of(
    mime: str | None, size: int | None, form: Form | None = None, *, sticker: bool = False
) -> MediaKind | Unfit:
    """As what to send a file. What is no good as an image, video or audio goes as a document.

    `size` None stands for one that is not known; `sticker` says that it is meant as one.
    """
    if size is not None and size <= 0:
        return Unfit("InvalidMediaContentLength", "The file is empty. Attach it again.")
    if size is not None and size > MAX_BYTES["document"]:
        limit = MAX_BYTES["document"] // MEGABYTE
        return Unfit(
            "InvalidMediaContentLength", f"The file is over {limit} MB. Send a smaller one."
        )
    name = plain(mime)
    kind = "sticker" if sticker and name == "image/webp" else _KINDS.get(name, "document")
    most = MOVING_STICKER if kind == "sticker" and form and form.moves else MAX_BYTES[kind]
    return (
        kind
        if (size is None or size <= most) and _shows(kind, name, form or Form())
        else "document"
    )


def _shows(kind: MediaKind, mime: str, form: Form) -> bool:
    """Whether WhatsApp shows a file made like this as that kind (contracts/meta.md d)."""
    if kind == "image":
        colours = ("rgb", "rgba") if mime == "image/png" else ("rgb", "grey")
        return form.bits in (None, 8) and form.colours in (None, *colours)
    if kind == "audio":
        return form.codec != "other" and form.channels in (None, 1)
    if kind == "sticker":
        return all(side in (None, _STICKER_SIDE) for side in (form.width, form.height))
    return True


def whatsapp_mime(mime: str | None) -> str:
    """How a file is labelled for Meta, which refuses `audio/opus` and knows Ogg as Opus alone."""
    name = plain(mime)
    return OGG_OPUS if name == "audio/ogg" else name


def upload_mime(mime: str | None, form: Form | None = None, *, text: bool = False) -> str:
    """How a file is labelled in an upload: text of a type that is not taken goes as plain text."""
    name = plain(mime)
    if text and name not in UPLOADS:
        return "text/plain"
    return name if form is not None and form.codec == "other" else whatsapp_mime(name)


def genesys_media_type(mime: str | None) -> GenesysMediaType:
    """What Genesys calls a file of this type."""
    family = plain(mime).partition("/")[0]
    families: dict[str, GenesysMediaType] = {"image": "Image", "video": "Video", "audio": "Audio"}
    return families.get(family, "File")
