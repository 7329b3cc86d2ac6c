"""What a message is about: quotes both ways, reactions, and taps on what an agent's bot offered."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from shared.messaging.envelope import Event
from tests.delivery.provider import Reply, reply
from tests.transform_functions.stage import (
    GENESYS_AWAY,
    GENESYS_TAKES,
    META_TAKES,
    Stage,
    Tenant,
    again_in,
    meta_gives,
    outcome,
)

QUICK = [("Yes, please", "payload-yes"), ("No", "payload-no"), ("Later", "payload-later")]
NO = reply(400, {"code": "bad.request", "message": "no such message"})


def question(tenant: Tenant, choices: list[tuple[str, str]]) -> Event:
    """A bot's question with quick replies."""
    replies = [
        {
            "contentType": "QuickReply",
            "quickReply": {"text": text, "payload": payload, "action": "Message"},
        }
        for text, payload in choices
    ]
    return tenant.agent_writes("Shall we?", message={"type": "Structured", "content": replies})


def offered_as(stage: Stage, tenant: Tenant, choices: list[tuple[str, str]], wamid: str) -> Event:
    """A question that was sent; Meta knows its last part by this id."""
    event = question(tenant, choices)
    stage.meta.play(meta_gives(wamid))
    assert outcome(stage.outbound, event) == "delivered"
    return event


def offered(stage: Stage, tenant: Tenant) -> tuple[Event, list[dict[str, Any]]]:
    """A bot's question that was sent: its event, and the buttons that the customer sees."""
    event = question(tenant, QUICK)
    assert outcome(stage.outbound, event) == "delivered"
    buttons = tenant.at_meta()[-1]["interactive"]["action"]["buttons"]
    return event, [button["reply"] for button in buttons]


def tap(tenant: Tenant, button: dict[str, Any]) -> Event:
    message = {
        "type": "interactive",
        "text": None,
        "interactive": {"type": "button_reply", "button_reply": button},
    }
    return tenant.customer_writes(message=message)


def test_a_tap_goes_back_as_the_option_that_was_offered(stage: Stage, tenant: Tenant) -> None:
    event, buttons = offered(stage, tenant)
    tapped = tap(tenant, buttons[1])
    assert outcome(stage.inbound, tapped) == "delivered"
    assert outcome(stage.inbound, tapped) == "duplicate"
    [told] = tenant.taps()
    assert told["originatingMessageId"] == event.subject
    assert told["buttonResponse"] == {"type": "QuickReply", "text": "No", "payload": "payload-no"}
    assert told["channel"]["messageId"] == tapped.subject
    assert tenant.at_genesys() == []


def test_a_tap_that_genesys_refuses_is_told_in_words(stage: Stage, tenant: Tenant) -> None:
    _, buttons = offered(stage, tenant)
    stage.genesys.play(NO, GENESYS_TAKES)
    tapped = tap(tenant, buttons[0])
    assert outcome(stage.inbound, tapped) == "delivered"
    assert len(tenant.taps()) == 1
    [told] = tenant.at_genesys()
    assert (told["text"], told["channel"]["messageId"]) == ("Yes, please", tapped.subject)


def test_a_tap_waits_for_genesys_as_a_tap(stage: Stage, tenant: Tenant) -> None:
    _, buttons = offered(stage, tenant)
    stage.genesys.play(GENESYS_AWAY, GENESYS_TAKES)
    tapped = tap(tenant, buttons[0])
    assert again_in(stage.inbound, tapped) == "7"
    assert outcome(stage.inbound, tapped) == "delivered"
    assert (len(tenant.taps()), tenant.at_genesys()) == (2, [])


def beyond(button: dict[str, Any]) -> dict[str, Any]:
    return button | {"id": f"{button['id'].rpartition('.')[0]}.9"}


def foreign(button: dict[str, Any]) -> dict[str, Any]:
    return button | {"id": f"{uuid4()}.1"}


def other_system(button: dict[str, Any]) -> dict[str, Any]:
    return button | {"id": "menu-7"}


