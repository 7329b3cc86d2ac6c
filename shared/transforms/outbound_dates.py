"""Date pickers: the times as a list, each in the offset that Genesys gives it, else in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from shared.transforms.outbound_blocks import Ask, Block, Choice, Option, Words
from shared.transforms.outbound_cards import picture
from shared.transforms.outbound_text import formatted, joined
from shared.wire.body import Json
from shared.wire.fields import moment, number, obj, objects, readable, text


def date_picker(picker: Json) -> list[Block]:
    """Title and times; a tap tells Genesys the time as it came (contracts/genesys.md b4)."""
    said = (text(picker.get(key)) for key in ("title", "subtitle"))
    title = joined([*(formatted(one) for one in said if one), _place(picker)])
    home = _offset(obj(picker.get("location")))
    slots = sorted(
        (slot for slot in objects(picker.get("availableTimes")) if moment(slot.get("dateTime"))),
        key=lambda slot: moment(slot.get("dateTime")) or datetime.min.replace(tzinfo=UTC),
    )
    if not slots:
        words = joined([title, _span(picker, home)])
        return [Words(words)] if words else []
    choices = tuple(_choice(slot, home) for slot in slots)
    shown = picture(picker.get("imageUrl"), "image")
    return [Ask(title, choices, picture=shown, rows_only=True)]


def _choice(slot: Json, home: tzinfo | None) -> Choice:
    raw, seconds = slot.get("dateTime"), number(slot.get("duration"))
    length = f"{seconds / 60:.0f} min" if seconds and 0 < seconds < _YEAR else None
    return Choice(Option(_shown(raw, home) or "", text(raw) or "", "DatePicker"), length)


_YEAR = 31_536_000


def _span(picker: Json, home: tzinfo | None) -> str | None:
    """The days between which the customer may name one."""
    ends = [_shown(picker.get(key), home) for key in ("dateMinimum", "dateMaximum")]
    return " - ".join(one for one in ends if one) or None


def _shown(raw: Any, home: tzinfo | None) -> str | None:
    """`2026-11-24 10:00 UTC`, or with its offset: `2026-11-24 11:00 +01:00`."""
    at = moment(raw)
    if at is None:
        return None
    try:
        there = at.astimezone(_own_offset(raw) or home or UTC)
    except OverflowError:  # the first or last day of all time, in another offset
        there = at
    zone = "UTC" if not there.utcoffset() else there.isoformat()[-6:]
    return f"{there:%Y-%m-%d %H:%M} {zone}"


def _own_offset(raw: Any) -> tzinfo | None:
    """The offset that a time was written with, unless that is UTC itself."""
    if not isinstance(raw, str):
        return None
    try:
        written = datetime.fromisoformat(raw.strip())
    except ValueError:
        return None
    offset = written.utcoffset()
    return timezone(offset) if offset and not offset.seconds % 60 else None


def _offset(location: Json) -> tzinfo | None:
    """The place's minutes from UTC. No Open sample has them; Apple's date pickers do."""
    minutes = number(location.get("timezoneOffset"))
    if minutes is None or abs(minutes) >= _DAY or minutes != int(minutes):
        return None
    return timezone(timedelta(minutes=minutes))


_DAY = 24 * 60


def _place(picker: Json) -> str | None:
    location = obj(picker.get("location"))
    said = (readable(location.get(key)) for key in ("text", "title", "name", "address"))
    return ", ".join(one for one in said if one) or None
