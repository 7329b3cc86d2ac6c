"""What a customer taps of what an agent offered, back at Genesys as the answer to it."""

from dataclasses import dataclass
from typing import Any

import pytest

from local.demo.world import World
from local.sandbox.client import Message
from tests.e2e.lines import Line, at_once, number, opened
from tests.e2e.templates import ORDER, TEMPLATES
from tests.stack import Stack


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


@pytest.fixture(scope="module")
def line(stack: Stack, world: World) -> Line:
    return opened(stack, world, "taps", templates=TEMPLATES)[0]


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


def test_nothing_is_left_over(line: Line, taps: dict[str, Answered]) -> None:
    assert len(taps) == len(OFFERS)
    line.nothing_is_left()
