"""What agents write, as the customer reads it: templates, marks, lengths, quotes, order."""

from collections.abc import Callable
from typing import Any

import pytest

from local.demo.world import World
from tests.e2e.lines import Line, address, number, opened
from tests.e2e.templates import ORDER, TEMPLATES
from tests.stack import Stack


@pytest.fixture(scope="module")
def line(stack: Stack, world: World) -> Line:
    return opened(stack, world, "agents-words", templates=TEMPLATES)[0]


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


def test_nothing_is_left_over(line: Line) -> None:
    line.nothing_is_left()