@pytest.mark.parametrize("change", [beyond, foreign, other_system])
def test_a_tap_on_what_we_did_not_offer_is_told_in_words(
    stage: Stage, tenant: Tenant, change: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    _, buttons = offered(stage, tenant)
    assert outcome(stage.inbound, tap(tenant, change(buttons[0]))) == "delivered"
    assert tenant.taps() == []
    assert "Yes, please" in tenant.at_genesys()[0]["text"]


def test_another_tenant_s_option_is_not_taken(stage: Stage, tenant: Tenant) -> None:
    _, buttons = offered(stage, tenant)
    other = Tenant(stage, tenant.desk.other(), tenant.number)
    assert outcome(stage.inbound, tap(other, buttons[0])) == "delivered"
    assert tenant.taps() == []


MANY = [(f"{count} boxes", f"payload-{count}") for count in range(5, 17)]  # numbered lines
LONG = [(f"Deliver it {'really ' * 9}{day}", f"payload-{day}") for day in ("today", "soon")]
NUMBERS = [(str(number), f"payload-{number}") for number in range(2, 14)]


def typed(tenant: Tenant, words: str, about: str | None) -> Event:
    """The customer answers in words; `about` is the wamid that they quote."""
    context = {"from": "15550783881", "id": about} if about else None
    return tenant.customer_writes(words, message={"context": context})


@pytest.mark.parametrize(
    ("choices", "words", "payload"),
    [
        (MANY, "3", "payload-7"),
        (MANY, " 12. ", "payload-16"),
        (MANY, "٣", "payload-7"),
        (LONG, "2", "payload-soon"),
        (NUMBERS, "1", "payload-2"),
    ],
    ids=["lines", "last", "arabic", "list", "numbers"],
)
def test_the_number_of_an_option_in_a_reply_to_it_is_a_tap(
    stage: Stage, tenant: Tenant, choices: list[tuple[str, str]], words: str, payload: str
) -> None:
    wamid = f"wamid.{uuid4().hex}"
    event = offered_as(stage, tenant, choices, wamid)
    answer = typed(tenant, words, wamid)
    assert outcome(stage.inbound, answer) == "delivered"
    [told] = tenant.taps()
    assert told["originatingMessageId"] == event.subject
    assert told["buttonResponse"]["payload"] == payload
    assert told["buttonResponse"]["text"] == {two: one for one, two in choices}[payload]
    assert tenant.at_genesys() == []


@pytest.mark.parametrize(
    ("choices", "words", "quotes"),
    [
        (MANY, "3", False),
        (MANY, "13", True),
        (MANY, "0", True),
        (MANY, "-1", True),
        (MANY, "3 or 4", True),
        (MANY, "9" * 5000, True),
        (NUMBERS, "3", True),
        (QUICK, "2", True),
    ],
    ids=["no-reply", "beyond", "zero", "below", "words", "huge", "ambiguous", "buttons"],
)
def test_a_number_that_may_mean_something_else_is_told_in_words(
    stage: Stage, tenant: Tenant, choices: list[tuple[str, str]], words: str, *, quotes: bool
) -> None:
    wamid = f"wamid.{uuid4().hex}"
    offered_as(stage, tenant, choices, wamid)
    assert outcome(stage.inbound, typed(tenant, words, wamid if quotes else None)) == "delivered"
    assert tenant.taps() == []
    assert words[-100:] in tenant.at_genesys()[-1]["text"]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"context": {"id": "WAMID"}}, "good day"),
        (
            {"type": "reaction", "text": None, "reaction": {"message_id": "WAMID", "emoji": "👍"}},
            "good day",
        ),
    ],
    ids=["reply", "reaction"],
)
def test_what_a_customer_answers_is_quoted(
    stage: Stage, tenant: Tenant, message: dict[str, Any], words: str
) -> None:
    wamid = f"wamid.{uuid4().hex}"
    stage.meta.play(meta_gives(wamid))
    assert outcome(stage.outbound, tenant.agent_writes("good day")) == "delivered"
    about = {
        name: {key: wamid if one == "WAMID" else one for key, one in value.items()}
        if isinstance(value, dict)
        else value
        for name, value in message.items()
    }
    assert outcome(stage.inbound, tenant.customer_writes("thanks", message=about)) == "delivered"
    assert words in tenant.at_genesys()[0]["text"]


@pytest.mark.parametrize("about", ["x" * 2000, "wamid.unknown", "a\nb"], ids=range(3))
def test_an_answer_to_what_nobody_knows_is_shown(stage: Stage, tenant: Tenant, about: str) -> None:
    event = tenant.customer_writes("thanks", message={"context": {"id": about}})
    assert outcome(stage.inbound, event) == "delivered"
    assert "thanks" in tenant.at_genesys()[0]["text"]


def genesys_gives(id_: str) -> Reply:
    return reply(200, {"id": id_, "conversationId": "conv-1"})


def test_what_an_agent_answers_is_quoted(stage: Stage, tenant: Tenant) -> None:
    id_ = uuid4().hex
    stage.genesys.play(genesys_gives(id_))
    question = tenant.customer_writes("what is it?")
    assert outcome(stage.inbound, question) == "delivered"
    stage.meta.play(META_TAKES)
    answer = tenant.agent_writes("a box", message={"relatedMessages": [{"id": id_}]})
    assert outcome(stage.outbound, answer) == "delivered"
    assert tenant.at_meta()[0]["context"] == {"message_id": question.subject}


def test_what_nobody_knows_is_not_quoted(stage: Stage, tenant: Tenant) -> None:
    answer = tenant.agent_writes("a box", message={"relatedMessages": [{"id": "x" * 2000}]})
    assert outcome(stage.outbound, answer) == "delivered"
    assert "context" not in tenant.at_meta()[0]
