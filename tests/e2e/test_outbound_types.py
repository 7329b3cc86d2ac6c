"""One message of each kind that agents and bots can send, through everything, at the customer.

What stands here is docs/messages.md with the values of the sandbox's kinds.
"""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from local.demo.world import World
from local.sandbox.client import Sent
from local.sandbox.genesys.outbound.table import KINDS
from tests.e2e.lines import Line, at_once, number, opened
from tests.e2e.templates import TEMPLATES
from tests.stack import Stack

OPTION_ID = re.compile(r"[0-9a-f-]{36}\.(\d+)")


def reply_button(place: int, title: str) -> dict[str, Any]:
    return {"type": "reply", "reply": {"id": f"#{place}", "title": title}}


def row(place: int, title: str, description: str) -> dict[str, Any]:
    return {"id": f"#{place}", "title": title, "description": description}


def asked(text: str, *titles: str, first: int = 1) -> dict[str, Any]:
    """Reply buttons; the ids of options are shown as their numbers."""
    buttons = [reply_button(place, title) for place, title in enumerate(titles, first)]
    return {"type": "button", "body": {"text": text}, "action": {"buttons": buttons}}


def listed(text: str, *rows: dict[str, Any], title: str | None = None) -> dict[str, Any]:
    section = {"title": title, "rows": list(rows)} if title else {"rows": list(rows)}
    action = {"button": "☰", "sections": [section]}
    return {"type": "list", "body": {"text": text}, "action": action}


@dataclass(frozen=True)
class Got:
    """What the customer should get: type, words, content where it is no file."""

    type: str
    text: str | None
    content: dict[str, Any] | None = None


def words(text: str) -> list[Got]:
    return [Got("text", text)]


def interactive(*contents: dict[str, Any]) -> list[Got]:
    return [Got("interactive", one["body"]["text"], one) for one in contents]


TEA = "Green tea\n500 g, loose\nRead more: https://shop.example/tea"
POINT = {"latitude": 52.517, "longitude": 13.389, "name": "Here"}
EXPECTED: dict[str, list[Got] | str] = {
    "message": words("Plain words"),
    "text": words("Hello, how can I help?"),
    "attachment": [Got("image", None)],
    "notification": words("Hello Ana, your order 8812 is on its way."),
    "canned_response": words("We are open from 9 to 17."),
    "typing": "",
    "presence": "",
    "event": "",
    "receipt": "",
    "failed_receipt": "",
    "empty": "InvalidMessageStructure",
    "quick_replies": interactive(asked("Shall I book it?", "Yes", "No", "Call me")),
    "quick_reply_v2": interactive(asked("Shall I book it?", "Yes", "No")),
    "card": interactive(asked(TEA, "Choose")),
    "carousel": interactive(
        asked(TEA, "Choose"), asked("Tea pot\nGlass, 1 litre", "Choose", first=2)
    ),
    "date_picker": interactive(
        listed(
            "When shall we call?\nHalf an hour each",
            row(1, "2026-12-01 09:00 UTC", "30 min"),
            row(2, "2026-12-01 10:30 UTC", "30 min"),
            row(3, "2026-12-02 09:00 UTC", "30 min"),
        )
    ),
    "list_picker": interactive(
        listed(
            "Which one?", row(1, "Green tea", "loose"), row(2, "Black tea", "in bags"), title="Teas"
        )
    ),
    "location": [Got("location", None, POINT)],
    "story": words("https://story.example/1"),
    "reactions": "UnsupportedMessage",
    "mention": "UnsupportedMessage",
    "text_content": words("Words within content"),
    "form": words("Your data"),
    "interactive_application": "UnsupportedMessage",
    "payment_request": "UnsupportedMessage",
    "push": words("News"),
    "roadside_assistance": "UnsupportedMessage",
    "rich_link": words("Our shop\nhttps://shop.example"),
    "notification_response": words("ok"),
    "unknown": "UnsupportedMessage",
}
"""A word: the reason of the Failed receipt; none at all where nobody waits for anything."""

FIELDS: dict[str, dict[str, Any]] = {"message": {"text": "Plain words"}}


