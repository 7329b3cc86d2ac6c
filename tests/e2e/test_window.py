"""The 24 hours after a customer's words: within them all goes, outside them templates alone."""

import time
from typing import Any

import pytest

from local.demo.world import World
from tests.e2e.lines import OPENED, Line, number, opened
from tests.stack import Stack

HOUR = 3600
FALLBACK = {
    "name": "we_answered",
    "language": "en_US",
    "parameters": ["North Bank", "{text}"],
}
TEMPLATES: list[dict[str, Any]] = [
    {
        "name": "we_answered",
        "language": "en_US",
        "body_parameters": 2,
        "body": "{{1}} wrote: {{2}}",
    },
    {"name": "order_ready", "language": "en_US", "body": "Your order is ready."},
]
TEXT = "Your order\nhas come."
IN_TEMPLATE = "North Bank wrote: Your order has come."


@pytest.fixture(scope="module")
def lines(stack: Stack, world: World) -> list[Line]:
    names = ("window", "window-template")
    options = {names[1]: {"fallback_template": FALLBACK}}
    return opened(stack, world, *names, options=options, templates=TEMPLATES)


@pytest.fixture(scope="module")
def bare(lines: list[Line]) -> Line:
    """Of a company that has chosen no template for this."""
    return lines[0]


@pytest.fixture(scope="module")
def templated(lines: list[Line]) -> Line:
    """Of one that has."""
    return lines[1]


def wrote(line: Line, who: str, hours: float) -> None:
    """The customer's last message is so many hours old."""
    line.customer(who, "text", timestamp=str(int(time.time() - hours * HOUR)))
    line.shown(who)


def closed_by_our_clock(line: Line, who: str) -> None:
    wrote(line, who, 25)


def closed_by_metas_clock(line: Line, who: str) -> None:
    wrote(line, who, 1)
    match = {"name": "messages", "phone_number_id": line.company.phone_number_id}
    line.sandbox.fault("graph", "status", match=match, code=131047, count=1)


def never_opened(line: Line, who: str) -> None:
    assert line.at_agent(who) == []


CLOSED = {
    "by our clock": closed_by_our_clock,
    "by Meta's clock": closed_by_metas_clock,
    "never opened": never_opened,
}


@pytest.mark.parametrize("how", CLOSED)
def test_outside_it_the_agent_is_told(bare: Line, how: str) -> None:
    who = number(list(CLOSED).index(how))
    CLOSED[how](bare, who)
    sent = bare.agent(who, "text", text=TEXT)
    assert bare.failure(who, sent.id)[0] == "MessageExpired"
    assert bare.at_customer(who) == []


@pytest.mark.parametrize("how", CLOSED)
def test_outside_it_the_chosen_template_goes(templated: Line, how: str) -> None:
    who = number(list(CLOSED).index(how))
    CLOSED[how](templated, who)
    sent = templated.agent(who, "text", text=TEXT)
    [got] = templated.sent(who)
    assert (got.type, got.text) == ("template", IN_TEMPLATE)
    assert [one["status"] for one in templated.receipts(who, sent.id)] == ["Delivered"]


def test_a_refusal_that_comes_later_is_told_too(bare: Line) -> None:
    who = number(1, 1)
    wrote(bare, who, 1)
    match = {"name": "messages", "customer": who}
    bare.sandbox.fault("graph", "async_failure", match=match, code=131047)
    sent = bare.agent(who, "text", text=TEXT)
    assert bare.failure(who, sent.id)[0] == "MessageExpired"


def test_an_agents_own_template_goes_at_any_time(bare: Line) -> None:
    who = number(2, 1)
    wrote(bare, who, 25)
    own = "shop@order_ready"
    sent = bare.agent(who, "notification", template_id=own, language="en_US", parameters=[])
    assert [(one.type, one.text) for one in bare.sent(who)] == [
        ("template", "Your order is ready.")
    ]
    assert [one["status"] for one in bare.receipts(who, sent.id)] == ["Delivered"]


def test_a_file_can_not_go_in_a_template_and_the_agent_is_told(templated: Line) -> None:
    who = number(3, 1)
    wrote(templated, who, 25)
    sent = templated.agent(who, "attachment", text=TEXT)
    code, words = templated.failure(who, sent.id)
    assert (code, "without its files" in words) == ("MessageExpired", True)
    assert [(one.type, one.text) for one in templated.at_customer(who)] == [
        ("template", IN_TEMPLATE)
    ]


def test_a_file_alone_can_not_go_outside_it(templated: Line) -> None:
    who = number(4, 1)
    wrote(templated, who, 25)
    sent = templated.agent(who, "attachment")
    assert templated.failure(who, sent.id)[0] == "MessageExpired"
    assert templated.at_customer(who) == []


