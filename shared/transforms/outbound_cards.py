"""Cards: a picture and words, with reply buttons, a button that opens a page, or links as lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from shared.transforms.outbound_blocks import (
    Ask,
    Block,
    Choice,
    Enclosed,
    Option,
    Visit,
    Words,
)
from shared.transforms.outbound_files import WaFile
from shared.transforms.outbound_text import formatted, joined
from shared.whatsapp.interactive import Picture
from shared.whatsapp.limits import LINK_URL, is_link
from shared.wire.body import Json
from shared.wire.fields import first_readable, obj, objects, readable, text


@dataclass(frozen=True, slots=True)
class _Link:
    label: str | None
    url: str

    @property
    def line(self) -> str:
        return f"{self.label}: {self.url}" if self.label else self.url


def card(body: Json, unfit: frozenset[str] = frozenset()) -> list[Block]:
    """The blocks of one card, in the order in which they are read.

    A picture whose link is `unfit`, as Meta would not show it, is a line that opens it.
    """
    shown = next(
        (
            found
            for found in (picture(body.get("image"), "image"), picture(body.get("video"), "video"))
            if found is not None and found.link not in unfit
        ),
        None,
    )
    words = joined([formatted(text(body.get(key)) or "") for key in ("title", "description")])
    actions = _actions(body)
    replies = tuple(one for one in actions if isinstance(one, Choice))
    links = [one for one in actions if isinstance(one, _Link)]
    if not replies and len(links) == 1 and is_link(links[0].url, LINK_URL):
        [link] = links
        words = joined([words, *_unshown(body, shown)])
        return [Visit(words, link.label or _host(link.url), link.url, shown)]
    words = joined([words, *_unshown(body, shown), *(one.line for one in links)])
    if replies:
        return [Ask(words, replies, picture=shown, lead=False)]
    if shown is not None:
        file = WaFile(shown.kind, "", link=shown.link)
        return [Enclosed(file, shown.kind, caption=words or None)]
    return [Words(words)] if words else []


def picture(link: Any, kind: Literal["image", "video"]) -> Picture | None:
    """A header of that link, when Meta would fetch it."""
    said = text(link)
    return Picture(kind, said) if said is not None and is_link(said) else None


def _unshown(body: Json, shown: Picture | None) -> Iterator[str]:
    """A second picture as a line: a message has one; so too an address that Meta cannot fetch."""
    for said in (text(body.get("image")), text(body.get("video"))):
        if said and (shown is None or said != shown.link):
            yield said


def _actions(body: Json) -> list[Choice | _Link]:
    """The actions, and the card's own when it does what none of them does."""
    found = [made for action in objects(body.get("actions")) if (made := _action(action))]
    own = _action(obj(body.get("defaultAction")))
    return found if own is None or any(_same(own, one) for one in found) else [*found, own]


def _same(own: Choice | _Link, one: Choice | _Link) -> bool:
    if isinstance(own, _Link):
        return isinstance(one, _Link) and one.url == own.url
    return isinstance(one, Choice) and one.option.payload == own.option.payload


def _action(action: Json) -> Choice | _Link | None:
    label = first_readable(action, "text", "title", "payload")
    url = readable(action.get("url"))
    if url is not None:
        named = label if label is not None and label != url else None
        return _Link(" ".join(named.split()) if named else None, url.strip())
    if label is None:
        return None
    return Choice(Option(label, text(action.get("payload")) or label, "Button"))


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or url
    except ValueError:  # an address that only looks like one: "http://[x"
        return url
