"""Which files WhatsApp takes as what: types, sizes, contents (meta (d))."""

from __future__ import annotations

from local.sandbox.room import magic
from local.sandbox.room.settings import GraphSettings

KB, MB = 1024, 1024 * 1024
DOCUMENT_CAP = 100 * MB
STILL_STICKER, MOVING_STICKER = 100 * KB, 500 * KB
TYPES: dict[str, tuple[str, ...]] = {
    "image": ("image/jpeg", "image/png"),
    "video": ("video/mp4", "video/3gpp"),
    "audio": ("audio/ogg; codecs=opus", "audio/mpeg", "audio/amr", "audio/mp4", "audio/aac"),
    "sticker": ("image/webp",),
}
CAPS = {"image": 5 * MB, "video": 16 * MB, "audio": 16 * MB, "document": DOCUMENT_CAP}
CAPS["sticker"] = MOVING_STICKER
LISTED = frozenset(
    {
        "text/plain",
        "application/pdf",
        "application/msword",
        "application/vnd.ms-excel",
        "application/vnd.ms-powerpoint",
        f"{magic.OFFICE}wordprocessingml.document",
        f"{magic.OFFICE}spreadsheetml.sheet",
        f"{magic.OFFICE}presentationml.presentation",
    }
)
"""The documents that Meta's page lists, for `graph.document_mimes=listed`."""

TAKEN = LISTED | {magic.plain(mime) for mimes in TYPES.values() for mime in mimes}
"""What an upload takes then, and so what may go as a document."""

BOXED = frozenset({"audio/mp4", "video/mp4", "video/3gpp"})


def kind_of(mime: str) -> str:
    """The kind that takes this type, by its table; document for every other."""
    name = magic.plain(mime)
    found = (k for k, mimes in TYPES.items() if name in {magic.plain(m) for m in mimes})
    return next(found, "document")


def too_big(size: int, most: int) -> str:
    """In Meta's words."""
    return f"Media file size too big. Max file size we currently support: {most} bytes, got {size}."


def unfit(
    kind: str, mime: str, size: int, begin: bytes, settings: GraphSettings, *, voice: bool = False
) -> str | None:
    """Answer why a file cannot be sent as `kind`, in words; None when it can."""
    name = magic.plain(mime)
    allowed = TYPES.get(kind)
    if kind == "document":
        listed = settings.document_mimes == "any" or name in TAKEN
        wrong = None if listed else f"Unsupported Document mime type {mime}."
    elif allowed is not None and name not in {magic.plain(m) for m in allowed}:
        wrong = (
            f"Unsupported {kind.title()} mime type {mime}. Please use one of: {', '.join(allowed)}."
        )
    elif voice and name != "audio/ogg":
        wrong = f"A voice message must be audio/ogg; codecs=opus, got {mime}."
    elif name == "audio/ogg" and settings.plain_ogg == "refuse" and "opus" not in mime:
        wrong = (
            f"Unsupported Audio mime type {mime}. Please use one of: {', '.join(TYPES['audio'])}."
        )
    else:
        wrong = _content(kind, name, begin) if settings.sniff_media else None
    return wrong or _size(kind, size, begin)


def _size(kind: str, size: int, begin: bytes) -> str | None:
    most = CAPS.get(kind, DOCUMENT_CAP)
    if kind == "sticker" and not magic.moves(begin):
        most = STILL_STICKER
    if size == 0:
        return "The media file is empty."
    return too_big(size, most) if size > most else None


def _content(kind: str, name: str, begin: bytes) -> str | None:
    found = magic.seen(begin)
    if found != name and not (found in BOXED and name in BOXED):
        return f"Media is not what it says: expected {name}, found {found or 'nothing known'}."
    if name == "image/png" and kind == "image" and not magic.true_colour(begin):
        return "A PNG must be 8-bit RGB or RGBA."
    if kind == "sticker" and not magic.square(begin):
        return "A sticker must be 512 x 512 pixels."
    if name == "audio/ogg" and not magic.mono(begin):
        return "Sound in Ogg must be mono."
    return None
