"""One person is one conversation, by whichever number or user id; two people are never one."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from local.demo.world import World
from local.sandbox.client import Sent
from tests.e2e.lines import Line, number, opened
from tests.stack import Stack


def user_id(place: int) -> str:
    return f"DE.77001208655302{place:06d}"


@pytest.fixture(scope="module")
def line(stack: Stack, world: World) -> Iterator[Line]:
    """No source says whether the 24 hours go along with a person to a new number."""
    stack.sandbox.settings(graph={"window": "off"})
    yield opened(stack, world, "people")[0]
    stack.sandbox.settings(graph={"window": "refuse"})


def says(line: Line, text: str, who: str | None, id_: str | None = None, **options: Any) -> Sent:
    """A customer writes, named by a number, a user id or both."""
    ids = {} if id_ is None else {"user_id": id_}
    return line.customer(who, "text", text=text, options={**ids, **options})


def texts(line: Line, who: str) -> list[str | None]:
    return [one.text for one in line.at_agent(who)]


def reads(line: Line, who: str, *expected: str) -> None:
    """The agent reads these lines, in this order, in the conversation of `who`."""
    line.wait(lambda: len(line.at_agent(who)) >= len(expected))
    assert texts(line, who) == list(expected)


def answered(line: Line, who: str, text: str, at: str) -> None:
    """The agent writes to the conversation of `who`; it is sent to that number or user id."""
    before = line.sandbox.counters()["last_seq"]

    def sent() -> list[str]:
        requests = line.sandbox.records(since=before, target="graph", name="messages")
        bodies = [one["body"] for one in requests if one["answer"]["status"] == 200]
        told = [one for one in bodies if one.get("text", {}).get("body") == text]
        return [one.get("to") or one["recipient"] for one in told]

    answer = line.agent(who, "text", text=text)
    assert line.wait(sent) == [at]
    assert [one["status"] for one in line.receipts(who, answer.id)] == ["Delivered"]


def conversations(line: Line, who: str) -> set[Any]:
    return {one.extra["conversation_id"] for one in line.agent_side(who)}


def test_both_ids_and_then_the_user_id_alone_are_one_person(line: Line) -> None:
    who, id_ = number(1), user_id(1)
    says(line, "with both", who, id_)
    reads(line, who, "with both")
    says(line, "by my id", None, id_)
    reads(line, who, "with both", "by my id")
    assert line.at_agent(id_) == []
    assert len(conversations(line, who)) == 1
    answered(line, who, "Hello to both", who)


def test_a_number_alone_then_both_then_the_user_id_alone_are_one_person(line: Line) -> None:
    who, id_ = number(2), user_id(2)
    for text, by, and_id in (("one", who, None), ("two", who, id_), ("three", None, id_)):
        says(line, text, by, and_id)
        line.wait(lambda text=text: text in texts(line, who))  # type: ignore[misc]
    reads(line, who, "one", "two", "three")
    assert line.at_agent(id_) == []


def test_a_user_id_alone_and_then_both_are_one_person(line: Line) -> None:
    who, id_ = number(3), user_id(3)
    says(line, "by my id", None, id_)
    reads(line, id_, "by my id")
    says(line, "with both", who, id_)
    reads(line, id_, "by my id", "with both")
    assert line.at_agent(who) == []
    answered(line, id_, "Hello", who)


def test_a_changed_number_stays_one_conversation_and_is_answered_there(line: Line) -> None:
    old, new = number(4), number(40)
    says(line, "from the old one", old)
    reads(line, old, "from the old one")
    line.customer(old, "number_changed", new_wa_id=new, body="Ana has a new number")
    reads(line, old, "from the old one", "[system] Ana has a new number")
    answered(line, old, "To the new one", new)
    says(line, "from the new one", new)
    reads(line, old, *("from the old one", "[system] Ana has a new number", "from the new one"))
    assert line.at_agent(new) == []
    assert line.at_customer(old) == []
    assert len(conversations(line, old)) == 1


def test_the_older_shape_of_a_changed_number_is_understood(line: Line) -> None:
    old, new = number(5), number(50)
    says(line, "from the old one", old)
    reads(line, old, "from the old one")
    line.customer(old, "number_changed", new_wa_id=new, body="Ana moved", shape="older")
    reads(line, old, "from the old one", "[system] Ana moved")
    answered(line, old, "To the new one", new)


def test_a_changed_user_id_stays_one_conversation(line: Line) -> None:
    id_, new_id = user_id(6), user_id(60)
    says(line, "by my id", None, id_)
    reads(line, id_, "by my id")
    line.sandbox.meta_change(
        line.company.phone_number_id,
        "user_id_update",
        wait=True,
        wa_id=None,
        previous=id_,
        current=new_id,
    )
    line.wait(lambda: owner(line, new_id) == id_)
    says(line, "by my new id", None, new_id)
    reads(line, id_, "by my id", "by my new id")
    answered(line, id_, "Hello", new_id)


def owner(line: Line, value: str) -> str | None:
    """Whose a number or a user id is."""
    query = "select customer from identities where tenant_id = :tenant and value = :value"
    found = line.rows(query, value=value)
    return str(found[0][0]) if found else None


SPELLINGS = {
    "Brazil, with the 9 first": ("5511987650001", "551187650001"),
    "Brazil, without it first": ("551187650002", "5511987650002"),
    "Mexico": ("5215512345678", "525512345678"),
    "Argentina": ("5491123456789", "541123456789"),
}


@pytest.mark.parametrize("country", SPELLINGS)
def test_two_spellings_of_a_number_are_one_person(line: Line, country: str) -> None:
    first, second = SPELLINGS[country]
    says(line, "in one", first)
    reads(line, first, "in one")
    says(line, "in the other", second)
    reads(line, first, "in one", "in the other")
    assert line.at_agent(second) == []
    assert len(conversations(line, first)) == 1


def test_an_agent_may_use_the_other_spelling(line: Line) -> None:
    first, second = "5511987650003", "551187650003"
    says(line, "in one", first)
    reads(line, first, "in one")
    answered(line, second, "In the other", first)


def test_a_number_that_somebody_else_has_now_is_a_new_person(line: Line) -> None:
    who, before, now = number(7), user_id(7), user_id(70)
    says(line, "I was here", who, before, profile_name="Ana")
    reads(line, who, "I was here")
    says(line, "I am new here", who, now, profile_name="Ben")
    reads(line, now, "I am new here")
    assert texts(line, who) == ["I was here"]
    assert conversations(line, who).isdisjoint(conversations(line, now))
    answered(line, now, "Welcome, Ben", who)
    answered(line, who, "Still for Ana", before)


def minute_ago() -> str:
    return str(int(time.time()) - 60)


def test_what_was_meant_for_who_had_a_number_goes_to_nobody_else(line: Line) -> None:
    taken, mover = number(10), number(11)
    line.customer(taken, "text", text="I had it", timestamp=minute_ago())
    reads(line, taken, "I had it")
    says(line, "I take it", mover)
    line.customer(mover, "number_changed", new_wa_id=taken, body="moved")
    reads(line, mover, "I take it", "[system] moved")
    sent = line.agent(taken, "text", text="For the first")
    assert line.failure(taken, sent.id)[0] == "InvalidDestination"
    answered(line, mover, "For the second", taken)


def test_a_number_that_was_left_for_another_is_a_new_persons(line: Line) -> None:
    old, new, next_id = number(8), number(80), user_id(80)
    line.customer(old, "text", text="I was here", timestamp=minute_ago())
    reads(line, old, "I was here")
    line.customer(old, "number_changed", new_wa_id=new, body="moved", timestamp=minute_ago())
    reads(line, old, "I was here", "[system] moved")
    says(line, "I am new here", old, next_id)
    reads(line, next_id, "I am new here")
    answered(line, next_id, "Welcome", old)
    answered(line, old, "Still there?", new)


def test_the_same_customer_of_two_companies_has_two_conversations(line: Line, stack: Stack) -> None:
    second = World.made_up([("second-company", "Second Company")])
    stack.employ(second)
    other, who = Line(stack, second.companies[0]), number(9)
    for one, text in ((line, "to one"), (other, "to another")):
        says(one, text, who)
    for one, text in ((line, "to one"), (other, "to another")):
        reads(one, who, text)


def test_nothing_is_left_over(line: Line) -> None:
    line.nothing_is_left()
