"""One message of each kind that agents and bots can send, through everything, at the customer.

What stands here is docs/messages.md with the values of the sandbox's kinds. A tap on an option
goes back as the answer to the message that offered it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from local.demo.world import World
from local.sandbox.client import Message, Sent
from local.sandbox.genesys.outbound.table import KINDS
from tests.e2e.lines import Line, address, at_once, opened
from tests.stack import Stack

pytestmark = pytest.mark.timeout(240)

OPTION_ID = re.compile(r"[0-9a-f-]{36}\.(\d+)")
TEMPLATES: list[dict[str, Any]] = [
    {
        "name": "order_update",
        "language": "en_US",
        "body_parameters": 2,
        "body": "Hello {{1}}, your order {{2}} is on its way.",
        "buttons": [{"type": "quick_reply", "text": "Confirm"}],
    },
    {
        "name": "order_named",
        "language": "de",
        "parameter_names": ["name", "order"],
        "body": "Hallo {{name}}, Bestellung {{order}} ist da.",
        "header": "text",
        "header_parameters": 1,
    },
    {
        "name": "ticket",
        "language": "en_US",
        "header": "image",
        "body": "Your ticket.",
        "buttons": [{"type": "url", "text": "Open", "dynamic": True}],
    },
]


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


def number(place: int, series: int = 0) -> str:
    return f"49152{series:02d}{place:06d}"


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


@dataclass(frozen=True)
class Offer:
    """What is offered, by which name an option of it is tapped, and what Genesys should hear."""

    kind: str
    fields: dict[str, Any]
    tapped: str
    answer: tuple[str, str, str]
    place: int = 0  # which of the messages


LONG = "A reply that is longer than the twenty letters of a button"
PAYLOAD = "choice:" + "x" * 400
MANY = [{"text": f"Choice {n}", "payload": f"c{n}"} for n in range(1, 8)]
ORDER = {
    "template_id": "shop@order_update",
    "language": "en_US",
    "buttons": [{"type": "QuickReply", "text": "Confirm", "payload": "ok-8812", "index": 0}],
}
SECTIONS = [
    {"title": "Teas", "items": [{"id": "green", "title": "Green"}]},
    {"title": "Pots", "items": [{"id": "glass", "title": "Glass"}]},
]
OFFERS: dict[str, Offer] = {
    "a button": Offer("quick_replies", {}, "Call me", ("QuickReply", "Call me", "call_me")),
    "the newer form": Offer("quick_reply_v2", {}, "No", ("QuickReply", "No", "no")),
    "a row": Offer(
        "quick_replies", {"replies": MANY}, "Choice 7", ("QuickReply", "Choice 7", "c7")
    ),
    "long words": Offer(
        "quick_replies",
        {"replies": [{"text": LONG, "payload": PAYLOAD}, "No"]},
        "#1",
        ("QuickReply", LONG, PAYLOAD),
    ),
    "a card": Offer("card", {}, "Choose", ("Button", "Choose", "choose_tea")),
    "the second card": Offer("carousel", {}, "Choose", ("Button", "Choose", "choose_pot"), 1),
    "a time": Offer(
        "date_picker",
        {},
        "2026-12-01 10:30 UTC",
        ("DatePicker", "2026-12-01 10:30 UTC", "2026-12-01T10:30:00Z"),
    ),
    "an item": Offer("list_picker", {"sections": SECTIONS}, "Glass", ("Button", "Glass", "glass")),
    "a template's button": Offer(
        "notification", ORDER, "Confirm", ("Button", "Confirm", "ok-8812")
    ),
}


@dataclass(frozen=True)
class Answered:
    """An offer's id in Genesys, and what the agent saw of the tap."""

    offered: str
    tapped: Message


def tap(line: Line, who: str, offer: Offer, **more: Any) -> Answered:
    line.greets(who)
    offered = line.agent(who, offer.kind, **offer.fields)
    got = line.sent(who, offer.place + 1)[offer.place]
    option = offer.tapped
    if option.startswith("#"):
        rows = [one for each in got.content["action"]["sections"] for one in each["rows"]]
        option = rows[int(option[1:]) - 1]["id"]
    line.sandbox.customer_taps(got.id, option, **more)
    return Answered(offered.id, line.shown(who, 2)[1])


@pytest.fixture(scope="module")
def taps(line: Line) -> dict[str, Answered]:
    people = {name: number(place, 1) for place, name in enumerate(OFFERS)}
    return at_once(lambda name: tap(line, people[name], OFFERS[name]), OFFERS)


def answer_in(message: Message) -> tuple[str, str, str]:
    [part] = message.content
    response = part["buttonResponse"]
    return response["type"], response["text"], response["payload"]


@pytest.mark.parametrize("name", OFFERS)
def test_a_tap_answers_the_message_that_offered_it(taps: dict[str, Answered], name: str) -> None:
    tapped = taps[name].tapped
    assert tapped.type == "Structured"
    assert answer_in(tapped) == OFFERS[name].answer
    assert tapped.extra["originating_message_id"] == taps[name].offered


def test_a_tap_that_quotes_nothing_is_known_all_the_same(line: Line) -> None:
    offer = OFFERS["a button"]
    answered = tap(line, number(1, 2), offer, context=False)
    assert answer_in(answered.tapped) == offer.answer
    assert answered.tapped.extra["originating_message_id"] == answered.offered


def test_a_tap_that_genesys_refuses_is_told_as_plain_text(line: Line) -> None:
    line.sandbox.fault(
        "genesys",
        "status",
        match={"name": "structured", "integration_id": line.company.integration_id},
        status=400,
        code="bad.request",
    )
    tapped = tap(line, number(2, 2), OFFERS["long words"]).tapped
    assert (tapped.type, tapped.text, tapped.content) == ("Text", LONG, [])


