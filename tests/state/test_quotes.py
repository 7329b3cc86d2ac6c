"""What a message is about, and the window that a customer's message opens."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.services.state import Claim, Quoted
from tests.state.desk import Desk, accepted, new_id

OPTIONS = [{"text": "Yes", "payload": "yes", "type": "QuickReply"}]


def asked(desk: Desk) -> Claim:
    """An agent's question in two parts, with options, in a conversation."""
    desk.talk("m1", "491701", None)
    claim = desk.write_to("491701", "g7", content={"text": "Well?", "options": OPTIONS})
    desk.complete(claim, accepted(1, "wamid.1"), accepted(2, "wamid.2"), source_id="g7")
    return claim


def quoted(claim: Claim) -> Quoted:
    assert claim.quoted is not None
    return claim.quoted


def test_a_reply_to_a_part_finds_the_message_and_the_part(desk: Desk) -> None:
    question = asked(desk)
    assert quoted(desk.hear("m2", "491701", None, reply_to="wamid.2")) == Quoted(
        source_id="g7",
        target_id="wamid.2",
        tracking_id=question.tracking_id,
        direction="outbound",
        kind="text",
        text="Well?",
        options=OPTIONS,
        customer="491701",
    )


def test_a_reply_of_the_customer_to_an_own_message_finds_it(desk: Desk) -> None:
    asked(desk)
    found = quoted(desk.hear("m2", "491701", None, reply_to="m1"))
    assert (found.source_id, found.direction, found.text) == ("m1", "inbound", "hello")


@pytest.mark.parametrize(
    ("reply_to", "source_id", "target_id"), [("g-m1", "m1", "g-m1"), ("g7", "g7", "wamid.1")]
)
def test_a_reply_of_the_agent_finds_the_message_on_either_side(
    desk: Desk, reply_to: str, source_id: str, target_id: str
) -> None:
    asked(desk)
    found = quoted(desk.write_to("491701", "g8", reply_to=reply_to))
    assert (found.source_id, found.target_id) == (source_id, target_id)


def test_a_tap_finds_the_options_by_tracking_id_whatever_the_reply_says(desk: Desk) -> None:
    question = asked(desk)
    tap = {"tapped": question.tracking_id, "reply_to": "m1"}
    found = quoted(desk.hear("m2", "491701", None, **tap))
    assert (found.source_id, found.options) == ("g7", OPTIONS)


def test_an_unknown_tap_is_a_reply(desk: Desk) -> None:
    asked(desk)
    found = quoted(desk.hear("m2", "491701", None, tapped=new_id(), reply_to="wamid.1"))
    assert found.source_id == "g7"


def test_an_echo_can_be_quoted(desk: Desk) -> None:
    desk.record({"source_id": "wamid.e"})
    found = quoted(desk.hear("m2", "491701", None, reply_to="wamid.e"))
    assert (found.target_id, found.text) == ("wamid.e", "from the phone")


def test_each_attempt_is_told_again(desk: Desk) -> None:
    asked(desk)
    first = desk.hear("m2", "491701", None, reply_to="wamid.1")
    assert desk.release(first, "m2", direction="inbound")
    again = desk.hear("m2", "491701", None, reply_to="wamid.1")
    assert (again.attempts, again.quoted) == (2, first.quoted)
    assert (again.wa_id, again.last_customer_message_id) == ("491701", "m2")


def test_a_message_without_text_and_options_has_none(desk: Desk) -> None:
    desk.talk("m1", "491701", None, content=None)
    found = quoted(desk.hear("m2", "491701", None, reply_to="m1"))
    assert (found.text, found.options) == (None, [])


@pytest.mark.parametrize("options", [{"a": 1}, "yes", None])
def test_options_that_are_no_list_are_none(desk: Desk, options: Any) -> None:
    desk.talk("m1", "491701", None, content={"options": options})
    assert quoted(desk.hear("m2", "491701", None, reply_to="m1")).options == []


def test_a_message_of_before_two_names_became_one_is_found(desk: Desk) -> None:
    desk.talk("n", "491701", None)
    desk.talk("b", None, "DE.1")
    assert desk.hear("both", "491701", "DE.1").customer == "DE.1"
    assert quoted(desk.hear("m2", None, "DE.1", reply_to="n")).source_id == "n"


def test_nothing_of_others_is_quoted(desk: Desk) -> None:
    question = asked(desk)
    about = {"reply_to": "wamid.1", "tapped": question.tracking_id}
    assert desk.hear("m2", "491702", None, **about).quoted is None
    channel = desk.channel_id
    desk.channel_id = new_id()
    assert desk.hear("m3", "491701", None, **about).quoted is None
    other = desk.other()
    other.channel_id = channel
    assert other.hear("m4", "491701", None, **about).quoted is None


def test_what_is_not_known_is_not_quoted(desk: Desk) -> None:
    assert desk.hear("m2", "491701", None, reply_to="wamid.none").quoted is None


def ago(**time: float) -> datetime:
    return datetime.now(UTC) - timedelta(**time)


def test_the_last_message_of_the_customer_has_its_id(desk: Desk) -> None:
    for name, at in (("m1", ago(hours=2)), ("m3", ago(hours=1)), ("m2", ago(hours=1.5))):
        desk.talk(name, "491701", None, occurred_at=at, conversation_id=f"c-{name}")
    claim = desk.write_to("491701")
    assert claim.last_customer_message_id == "m3"
    assert desk.customer("491701").last_customer_message_id == "m3"


