"""What each kind of Genesys content becomes for the customer: a row a kind, blocks of a message.

A row is given one element of `content` and answers nothing when it holds nothing to show. No row
raises for any JSON value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.transforms.outbound_blocks import (
    NO_FILE_ADDRESS,
    Ask,
    Block,
    Choice,
    Enclosed,
    Lost,
    Option,
    Place,
    Refusal,
    Words,
)
from shared.transforms.outbound_cards import card, picture
from shared.transforms.outbound_dates import date_picker
from shared.transforms.outbound_files import Linked, WaFile
from shared.transforms.outbound_render import place
from shared.transforms.outbound_templates import notification
from shared.transforms.outbound_text import formatted, joined
from shared.wire.body import Json
from shared.wire.fields import first_readable, number, obj, objects, readable, text

LABELS = {"Image": "image", "Video": "video", "Audio": "audio"}


@dataclass(frozen=True, slots=True)
class Element:
    """One element of `content`, what became of its file, and the message's own text.

    `unfit`: links of pictures that Meta would not show.
    """

    body: Json
    file: WaFile | Linked | Refusal | None = None
    text: str | None = None
    unfit: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Row:
    """How a content type is shown, and the same in words for the documentation."""

    blocks: Callable[[Element], list[Block]]
    becomes: str


def blocks_of(element: Element) -> list[Block]:
    """One element of `content` in blocks; none when it holds nothing to show."""
    row = _ROWS.get(content_type(element.body).casefold())
    if row is None and obj(element.body.get("attachment")):
        row = CONTENT["Attachment"]
    if row is not None:
        return row.blocks(element)
    words = joined(_readable(element.body))
    return [Words(formatted(words))] if words else []


def content_type(content: Json) -> str:
    """The element's `contentType`; without one, the member that is named like a type."""
    named = text(content.get("contentType"))
    return named or next((key[:1].upper() + key[1:] for key in content), "unknown")


def _readable(value: Any, depth: int = 8) -> list[str]:
    """Texts of a kind that has no row, found by the names that Genesys gives to words."""
    if depth == 0:
        return []
    if isinstance(value, list):
        return [line for element in value for line in _readable(element, depth - 1)]
    if not isinstance(value, dict):
        return []
    lines = [
        found
        for key in _WORDS
        if isinstance(value.get(key), str) and (found := readable(value[key]))
    ]
    inner = [member for member in value.values() if isinstance(member, dict | list)]
    return lines + [line for member in inner for line in _readable(member, depth - 1)]


_WORDS = ("title", "text", "body", "subtitle", "description", "url")


def _attachment(element: Element) -> list[Block]:
    file = obj(element.body.get("attachment"))
    url, name, caption = (readable(file.get(key)) for key in ("url", "filename", "text"))
    caption = formatted(caption) if caption else None
    if url and file.get("mediaType") == "Link":
        return [Words(joined([caption, f"{name}: {url}" if name else url]))]
    label = LABELS.get(text(file.get("mediaType")) or "", "file")
    refusal = element.file if isinstance(element.file, Refusal) else None
    refusal = refusal or (None if url else NO_FILE_ADDRESS)
    if refusal is not None:
        lost = Enclosed(None, f"not sent: {label}", name, url, caption)
        return [Lost(refusal, lost.words)]
    if isinstance(element.file, Linked):
        return [Enclosed(None, label, element.file.filename, element.file.url, caption)]
    file_ = element.file if isinstance(element.file, WaFile) else None
    return [Enclosed(file_, label, name, url, caption)]


def _quick_reply(element: Element) -> list[Block]:
    return _loose(_choice(obj(element.body.get("quickReply"))))


def _button_response(element: Element) -> list[Block]:
    """Offered by web messaging's own bots in place of quick replies."""
    return _loose(_choice(obj(element.body.get("buttonResponse"))))


def _loose(choice: Choice | None) -> list[Block]:
    return [Ask("", (choice,), joins=True)] if choice else []


