"""What Meta takes and refuses later, by a status, goes again once; then the agent is told."""

import pytest

from local.demo.world import World
from tests.e2e.lines import Line, number, opened
from tests.stack import Stack


@pytest.fixture(scope="module")
def line(stack: Stack, world: World) -> Line:
    [line] = opened(stack, world, "refused-later")
    return line


def refused_later(line: Line, who: str, **times: int) -> None:
    """What the agent sends to this customer is accepted; its files are refused by a status."""
    match = {"phone_number_id": line.company.phone_number_id, "customer": who}
    line.sandbox.fault("graph", "async_failure", match=match, code=131053, **times)


def test_a_file_that_meta_refuses_later_goes_as_a_document(line: Line) -> None:
    who = number(1)
    line.greets(who)
    refused_later(line, who, count=1)
    sent = line.agent(who, "attachment", seed=69, text="Your box")
    first, second = line.sent(who, 2)
    assert [one.type for one in (first, second)] == ["image", "document"]
    assert [one.text for one in (first, second)] == ["Your box"] * 2
    assert [one.sha256 for one in second.files] == [one.sha256 for one in sent.files]
    assert [one["status"] for one in line.receipts(who, sent.id)] == ["Delivered"]


def test_a_file_that_meta_refuses_later_in_every_form_is_told_to_the_agent(line: Line) -> None:
    who = number(2)
    line.greets(who)
    refused_later(line, who)
    sent = line.agent(who, "attachment", seed=70)
    assert line.failure(who, sent.id)[0] == "MediaTypeNotAllowed"
    assert [one.type for one in line.at_customer(who)] == ["image", "document"]


UNSEEN = "https://10.0.0.1/tea.png"  # nobody here can look at it, so Meta is left to try


def test_a_question_whose_picture_meta_refuses_later_reaches_the_customer_without_it(
    line: Line,
) -> None:
    who = number(3)
    line.greets(who)
    refused_later(line, who, count=1)
    asked = line.agent(who, "card", title="Green tea", description=None, image=UNSEEN)
    first, second = line.sent(who, 2)
    assert first.content["header"] == {"type": "image", "image": {"link": UNSEEN}}
    assert "header" not in second.content
    assert second.text == f"{first.text}\n{UNSEEN}"
    assert [one["status"] for one in line.receipts(who, asked.id)] == ["Delivered"]
    line.sandbox.customer_taps(second.id, "Choose")
    tapped = line.shown(who, 2)[1]
    assert tapped.extra["originating_message_id"] == asked.id


def test_every_card_whose_picture_meta_refuses_later_goes_without_it(line: Line) -> None:
    who = number(4)
    line.greets(who)
    refused_later(line, who, count=2)
    action = {"type": "Postback", "text": "Choose", "payload": "it"}
    cards = [{"title": one, "image": UNSEEN, "actions": [action]} for one in ("Tea", "Pot")]
    asked = line.agent(who, "carousel", cards=cards)
    again = [one.text for one in line.sent(who, 4)[2:]]
    assert sorted(map(str, again)) == [f"Pot\n{UNSEEN}", f"Tea\n{UNSEEN}"]
    assert [one["status"] for one in line.receipts(who, asked.id)] == ["Delivered"]


def test_the_second_refusal_of_a_question_is_told_to_the_agent(line: Line) -> None:
    who = number(5)
    line.greets(who)
    refused_later(line, who)
    asked = line.agent(who, "card", title="Green tea", description=None, image=UNSEEN)
    assert line.failure(who, asked.id)[0] == "MediaTypeNotAllowed"
    assert len(line.at_customer(who)) == 2


def test_nothing_is_left_over(line: Line) -> None:
    line.nothing_is_left()