def test_a_long_text_goes_in_several_templates(templated: Line) -> None:
    who = number(5, 1)
    wrote(templated, who, 25)
    text = "Grüße 👩🏽\u200d🚀 " * 100
    templated.agent(who, "text", text=text)
    got = [(one.text or "").removeprefix("North Bank wrote: ") for one in templated.sent(who, 3)]
    assert " ".join(got).split() == text.split()
    assert len(got) == 3


def test_what_does_not_fit_into_five_templates_is_told_to_the_agent(templated: Line) -> None:
    who = number(8, 1)
    wrote(templated, who, 25)
    sent = templated.agent(who, "text", text="sentence. " * 400)
    reason, words = templated.failure(who, sent.id)
    assert (reason, len(templated.sent(who, 5))) == ("MessageExpired", 5)
    assert "without its last" in words


AGES = {"23 h 50 min": (23 + 50 / 60, True), "23 h 59 min": (23 + 59 / 60, False)}


@pytest.mark.parametrize("age", AGES)
def test_it_ends_a_little_before_metas(bare: Line, age: str) -> None:
    who, (hours, open_) = number(list(AGES).index(age), 2), AGES[age]
    wrote(bare, who, hours)
    sent = bare.agent(who, "text", text=TEXT)
    if open_:
        assert [one.text for one in bare.sent(who)] == [TEXT]
    else:
        assert bare.failure(who, sent.id)[0] == "MessageExpired"


OPENS = {
    **dict.fromkeys(("text", "image", "voice", "location", "contacts", "order"), True),
    **dict.fromkeys(("button_reply", "list_reply", "button", "flow", "request_welcome"), True),
    **dict.fromkeys(("unsupported", "new_type"), True),
    **dict.fromkeys(("reaction", "reaction_removed", "edit", "revoke"), False),
    **dict.fromkeys(("identity_changed", "group_message"), False),
}


@pytest.fixture(scope="module")
def answers(bare: Line) -> dict[str, str]:
    """The ids of answers to customers who wrote a day ago, and just now something of a kind."""
    people = {kind: number(place, 3) for place, kind in enumerate(OPENS)}
    for who in people.values():
        bare.customer(who, "text", timestamp=str(int(time.time() - 25 * HOUR)))
    for kind, who in people.items():
        bare.customer(who, kind)
    for who in people.values():
        bare.shown(who, 2)
    return {kind: bare.agent(who, "text", text=TEXT).id for kind, who in people.items()}


@pytest.mark.parametrize("kind", OPENS)
def test_what_opens_it_anew(bare: Line, answers: dict[str, str], kind: str) -> None:
    who = number(list(OPENS).index(kind), 3)
    if OPENS[kind]:
        assert [one.text for one in bare.sent(who)] == [TEXT]
    else:
        assert bare.failure(who, answers[kind])[0] == "MessageExpired"


def test_a_customers_call_opens_it_too(bare: Line) -> None:
    who, query = (
        number(7, 1),
        (
            "select source_id from message_tracking"
            " where tenant_id = :tenant and customer = :who and kind = 'call'"
        ),
    )
    wrote(bare, who, 25)
    call: dict[str, Any] = {"from": who, "id": f"wacid.{who}"}
    bare.sandbox.meta_change(bare.company.phone_number_id, "calls", **call)
    assert bare.wait(lambda: bare.rows(query, who=who)) == [[f"wacid.{who}"]]
    bare.agent(who, "text", text=TEXT)
    assert [one.text for one in bare.sent(who)] == [TEXT]


def test_an_older_message_that_comes_late_does_not_close_it(bare: Line) -> None:
    who = number(6, 1)
    wrote(bare, who, 1)
    bare.customer(who, "text", timestamp=str(int(time.time() - 30 * HOUR)))
    bare.shown(who, 2)
    bare.agent(who, "text", text=TEXT)
    assert [one.text for one in bare.sent(who)] == [TEXT]


def test_nothing_is_left_over(lines: list[Line], answers: dict[str, str]) -> None:
    assert len(answers) == len(OPENS)
    for line in lines:
        line.nothing_is_left()


def test_the_ledger_has_closed_the_books_of_all_that_was_said(stack: Stack) -> None:
    """What came in is done, in each company of this run's tests of types, files, people..."""
    tenants = [line.tenant_id for line in OPENED]

    def still_open() -> list[Any]:
        query = "select event_id from ledger_open where tenant_id = any(cast(:ids as uuid[]))"
        return stack.query(query, ids=tenants)

    OPENED[0].wait(lambda: not still_open())
    query = (
        "select tenant_id, direction from ledger_hours"
        " where tenant_id = any(cast(:ids as uuid[]))"
        " group by 1, 2 having sum(arrived) <> sum(done) + sum(refused)"
    )
    assert stack.query(query, ids=tenants) == []
