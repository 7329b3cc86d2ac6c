"""What each WhatsApp message type becomes for the agent: a row a type, readable words each.

A row answers None when its own content is missing; the reader then sees that something
unsupported came. No row raises for any JSON value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from shared.transforms.inbound_cards import contacts_lines, location_line, order_lines
from shared.transforms.inbound_context import ALONE, Reading
from shared.transforms.inbound_files import SHORT, caption, file_line
from shared.transforms.inbound_marks import framed, quoted
from shared.transforms.inbound_taps import button_line, interactive_line
from shared.transforms.text import one_line
from shared.whatsapp.items import media_kind, message_type, read_error, trouble_of
from shared.wire.body import Json
from shared.wire.fields import obj, objects, readable, text
from shared.wire.words import visible


@dataclass(frozen=True, slots=True)
class Row:
    """How a type is shown, and the same in words for the documentation.

    `opens_window`: the customer may be answered freely for 24 hours (contracts/meta.md g).
    `quotes`: the message that this one answers stands above it. `reports`: so does, below it,
    what Meta says went wrong.
    """

    line: Callable[[Reading], str | None]
    becomes: str
    opens_window: bool = True
    quotes: bool = True
    reports: bool = True


def own_words(reading: Reading) -> str:
    """What the message itself says, for the history: never blank, and without its quote."""
    row = _row(reading.message)
    return framed(reading, _line(reading), quotes=False, reports=row.reports)


def sent_words(reading: Reading) -> str:
    """The text that goes to Genesys when the whole message is text."""
    row = _row(reading.message)
    return framed(reading, _line(reading), quotes=row.quotes, reports=row.reports)


def words_beside(reading: Reading) -> str:
    """The text that goes along with the file as an attachment; blank when there is none."""
    row = _row(reading.message)
    is_file = media_kind(reading.message) is not None
    line = caption(reading.message) if is_file else _line(reading)
    return framed(reading, line, quotes=row.quotes, reports=row.reports)


def opens_window(message: Json) -> bool:
    """Whether the business may answer freely for 24 hours; what a group says opens nothing."""
    kind = text(obj(message.get("unsupported")).get("type"))
    return _row(message).opens_window and kind not in NO_MESSAGES and not message.get("group_id")


NO_MESSAGES = ("reaction", "edit", "revoke", "pin", "keep_in_chat", "poll_update")
"""Kinds inside `unsupported` that say nothing new (contracts/meta.md b.1, g)."""


def _row(message: Json) -> Row:
    return TYPES.get(message_type(message), _NEW)


def _line(reading: Reading) -> str:
    line = _row(reading.message).line(reading)
    return line if line and visible(line) else _unsupported_line(reading)


def _unsupported_line(reading: Reading) -> str:
    """Say that something came which cannot be shown, as exactly as Meta said it, and its words."""
    return "\n".join([_what_came(reading.message), *_words_of(reading.message)])


def _what_came(message: Json) -> str:
    kind, trouble = message_type(message), one_line(trouble_of(message) or "", SHORT)
    if kind in ("unsupported", "unknown"):
        inner = text(obj(message.get("unsupported")).get("type"))
        kind = inner if inner and inner not in ("errors", "unknown") else ""
        codes = {read_error(error).code for error in objects(message.get("errors"))}
        if not kind and UNAVAILABLE in codes:
            return "[a message that WhatsApp does not show here: ask the customer to repeat it]"
    kind = one_line(kind.replace("_", " "), SHORT)
    apart = _row(message).reports  # then it stands on a line of its own
    if kind and trouble and not apart and trouble.casefold().rstrip(".") not in NO_NEWS:
        return f"[unsupported message: {kind}: {trouble}]"
    return f"[unsupported message: {kind or trouble or 'unknown'}]"


NO_NEWS = (
    *("message type unknown", "unknown message type", "unsupported message type"),
    *("message type is currently not supported", "message type is not supported"),
)
"""What Meta says of every kind that it does not pass on: the kind itself tells more."""


def _words_of(message: Json) -> list[str]:
    """What a message of no known kind says, by the names that Meta gives to words."""
    inner = {key: value for key, value in message.items() if key not in NO_CONTENT}
    found = (one_line(one, LINE) for one in _said(inner))
    return [one for one, _ in zip(filter(None, found), range(MOST_LINES), strict=False)]


def _said(value: Any, depth: int = 6) -> Iterator[str]:
    if isinstance(value, list) and depth:
        for one in value:
            yield from _said(one, depth - 1)
    if isinstance(value, dict) and depth:
        for key, one in value.items():
            if isinstance(one, str) and key in WORDS and (words := readable(one)):
                yield words
            yield from _said(one, depth - 1)


WORDS = frozenset(
    (
        *("text", "body", "caption", "title", "name", "description", "question", "headline"),
        *("footer", "label", "url", "option_name", "emoji", "message"),
    )
)
NO_CONTENT = frozenset(
    (
        *("id", "from", "from_user_id", "from_parent_user_id", "group_id", "timestamp", "type"),
        *("context", "referral", "errors", "identity"),
    )
)
LINE, MOST_LINES = 500, 20
"""Code points of a line of such a message, and how many lines are shown."""


UNAVAILABLE = 131060
"""The message is there, but not for businesses' systems (contracts/meta.md b.1)."""


