"""What a customer's file becomes in words: a line naming it, where it is, or why it is missing."""

from __future__ import annotations

from shared.transforms.inbound_context import File, Missing, Reading
from shared.transforms.text import one_line
from shared.whatsapp.items import media_kind, media_of, message_type, trouble_of
from shared.whatsapp.media import MEGABYTE
from shared.wire.body import Json
from shared.wire.fields import obj, readable

SHORT = 100
"""Code points of a file name, a type or a person shown inside a line."""

WHY = 200
"""Code points of why a file is missing."""


def file_line(reading: Reading) -> str | None:
    """`[image: name] caption`, with what is known of the file; None when no file was told."""
    message, file = reading.message, reading.file
    told = isinstance(message.get(message_type(message)), dict)
    if not told and file is None and not trouble_of(message):
        return None
    said = caption(message)
    if isinstance(file, File) and not file.fits:
        return "\n".join(filter(None, [*link_lines(message, file), said]))
    return " ".join(filter(None, [f"[{label(message, file)}{_why(reading)}]", said]))


def _why(reading: Reading) -> str:
    """Why the file is not there, or nothing."""
    if isinstance(reading.file, Missing):
        words = one_line(reading.file.words, WHY)
        return f", {words}" if words else ""
    if reading.file is not None or media_of(reading.message) is not None:
        return ""
    trouble = one_line(trouble_of(reading.message) or "", SHORT)
    return ", not available" + (f": {trouble}" if trouble else "")


def late_words(message: Json, file: File | Missing) -> str:
    """What stands beside a file that comes after its message, or in its place."""
    if isinstance(file, Missing):
        why = one_line(file.words, WHY)
        return f"[the file that was missing does not come: {label(message)}{why and f', {why}'}]"
    if file.fits:
        return f"[the file that was missing: {label(message, file)}]"
    return "\n".join(link_lines(message, file))


def link_lines(message: Json, file: File) -> list[str]:
    """A file that is too large for a message: what it is, and where to open it."""
    return [
        f"[{label(message, file)}, {(file.size or 0) / MEGABYTE:.0f} MB, to be opened here]",
        file.url,
    ]


def label(message: Json, file: File | Missing | None = None) -> str:
    """`image: name`, as it stands in brackets: the name under which the file is given, if it is."""
    kind = message_type(message)
    words = "voice message" if media_kind(message) == "voice" else kind
    name = readable(obj(message.get(kind)).get("filename"))
    if name and isinstance(file, File):
        name = file.filename or name
    return words + (f": {one_line(name, SHORT)}" if name else "")


def caption(message: Json) -> str | None:
    """What the customer wrote below the file."""
    return readable(obj(message.get(message_type(message))).get("caption"))
