"""Bodies of the Graph API for the blocks of a message: type and content, within every limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import get_args

from shared.transforms.outbound_blocks import (
    Ask,
    Block,
    Enclosed,
    Filled,
    Lost,
    Option,
    Place,
    TemplateButton,
    Visit,
    Words,
)
from shared.transforms.outbound_text import distinct, file_name, joined, line, pieces, tail
from shared.transforms.parts import ShownFile
from shared.whatsapp import limits
from shared.whatsapp.build import CAPTIONED, location_content, media_content, text_content
from shared.whatsapp.interactive import Picture, Row, Section, buttons, link_button, menu
from shared.whatsapp.limits import size
from shared.whatsapp.media import MediaKind
from shared.whatsapp.options import option_id
from shared.whatsapp.template import button, template_content, text_parameter
from shared.wire.body import Json
from shared.wire.file_types import ending_of

Content = tuple[str, Json]
"""A message's type and what stands under it."""

LABEL = "☰"
"""The button that opens a list, in no language; Genesys names none for quick replies."""


@dataclass(slots=True)
class Offer:
    """Gives the options of one message their numbers, in the order in which they are shown."""

    tracking_id: str
    options: list[Option] = field(default_factory=list)

    def number(self, option: Option) -> int:
        """Take the option in; the first one is number 1."""
        self.options.append(option)
        return len(self.options)

    def id(self, number: int) -> str:
        """What a tap on that option gives back."""
        return option_id(self.tracking_id, number)


def render(block: Block, offer: Offer) -> Iterator[Content]:
    """The bodies of one block, in order; none for what is lost."""
    match block:
        case Words():
            yield from _texts(block.words)
        case Enclosed():
            yield from _enclosed(block)
        case Ask():
            yield from _ask(block, offer)
        case Visit():
            yield from _visit(block)
        case Place():
            yield "location", block.content
        case Filled():
            yield "template", _filled(block, offer)
        case Lost():
            return


def shown_file(block: Block, content: Content) -> ShownFile | None:
    """Which file one of the bodies of a block shows, where it can be said without it."""
    place = block.place if isinstance(block, Enclosed | Ask | Visit) else None
    kind, inner = content
    alone = kind in get_args(MediaKind)
    if place is None or not (alone or "header" in inner):
        return None
    return ShownFile(*place, worded=not alone or "caption" in inner)


def _texts(words: str) -> Iterator[Content]:
    for piece in pieces(words, limits.TEXT):
        yield "text", text_content(piece)


def _enclosed(block: Enclosed) -> Iterator[Content]:
    """A caption that the file cannot have, or that is too long, goes as a text of its own."""
    file, caption = block.file, block.caption
    if file is None:
        yield from _texts(joined([block.words, block.url]))
        return
    fits = caption is not None and file.kind in CAPTIONED and size(caption) <= limits.CAPTION
    content = media_content(
        file.kind,
        id_=file.id,
        link=file.link,
        caption=caption if fits else None,
        filename=_name_of(block) if file.kind == "document" else None,
    )
    if caption and not fits and file.kind in CAPTIONED:
        yield from _texts(caption)
    yield file.kind, content
    if caption and not fits and file.kind not in CAPTIONED:
        yield from _texts(caption)


def _name_of(block: Enclosed) -> str:
    """The document's name: without one the telephone shows "Untitled" (contracts/meta.md c.2)."""
    mime = block.file.mime if block.file else ""
    name = (block.file.filename if block.file else None) or block.name
    return file_name(name) if name else f"file.{ending_of(mime)}"


def _ask(ask: Ask, offer: Offer) -> Iterator[Content]:
    """Reply buttons, else a list, else numbered lines: the first that can hold the options."""
    first = len(offer.options) + 1
    as_buttons = _as_buttons(ask)
    numbered = not as_buttons and (len(ask.choices) > limits.ROWS or _is_tight(ask))
    options = (replace(choice.option, numbered=numbered) for choice in ask.choices)
    rows = [offer.id(offer.number(option)) for option in options]
    if as_buttons:
        titles = distinct((one.option.text for one in ask.choices), limits.BUTTON_TITLE)
        made = [Row(id_, title) for id_, title in zip(rows, titles, strict=True)]
        head, body = _body(ask.question or _titles(ask))
        yield from head
        yield "interactive", buttons(body, made, header=ask.picture)
        return
    yield from _picture(ask.picture)
    if len(ask.choices) <= limits.ROWS:
        yield from _list(ask, rows, first)
    else:
        yield from _texts(_numbered(ask, first))