def _text(reading: Reading) -> str | None:
    body = obj(reading.message.get("text")).get("body")
    return readable(body) or ("[blank message]" if isinstance(body, str) and body else None)


def _reaction(reading: Reading) -> str | None:
    reaction = reading.message.get("reaction")
    if not isinstance(reaction, dict):
        return None
    emoji, about = readable(reaction.get("emoji")), _about(reading)
    if emoji:
        return f"reacted with {one_line(emoji, SHORT)}" + (f" to: {about}" if about else "")
    return f"removed the reaction to: {about}" if about else "removed a reaction"


def _about(reading: Reading) -> str | None:
    """The message that a reaction, an edit or a deletion is about, in quotation marks."""
    words = quoted(reading.context.quote)
    return f'"{words}"' if words else None


def _system(reading: Reading) -> str | None:
    system = obj(reading.message.get("system"))
    now = text(system.get("wa_id")) or text(system.get("new_wa_id"))
    kind = readable(system.get("type"))
    said = (
        readable(system.get("body"))
        or (now and f"the customer's number is now +{now.removeprefix('+')}")
        or (kind and kind.replace("_", " "))
    )
    return f"[system] {said}" if said and visible(said) else None


def _welcome(_: Reading) -> str:
    return "[the customer opened the chat]"


def _edit(reading: Reading) -> str | None:
    edited = obj(obj(reading.message.get("edit")).get("message"))
    if not edited or message_type(edited) in ("edit", "revoke"):
        return None
    before = _about(reading)
    now = _line(replace(reading, message=edited, context=ALONE))
    return f"[edited{f', before: {before}' if before else ''}] {now}"


def _revoke(reading: Reading) -> str | None:
    if not isinstance(reading.message.get("revoke"), dict):
        return None
    about = _about(reading)
    return f"[deleted a message: {about}]" if about else "[deleted a message]"


_FILE = Row(
    file_line,
    "the file with its caption; a line naming it while it is missing, a link when it is over 25 MB",
)
_NEW = Row(
    _unsupported_line,
    "a line that something unsupported came: its kind, else Meta's words; what words it holds",
    reports=False,
)

TYPES: dict[str, Row] = {
    "text": Row(_text, "the text, split over 4000 characters"),
    "image": _FILE,
    "video": _FILE,
    "audio": _FILE,
    "voice": _FILE,
    "document": _FILE,
    "sticker": _FILE,
    "location": Row(location_line, "name, address and a link to a map"),
    "contacts": Row(
        contacts_lines, "a line a contact: name, company, numbers, addresses, also of its vCard"
    ),
    "interactive": Row(
        interactive_line,
        "the answer to the message that offered the option, else its title; a form's answers",
        quotes=False,
    ),
    "button": Row(
        button_line,
        "the answer to the message that offered the option, else the button's text",
        quotes=False,
    ),
    "order": Row(order_lines, "a line a product, and the total"),
    "reaction": Row(
        _reaction, "reacted with ... to the quoted message", opens_window=False, quotes=False
    ),
    "system": Row(_system, "Meta's own words, or the new number", opens_window=False, quotes=False),
    "request_welcome": Row(_welcome, "a line that the chat was opened", quotes=False),
    "edit": Row(
        _edit, "the new content, marked, with the old words", opens_window=False, quotes=False
    ),
    "revoke": Row(
        _revoke, "a line that the quoted message was deleted", opens_window=False, quotes=False
    ),
    "unsupported": _NEW,
    "unknown": _NEW,
}
"""Types of contracts/meta.md b.1; one that is not here is shown as unsupported by its name."""