TEMPLATED: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "in order": (ORDER, "Hello Ana, your order 8812 is on its way.", ["body", "button"]),
    "named": (
        {
            "template_id": "shop@order_named",
            "language": "de",
            "header": {"type": "Text", "text": "{{1}}", "parameters": [{"text": "Neu"}]},
            "parameters": [{"name": "order", "text": "8812"}, {"name": "name", "text": "Ana"}],
        },
        "Hallo Ana, Bestellung 8812 ist da.",
        ["header", "body"],
    ),
}


@pytest.mark.parametrize(("fields", "text", "parts"), TEMPLATED.values(), ids=TEMPLATED)
def test_an_approved_template_goes_as_one(
    line: Line, fields: dict[str, Any], text: str, parts: list[str]
) -> None:
    who = number(list(TEMPLATED.values()).index((fields, text, parts)), 3)
    sent = line.agent(who, "notification", **fields)  # nobody wrote: templates need no window
    [got] = line.sent(who)
    assert (got.type, got.text) == ("template", text)
    assert [part["type"].lower() for part in got.content["components"]] == parts
    assert [event["status"] for event in line.receipts(who, sent.id)] == ["Delivered"]


def test_a_template_with_a_picture_and_a_link(line: Line) -> None:
    who = number(9, 3)
    line.greets(who)
    offered = line.agent(who, "attachment")
    [picture] = line.sent(who)
    [attachment] = next(one for one in line.agent_side(who) if one.id == offered.id).content
    fields: dict[str, Any] = {
        "template_id": "shop@ticket",
        "language": "en_US",
        "parameters": [],
        "header": {"type": "Media", "media": [attachment["attachment"]]},
        "buttons": [{"type": "Url", "index": 0, "parameters": [{"text": "t/8812"}]}],
    }
    line.agent(who, "notification", **fields)
    got = line.sent(who, 2)[1]
    assert (got.type, got.text) == ("template", "Your ticket.")
    assert [one.sha256 for one in got.files] == [one.sha256 for one in picture.files]


MARKED: dict[str, tuple[str, str]] = {
    "strong": ("It is **now**.", "It is *now*."),
    "struck": ("~~Monday~~ Tuesday", "~Monday~ Tuesday"),
    "a link": (
        "See [our shop](https://shop.example/tea)",
        "See our shop: https://shop.example/tea",
    ),
    "any letters": ("grüße 👩🏽\u200d🚀 \u202e", "grüße 👩🏽\u200d🚀 \u202e"),
}


@pytest.mark.parametrize(("text", "expected"), MARKED.values(), ids=MARKED)
def test_text_is_marked_as_whatsapp_does(line: Line, text: str, expected: str) -> None:
    who = number(list(MARKED.values()).index((text, expected)), 4)
    line.greets(who)
    line.agent(who, "text", text=text)
    assert [one.text for one in line.sent(who)] == [expected]


LENGTHS: dict[str, Callable[[], str]] = {
    "words": lambda: "grüße " * 1500,
    "letters of two units": lambda: "👋" * 4500,
}


@pytest.mark.parametrize("make", LENGTHS.values(), ids=LENGTHS)
def test_a_long_text_comes_whole_in_pieces(line: Line, make: Callable[[], str]) -> None:
    who, text = number(list(LENGTHS.values()).index(make), 5), make()
    line.greets(who)
    sent = line.agent(who, "text", text=text)
    line.agent(who, "text", text="the end")
    line.wait(lambda: [one for one in line.at_customer(who) if one.text == "the end"])
    *pieces, _ = line.at_customer(who)
    assert len(pieces) > 1
    assert "".join(one.text or "" for one in pieces).replace(" ", "") == text.replace(" ", "")
    assert [event["status"] for event in line.receipts(who, sent.id)] == ["Delivered"]


def test_many_options_become_numbered_words(line: Line) -> None:
    who = number(1, 6)
    line.greets(who)
    line.agent(who, "quick_replies", replies=[f"Choice {n}" for n in range(1, 13)])
    [got] = line.sent(who)
    assert got.type == "text"
    assert (got.text or "").splitlines() == [
        "Shall I book it?",
        *(f"{n}. Choice {n}" for n in range(1, 13)),
    ]


def test_an_answer_to_a_message_quotes_it(line: Line) -> None:
    who = number(2, 6)
    written = line.greets(who, "When do you open?")
    [shown] = line.at_agent(who)
    line.agent(
        who, "text", text="At nine", options={"over": {"relatedMessages": [{"id": shown.id}]}}
    )
    [got] = line.sent(who)
    assert (got.extra["quotes"], got.extra["quote_shown"]) == (written.id, True)


def test_messages_of_every_kind_keep_their_order(line: Line) -> None:
    who = number(3, 6)
    line.greets(who)
    order = ["text", "attachment", "quick_replies", "location", "card", "rich_link", "date_picker"]
    for kind in order:
        line.agent(who, kind)
    got = line.sent(who, len(order))
    assert [one.type for one in got] == [
        *("text", "image", "interactive", "location", "interactive", "text", "interactive")
    ]


def test_an_address_as_agents_type_it_is_found(line: Line) -> None:
    who = number(4, 6)
    line.greets(who)
    typed = f"+{who[:2]} {who[2:5]} / {who[5:]}"
    line.sandbox.agent_says(line.company.integration_id, typed, "Typed by hand")
    assert [one.text for one in line.sent(who)] == ["Typed by hand"]
    assert address(who) != typed


def test_nothing_is_left_over(line: Line, said: dict[str, Sent]) -> None:
    assert len(said) == len(KINDS)
    line.nothing_is_left()