def _choice(reply: Json) -> Choice | None:
    """Title and payload, each standing in for the other when it is missing."""
    title = first_readable(reply, "text", "title", "payload")
    if title is None:
        return None
    return Choice(Option(title, text(reply.get("payload")) or title, "QuickReply"))


def _quick_replies(element: Element) -> list[Block]:
    replies = obj(element.body.get("quickReplyV2"))
    title = formatted(text(replies.get("title")) or "")
    made = tuple(filter(None, map(_choice, objects(replies.get("actions")))))
    return [Ask(title, made)] if made else _words(title)


def _words(*lines: str | None) -> list[Block]:
    said = joined(lines)
    return [Words(said)] if said else []


def _card(element: Element) -> list[Block]:
    return card(obj(element.body.get("card")), element.unfit)


def _carousel(element: Element) -> list[Block]:
    cards = objects(obj(element.body.get("carousel")).get("cards"))
    return [block for one in cards for block in card(one, element.unfit)]


def _list_picker(element: Element) -> list[Block]:
    """The prompt is `receivedMessage`; a tap is told as a Button, for want of a type of its own."""
    picker = obj(element.body.get("listPicker"))
    prompt = obj(picker.get("receivedMessage"))
    title = joined(
        text(one.get(key)) for one in (picker, prompt) for key in ("title", "text", "subtitle")
    )
    made = tuple(
        Choice(Option(name, text(item.get("id")) or name, "Button"), detail, heading)
        for section in objects(picker.get("sections"))
        for heading in [readable(section.get("title"))]
        for item in objects(section.get("items"))
        if (name := first_readable(item, "title", "subtitle", "id"))
        for detail in [_other(readable(item.get("subtitle")), name)]
    )
    shown = picture(prompt.get("imageUrl"), "image")
    if shown is not None and shown.link in element.unfit:
        title, shown = joined([title, shown.link]), None
    if not made:
        return _words(title)
    label = readable(prompt.get("buttonLabel"))
    return [Ask(title, made, picture=shown, rows_only=True, label=label)]


def _other(said: str | None, than: str) -> str | None:
    return said if said != than else None


def _date_picker(element: Element) -> list[Block]:
    return date_picker(obj(element.body.get("datePicker")))


def _notification(element: Element) -> list[Block]:
    return notification(obj(element.body.get("template")), element.file, element.text)


def _location(element: Element) -> list[Block]:
    point = obj(element.body.get("location"))
    latitude, longitude = number(point.get("latitude")), number(point.get("longitude"))
    name, address = first_readable(point, "text", "name", "title"), readable(point.get("address"))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:  # noqa: PLR2004  degrees
        return _words(name, address, readable(point.get("url")))
    words = joined([name, address]) or f"{latitude:.6f}, {longitude:.6f}"
    return [Place(place(latitude, longitude, name, address), f"[location] {words}")]


CONTENT: dict[str, Row] = {
    "Attachment": Row(
        _attachment,
        "an image, video or audio that WhatsApp takes, else a document, else a link to it; the "
        "text is its caption",
    ),
    "QuickReply": Row(
        _quick_reply, "up to 3 reply buttons, up to 10 rows of a list, else numbered lines"
    ),
    "ButtonResponse": Row(_button_response, "as quick replies"),
    "QuickReplyV2": Row(_quick_replies, "the title, and its actions as quick replies"),
    "Card": Row(
        _card,
        "picture, title and description with reply buttons; a lone link as a button that opens it",
    ),
    "Carousel": Row(_carousel, "the cards, one message each, in order"),
    "ListPicker": Row(_list_picker, "a list with its sections; over 10 items numbered lines"),
    "DatePicker": Row(_date_picker, "a list of the times; over 10 numbered lines"),
    "Notification": Row(
        _notification,
        "an approved template when its id names one (`namespace@name`), else its words",
    ),
    "Location": Row(_location, "a place on the map"),
}
"""contracts/genesys.md c3; any other kind is shown by what words it holds."""

_ROWS = {name.casefold(): row for name, row in CONTENT.items()}
