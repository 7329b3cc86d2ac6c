"""Composes the content of interactive messages: reply buttons, lists and a link button.

Limits: contracts/meta.md c.2. Every function raises PayloadError for what Meta would refuse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shared.whatsapp import limits
from shared.wire.body import Json, PayloadError
from shared.wire.words import visible


@dataclass(frozen=True, slots=True)
class Row:
    """What can be tapped: its id comes back, its title is shown, and in a list its detail."""

    id: str
    title: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of a list under a title, which only a lone section may lack."""

    title: str | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """A header that Meta fetches from its link."""

    kind: Literal["image", "video"]
    link: str


def buttons(body: str, rows: Sequence[Row], *, header: Picture | None = None) -> Json:
    """One to three reply buttons."""
    _check(0 < len(rows) <= limits.BUTTONS, f"reply buttons are 1 to {limits.BUTTONS}")
    _check_rows(rows, limits.BUTTON_TITLE, unique_titles=True)
    made = [{"type": "reply", "reply": {"id": row.id, "title": row.title}} for row in rows]
    return _interactive("button", body, {"buttons": made}, header)


def menu(body: str, label: str, sections: Sequence[Section]) -> Json:
    """A list behind a button with this label: up to ten rows in all. It has no picture."""
    rows = [row for section in sections for row in section.rows]
    _check(0 < len(rows) <= limits.ROWS, f"a list has 1 to {limits.ROWS} rows in all")
    _check(all(section.rows for section in sections), "a section has a row")
    _check_rows(rows, limits.ROW_TITLE)
    _check(0 < len(label) <= limits.LIST_BUTTON, "the list's button has 1 to 20 characters")
    for section in sections:
        named = bool(section.title) or len(sections) == 1
        _check(named and len(section.title or "") <= limits.SECTION_TITLE, "a section has a title")
    made = [
        {**({"title": one.title} if one.title else {}), "rows": list(map(_row, one.rows))}
        for one in sections
    ]
    return _interactive("list", body, {"button": label, "sections": made}, None)


def link_button(body: str, label: str, url: str, *, header: Picture | None = None) -> Json:
    """A button that opens a page."""
    _check(0 < len(label) <= limits.LINK_BUTTON, "a link's button has 1 to 20 characters")
    _check(limits.is_link(url, limits.LINK_URL), "the button's link is none")
    action = {"name": "cta_url", "parameters": {"display_text": label, "url": url}}
    return _interactive("cta_url", body, action, header)


def _interactive(kind: str, body: str, action: Json, header: Picture | None) -> Json:
    _check(visible(body) and len(body) <= limits.BODY, "the body has 1 to 1024 characters")
    content: Json = {"type": kind, "body": {"text": body}, "action": action}
    if header is not None:
        _check(limits.is_link(header.link), "the header's link is none")
        content["header"] = {"type": header.kind, header.kind: {"link": header.link}}
    return content


def _row(row: Row) -> Json:
    return {"id": row.id, "title": row.title, **({"description": row.detail} if row.detail else {})}


def _check_rows(rows: Sequence[Row], title_limit: int, *, unique_titles: bool = False) -> None:
    _check(len({row.id for row in rows}) == len(rows), "ids are unique")
    _check(not unique_titles or len({row.title for row in rows}) == len(rows), "titles are unique")
    for row in rows:
        _check(0 < len(row.id) <= 200 and row.id == row.id.strip(), "an id has 1 to 200 characters")  # noqa: PLR2004
        _check(visible(row.title) and len(row.title) <= title_limit, "a title is too long")
        _check(len(row.detail or "") <= limits.ROW_DETAIL, "a row's detail is too long")


def _check(true: bool, rule: str) -> None:  # noqa: FBT001  an assertion
    if not true:
        raise PayloadError(f"not an interactive message of WhatsApp: {rule}")
