"""The files of a Genesys message: what is to be fetched, and what stands for it at WhatsApp.

Files are numbered as they stand in the body, so that the same body always gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shared.genesys.payloads import OutboundMessage
from shared.whatsapp.media import MediaKind
from shared.wire.body import Json, PayloadError
from shared.wire.fields import number, obj, objects, text


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of Genesys, to be fetched. `number` counts from 1; the rest is what the body says."""

    number: int
    url: str
    mime: str | None
    filename: str | None
    media_type: str | None
    caption: str | None
    size: int | None
    sha256: str | None

    @property
    def sticker(self) -> bool:
        """Whether it says that it is one; any other webp is a picture that WhatsApp cannot show."""
        named = (self.filename or "").lower().startswith("sticker")
        return named or (self.media_type or "").lower() == "sticker"


@dataclass(frozen=True, slots=True)
class WaFile:
    """A file as WhatsApp is given it: by the id of an upload, or by a link that Meta fetches.

    Raises PayloadError for both or neither.
    """

    kind: MediaKind
    mime: str
    id: str | None = None
    link: str | None = None
    filename: str | None = None

    def __post_init__(self) -> None:
        if (self.id is None) == (self.link is None):
            raise PayloadError("a file goes to WhatsApp by its id or by a link, one of them")


@dataclass(frozen=True, slots=True)
class Linked:
    """A file that WhatsApp takes as nothing: the customer gets the address that opens it."""

    url: str
    filename: str | None = None


def attachments(message: OutboundMessage) -> tuple[Attachment, ...]:
    """The files of a message, also the one in a template's header, in the body's order.

    A link to a page (mediaType Link) is no file, and what has no address cannot be fetched.
    """
    return tuple(
        Attachment(
            number=place,
            url=text(file.get("url")) or "",
            mime=text(file.get("mime")) or text(file.get("contentType")),
            filename=text(file.get("filename")),
            media_type=text(file.get("mediaType")),
            caption=text(file.get("text")),
            size=_size(file),
            sha256=text(file.get("sha256")),
        )
        for place, file in enumerate(map(file_in, with_files(message)), start=1)
    )


def with_files(message: OutboundMessage) -> Iterator[Json]:
    """The elements of the content that hold a file."""
    return (element for element in message.content if file_in(element))


def file_in(element: Json) -> Json:
    """The file of a content element, its own or that of its template's header; else nothing."""
    header = obj(obj(element.get("template")).get("header"))
    for file in (obj(element.get("attachment")), *objects(header.get("media"))):
        if text(file.get("url")) and file.get("mediaType") != "Link":
            return file
    return {}


def _size(file: Json) -> int | None:
    found = number(file.get("contentSizeBytes")) or number(file.get("contentLength"))
    return int(found) if found and found > 0 else None