def _as_buttons(ask: Ask) -> bool:
    plain = not any(one.detail or one.section for one in ask.choices)
    short = all(
        size(" ".join(one.option.text.split())) <= limits.BUTTON_TITLE for one in ask.choices
    )
    return plain and short and not ask.rows_only and len(ask.choices) <= limits.BUTTONS


def _rows(ask: Ask) -> Iterator[tuple[str, str]]:
    """Title and detail of each option, each on one line."""
    for one in ask.choices:
        detail = line(one.detail, 10 * limits.ROW_DETAIL) if one.detail else ""
        yield " ".join(one.option.text.split()), detail


def _is_tight(ask: Ask) -> bool:
    """Whether a list's rows cannot hold the words of the options."""
    return any(
        size(title) > limits.ROW_TITLE or size(detail) > limits.ROW_DETAIL
        for title, detail in _rows(ask)
    )


def _list(ask: Ask, ids: list[str], first: int) -> Iterator[Content]:
    """A row an option. Words that a row cannot hold stand above the list, by their numbers."""
    titles, details = zip(*_rows(ask), strict=True)
    tight = _is_tight(ask)
    numbered = [f"{place}. {title}" for place, title in enumerate(titles, first)]
    shown = distinct(numbered if tight else titles, limits.ROW_TITLE)
    rows = [
        Row(id_, title, line(detail, limits.ROW_DETAIL) or None)
        for id_, title, detail in zip(ids, shown, details, strict=True)
    ]
    question = ask.question or ("" if tight else _titles(ask))
    head, body = _body(_numbered(ask, first) if tight else question)
    yield from head
    label = line(ask.label or LABEL, limits.LIST_BUTTON) or LABEL
    yield "interactive", menu(body, label, _sections(ask, rows))


def _sections(ask: Ask, rows: list[Row]) -> list[Section]:
    """Rows in a run under the same heading; where there are several, each needs a heading."""
    named = zip((one.section or "" for one in ask.choices), rows, strict=True)
    runs = [
        (heading, tuple(row for _, row in run))
        for heading, run in groupby(named, key=lambda pair: pair[0])
    ]
    lone = len(runs) == 1
    return [
        Section(line(heading, limits.SECTION_TITLE) or (None if lone else str(place)), run)
        for place, (heading, run) in enumerate(runs, start=1)
    ]


def _numbered(ask: Ask, first: int) -> str:
    marks = (f"{number}." for number in range(first, first + len(ask.choices)))
    return joined([ask.question, *ask.lines(marks)])


def _titles(ask: Ask) -> str:
    """What stands for a question where there is none: a body may not be empty."""
    return line(" / ".join(one.option.text for one in ask.choices), limits.BODY)


def _body(words: str) -> tuple[list[Content], str]:
    """Texts for what is too long for an interactive body, and the body."""
    first, body = tail(words, limits.BODY, limits.TEXT)
    return [("text", text_content(piece)) for piece in first], body


def _picture(picture: Picture | None) -> Iterator[Content]:
    if picture is not None:
        yield picture.kind, media_content(picture.kind, link=picture.link)


def _visit(visit: Visit) -> Iterator[Content]:
    label = line(visit.label, limits.LINK_BUTTON)
    whole = " ".join(visit.label.split())
    head, body = _body(joined([visit.body, whole if label != whole else None]) or label)
    yield from head
    yield "interactive", link_button(body, label, visit.url, header=visit.picture)


def _filled(block: Filled, offer: Offer) -> Json:
    made = [_template_button(one, offer) for one in block.buttons]
    return template_content(block.name, block.language, [*block.components, *made])


def _template_button(one: TemplateButton, offer: Offer) -> Json:
    if one.option is not None:
        payload = offer.id(offer.number(one.option))
        return button(one.kind, one.index, {"type": "payload", "payload": payload})
    if one.kind == "copy_code":
        return button(one.kind, one.index, {"type": "coupon_code", "coupon_code": one.value})
    return button(one.kind, one.index, text_parameter(one.value))


def place(latitude: float, longitude: float, name: str | None, address: str | None) -> Json:
    """Content of a place whose words may be too long."""
    cut = [line(one, limits.PLACE) if one else None for one in (name, address)]
    return location_content(latitude, longitude, name=cut[0], address=cut[1])