@pytest.mark.parametrize("conversation_id", ["conv-m1", None])
def test_what_opens_no_window_moves_nothing(desk: Desk, conversation_id: str | None) -> None:
    desk.talk("m1", "491701", None, occurred_at=ago(hours=2), conversation_id=conversation_id)
    desk.hear("reaction", "491701", None, occurred_at=ago(hours=1), opens_window=False)
    claim = desk.write_to("491701")
    assert claim.last_customer_message_id == "m1"
    assert claim.last_customer_message_at is not None
    assert claim.last_customer_message_at < ago(hours=1.5)


def test_who_only_reacted_has_no_window(desk: Desk) -> None:
    desk.hear("reaction", "491701", None, opens_window=False)
    claim = desk.write_to("491701")
    assert (claim.last_customer_message_at, claim.last_customer_message_id) == (None, None)


def test_a_message_from_the_future_opens_the_window_from_now(desk: Desk) -> None:
    desk.talk("m1", "491701", None, occurred_at=ago(hours=-50))
    found = desk.write_to("491701").last_customer_message_at
    assert found is not None
    assert ago(minutes=2) < found < ago(minutes=-1)


def test_the_agent_s_messages_open_no_window(desk: Desk) -> None:
    desk.sent("wamid.1", occurred_at=ago(hours=1))
    assert desk.write_to("491701", "m2").last_customer_message_at is None


BSUID = "DE.13491208655302741918"


def wamid(person: str, token: str, *, rest: str = "", padded: bool = True) -> str:
    """An id as WhatsApp makes them: the person, then what the message has of its own."""
    inside = b"\x1c\x18" + bytes([len(person)]) + person.encode()
    inside += b"\x15\x02\x00\x11\x18" + bytes([len(token)]) + token.encode() + rest.encode() + b"\0"
    made = base64.b64encode(inside).decode()
    return f"wamid.{made if padded else made.rstrip('=')}"


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("token", ["9A3CA5B3D4CD6E67E7", "3A5F0C77A1B2C3D4E5F6", "3EB0"])
@pytest.mark.parametrize(("sent_by", "named_by"), [("491701", BSUID), (BSUID, "491701")])
def test_a_reply_may_name_a_message_by_its_twin(
    desk: Desk, sent_by: str, named_by: str, token: str, *, padded: bool
) -> None:
    desk.talk("m1", "491701", BSUID)
    claim = desk.write_to("491701", "g7", content={"text": "In blue?"})
    sent = wamid(sent_by, token, padded=padded)
    desk.complete(claim, accepted(1, sent), source_id="g7")
    for place, shape in enumerate((True, False)):
        twin = wamid(named_by, token, padded=shape)
        found = quoted(desk.hear(f"m2-{place}", "491701", BSUID, reply_to=twin))
        assert (found.source_id, found.text) == ("g7", "In blue?")


def test_a_reply_may_name_the_customer_s_own_message_by_its_twin(desk: Desk) -> None:
    own = wamid("491701", "3A5F0C77A1B2C3D4E5F6")
    desk.talk(own, "491701", BSUID)
    found = quoted(desk.hear("m2", None, BSUID, reply_to=wamid(BSUID, "3A5F0C77A1B2C3D4E5F6")))
    assert (found.source_id, found.direction) == (own, "inbound")


def test_a_twin_is_of_the_same_token_person_and_tenant(desk: Desk) -> None:
    for one, who, id_ in ((desk, "491701", BSUID), (desk.other(), "491702", "DE.2")):
        one.talk("m1", who, id_)
        claim = one.write_to(who, "g7")
        one.complete(claim, accepted(1, wamid(who, "AAAA")), source_id="g7")
    assert desk.hear("m2", "491701", BSUID, reply_to=wamid(BSUID, "AAAB")).quoted is None
    assert desk.hear("m3", "491701", BSUID, reply_to=wamid("DE.2", "AAAA")).quoted is not None
    desk.talk("m4", "491703", "DE.3")
    assert desk.hear("m5", "491703", "DE.3", reply_to=wamid(BSUID, "AAAA")).quoted is None
    assert desk.hear("m6", "491703", "DE.3", reply_to=wamid("DE.3", "AAAA")).quoted is None


@pytest.mark.parametrize(
    "odd",
    [
        *("wamid.", "wamid.====", "wamid.HBg", "wamid.HBgN" + "A" * 13, "wamid.HBj/" + "A" * 16),
        *(
            "wamid.HBgN" + "A" * 12,
            "wamid." + "/" * 249,
            "wamid.r1",
            "nowamid.HBgNNDkxNTEwMDAwMDcw",
        ),
        *("wamid.\u00e9" * 8, "wamid.HBgNNDkx NTEwMDAwMDcw", "wamid.HBgN=NDkxNTEwMDAwMDcw"),
    ],
)
def test_an_id_of_another_form_has_no_twin(desk: Desk, odd: str) -> None:
    desk.talk("m1", "491701", BSUID)
    assert desk.hear("m2", "491701", BSUID, reply_to=odd).quoted is None
