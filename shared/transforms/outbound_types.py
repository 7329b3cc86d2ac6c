"""What each kind of Genesys content becomes for the customer: a row a kind, readable lines each.

A row is given one element of `content` and answers None when it holds nothing to show. No row
raises for any JSON value. The question above the options is the message's own text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from shared.transforms.text import one_line
from shared.wire.body import Json
from shared.wire.fields import moment, number, obj, objects, text

SHORT = 100

LABELS = {"Image": "image", "Video": "video", "Audio": "audio", "Link": "link"}


@dataclass(frozen=True, slots=True)
class Row:
    """How a content type is shown, and the same in words for the documentation."""

    line: Callable[[Json], str | None]
    becomes: str


def shown(content: Json) -> str | None:
    """One element of `content` as the customer reads it, or None."""
    row = CONTENT.get(content_type(content))
    line = row.line(content) if row else "\n".join(_readable(content))
    return line.strip() or None if line else None


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
    lines = [found for key in _WORDS if isinstance(value.get(key), str) and (found := value[key])]
    inner = [member for member in value.values() if isinstance(member, dict | list)]
    return lines + [line for member in inner for line in _readable(member, depth - 1)]


_WORDS = ("title", "text", "body", "subtitle", "description", "url")


def _lines(parts: Iterable[str | None]) -> str | None:
    return "\n".join(part for part in parts if part) or None


def _option(action: Json) -> str | None:
    """A choice as a bullet, with its address when it is a link."""
    label, url = text(action.get("text")) or text(action.get("title")), text(action.get("url"))
    said = ": ".join(one_line(one, 2000) for one in (label, url) if one)
    return f"• {said}" if said else None


def _attachment(content: Json) -> str | None:
    """`[image: name] caption` and its address, for as long as files are not sent as files."""
    file = obj(content.get("attachment"))
    url, name = text(file.get("url")), text(file.get("filename"))
    if not url:
        return None
    label = LABELS.get(text(file.get("mediaType")) or "", "file")
    head = f"[{label}: {one_line(name, SHORT)}]" if name else f"[{label}]"
    caption = text(file.get("text"))
    return _lines([f"{head} {caption}" if caption else head, url])


def _quick_reply(content: Json) -> str | None:
    return _option(obj(content.get("quickReply")))


def _quick_replies(content: Json) -> str | None:
    replies = obj(content.get("quickReplyV2"))
    return _lines([text(replies.get("title")), *map(_option, objects(replies.get("actions")))])


def _card_lines(card: Json) -> str | None:
    image = text(card.get("image")) or text(card.get("video"))
    return _lines(
        [
            text(card.get("title")),
            text(card.get("description")),
            image,
            *map(_option, objects(card.get("actions"))),
        ]
    )


def _card(content: Json) -> str | None:
    return _card_lines(obj(content.get("card")))


def _carousel(content: Json) -> str | None:
    cards = map(_card_lines, objects(obj(content.get("carousel")).get("cards")))
    return "\n\n".join(card for card in cards if card) or None


def _list_picker(content: Json) -> str | None:
    sections = objects(obj(content.get("listPicker")).get("sections"))
    return _lines(line for section in sections for line in _section(section))


def _section(section: Json) -> list[str | None]:
    items = [
        {"text": " - ".join(filter(None, (text(item.get("title")), text(item.get("subtitle")))))}
        for item in objects(section.get("items"))
    ]
    return [text(section.get("title")), *map(_option, items)]


def _date_picker(content: Json) -> str | None:
    picker = obj(content.get("datePicker"))
    times = objects(picker.get("availableTimes"))
    return _lines([text(picker.get("title")), text(picker.get("subtitle")), *map(_slot, times)])


def _slot(slot: Json) -> str | None:
    start, seconds = moment(slot.get("dateTime")), number(slot.get("duration"))
    if start is None:
        return None
    length = f" ({seconds / 60:.0f} min)" if seconds and seconds > 0 else ""
    return f"• {start:%Y-%m-%d %H:%M} UTC{length}"


def _notification(content: Json) -> str | None:
    """A template's rendered words; used only when the message has no text of its own."""
    template = obj(content.get("template"))
    parts = [obj(template.get(part)) for part in ("header", "body", "footer")]
    return _lines(map(_filled, parts))


def _filled(part: Json) -> str | None:
    """The part's text with `{{name}}`, or `{{1}}` for parameters without names, put in."""
    said = text(part.get("text"))
    for place, parameter in enumerate(objects(part.get("parameters")), start=1):
        name = text(parameter.get("name")) or str(place)
        said = said and said.replace(f"{{{{{name}}}}}", text(parameter.get("text")) or "")
    return said


CONTENT: dict[str, Row] = {
    "Attachment": Row(_attachment, "a line naming the file, and its address"),
    "QuickReply": Row(_quick_reply, "a bullet a choice, under the question"),
    "QuickReplyV2": Row(_quick_replies, "the title and a bullet a choice"),
    "Card": Row(_card, "title, description and a bullet an action"),
    "Carousel": Row(_carousel, "the cards, one after the other"),
    "ListPicker": Row(_list_picker, "a bullet an item, under its section"),
    "DatePicker": Row(_date_picker, "a bullet a time, in UTC"),
    "Notification": Row(_notification, "the template's words"),
}
"""contracts/genesys.md c3; any other kind is shown by what words it holds."""
