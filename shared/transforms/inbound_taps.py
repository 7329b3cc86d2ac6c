"""What a customer's tap becomes for the agent: a row a kind of `interactive` answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.transforms.inbound_context import Reading
from shared.transforms.text import one_line
from shared.wire.body import Json, PayloadError, loads
from shared.wire.fields import first_readable, moment, obj, readable, text
from shared.wire.words import visible

ANSWER = 500
"""Code points of one answer of a form."""


def interactive_line(reading: Reading) -> str | None:
    """What was tapped or filled in; None when the object is missing or of a new kind."""
    interactive = obj(reading.message.get("interactive"))
    kind = text(interactive.get("type")) or next(iter(interactive), "")
    line = KINDS.get(kind)
    return _whole(reading) or (line(obj(interactive.get(kind))) if line else None)


def button_line(reading: Reading) -> str | None:
    """The text of a template's button."""
    button = obj(reading.message.get("button"))
    return _whole(reading) or first_readable(button, "text", "payload")


def _whole(reading: Reading) -> str | None:
    """The option as it was offered: WhatsApp's titles are cut to a few letters."""
    tap = reading.context.tap
    return tap.text if tap and visible(tap.text) else None


def _reply(reply: Json) -> str | None:
    return first_readable(reply, "title", "id")


def _list_reply(reply: Json) -> str | None:
    title, description = _reply(reply), readable(reply.get("description"))
    return f"{title} ({one_line(description, ANSWER)})" if title and description else title


def _form(reply: Json) -> str | None:
    """The answers of a flow. `response_json` may be absent or no JSON object at all."""
    name, raw = readable(reply.get("name")) or "form", text(reply.get("response_json"))
    answers: Json = {}
    if raw:
        try:
            answers = loads(raw.encode(errors="replace"))
        except PayloadError:
            answers = {"answer": raw}
    answers = obj(answers.get("values")) or answers  # so an address comes (contracts/meta.md b.1)
    lines = [f"{key}: {_plain(value)}" for key, value in answers.items() if key != "flow_token"]
    head = f"[{one_line(name.replace('_', ' '), ANSWER)}]"
    if not lines:
        return f"{head} {readable(reply.get('body')) or ''}" if reply else None
    return "\n".join([head, *(one_line(line, ANSWER) for line in lines)])


def _plain(value: Any) -> str:
    """A JSON value as people write it: lists by commas, members by name."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(member)}" for key, member in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)


def _call_permission(reply: Json) -> str | None:
    response, until = text(reply.get("response")), moment(reply.get("expiration_timestamp"))
    if not response:
        return None
    lasting = (
        "for good"
        if reply.get("is_permanent") is True
        else until and f"until {until:%Y-%m-%d %H:%M} UTC"
    )
    return f"[call permission] {one_line(response, ANSWER)}{f' {lasting}' if lasting else ''}"


KINDS: dict[str, Callable[[Json], str | None]] = {
    "button_reply": _reply,
    "list_reply": _list_reply,
    "nfm_reply": _form,
    "call_permission_reply": _call_permission,
}
"""contracts/meta.md b.1; a kind without a row is shown as an unsupported message."""