@pytest.fixture(scope="module")
def line(stack: Stack, world: World) -> Line:
    return opened(stack, world, "outbound-types", templates=TEMPLATES)[0]


PEOPLE = {kind: number(place) for place, kind in enumerate(EXPECTED)}


@pytest.fixture(scope="module")
def greeted(line: Line) -> dict[str, Sent]:
    """A customer for each kind has written."""
    return at_once(lambda kind: line.greets(PEOPLE[kind]), EXPECTED)


@pytest.fixture(scope="module")
def said(line: Line, greeted: dict[str, Sent]) -> dict[str, Sent]:
    """One of each kind, and words after it where the kind shows nothing."""

    def say(kind: str) -> Sent:
        who, options = PEOPLE[kind], {}
        if kind in ("receipt", "failed_receipt"):
            [shown] = line.at_agent(who)
            options = {"message_id": shown.id}
        sent = line.agent(who, kind, options=options, **FIELDS.get(kind, {}))
        if isinstance(EXPECTED[kind], str):
            line.agent(who, "text", text="and then")
        return sent

    return at_once(say, greeted)


def test_each_kind_of_the_sandbox_is_here() -> None:
    assert list(EXPECTED) == list(KINDS)


@pytest.mark.parametrize("kind", EXPECTED)
def test_the_customer_sees_each_kind_as_the_page_says(
    line: Line, said: dict[str, Sent], kind: str
) -> None:
    expected, who = EXPECTED[kind], PEOPLE[kind]
    if isinstance(expected, str):
        assert [one.text for one in line.sent(who)] == ["and then"]
        return
    found = line.sent(who, len(expected))
    files = [file for one in found for file in one.files]
    contents = [None if one.files else numbered(one.content) for one in found]
    got = [Got(one.type, one.text, content) for one, content in zip(found, contents, strict=True)]
    assert got == expected
    assert [(one.mime, one.sha256) for one in files] == [
        (one.mime, one.sha256) for one in said[kind].files
    ]
    assert [event["status"] for event in line.receipts(who, said[kind].id)] == ["Delivered"]


def numbered(content: Any) -> Any:
    """The content with the numbers of its options in place of their ids."""
    if isinstance(content, dict):
        return {key: numbered(value) for key, value in content.items()}
    if isinstance(content, list):
        return [numbered(value) for value in content]
    found = OPTION_ID.fullmatch(content) if isinstance(content, str) else None
    return f"#{found[1]}" if found else content


@pytest.mark.parametrize(
    "kind", [kind for kind, one in EXPECTED.items() if one and one == str(one)]
)
def test_the_agent_is_told_of_what_can_not_be_shown(
    line: Line, said: dict[str, Sent], kind: str
) -> None:
    code, told = line.failure(PEOPLE[kind], said[kind].id)
    assert code == EXPECTED[kind]
    assert "empty" in told or "cannot show" in told


def test_typing_marks_the_last_message_as_read_and_shows_it(
    line: Line, greeted: dict[str, Sent], said: dict[str, Sent]
) -> None:
    who, wamid = PEOPLE["typing"], greeted["typing"].id
    assert said["typing"].webhook
    assert line.wait(lambda: seen(line, who, wamid)) == ["typing"]


def seen(line: Line, who: str, wamid: str) -> Any:
    """What a customer was shown beside messages: that a message was read, that somebody types."""
    talk = line.sandbox.conversation("whatsapp", line.company.phone_number_id, who)
    found = [one for one in talk.messages if one.id == wamid] if talk else []
    return found[0].extra.get("seen") if found else None


def test_only_the_failed_receipt_marks_a_customers_message(
    line: Line, greeted: dict[str, Sent], said: dict[str, Sent]
) -> None:
    def failed(kind: str) -> bool:
        query = (
            "select failed_at from message_tracking where tenant_id = :tenant and source_id = :id"
        )
        [[at]] = line.rows(query, id=greeted[kind].id)
        return at is not None

    line.wait(lambda: failed("failed_receipt"))
    line.sent(PEOPLE["receipt"])
    assert not failed("receipt")
    assert said["failed_receipt"].webhook


def test_nothing_is_left_over(line: Line, said: dict[str, Sent]) -> None:
    assert len(said) == len(KINDS)
    line.nothing_is_left()
