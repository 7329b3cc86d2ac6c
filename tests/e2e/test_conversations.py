"""Two hundred conversations at up to forty messages a second: nothing lost, nothing twice.

Asked of the simulators (what the people saw), of the database and of the object store. The order
is that in which the simulators were told to write, which on a busy machine is not always ours.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import pytest

from local.demo.world import Company, World
from local.sandbox.client import Conversation, Sandbox
from tests.e2e.traffic import Send, drive
from tests.stack import Stack
from tests.waits import WAIT_S

CONVERSATIONS = 200
LINES = 4  # each way
AT_ONCE = 5  # conversations that are lively at the same time, so that each has messages in a row
RATE = 40.0  # a second: twenty each way
PLACE = re.compile(r"[0-9a-f-]{36}/\d{4}-\d\d-\d\d/\d{8}T\d{6}\.\d{6}Z-[A-Za-z0-9_.-]+\.json")


@dataclass(frozen=True)
class Talk:
    """A customer and a company, and what they say to each other."""

    company: Company
    customer: str

    def text(self, who: str, number: int) -> str:
        return f"{who} {self.customer} line {number} · grüße 👋🏽"

    def texts(self, who: str) -> list[str]:
        return [self.text(who, number) for number in range(LINES)]


@dataclass(frozen=True)
class Outcome:
    """What came of all of it."""

    talks: list[Talk]
    whatsapp: dict[str, Conversation]
    genesys: dict[str, Conversation]
    began: Any  # the database's own time
    kept_before: int  # raw objects
    retried: int  # events that the connector delivered once more


def _sends(sandbox: Sandbox, talks: list[Talk]) -> list[Send]:
    """Both ways in turn; the conversations of one group take turns line by line."""
    sends: list[Send] = []
    for first in range(0, len(talks), AT_ONCE):
        group = talks[first : first + AT_ONCE]
        for number in range(LINES):
            for talk in group:
                sends.append(partial(_customer, sandbox, talk, number))
                sends.append(partial(_agent, sandbox, talk, number))
    return sends


def _customer(sandbox: Sandbox, talk: Talk, number: int) -> None:
    text = talk.text("customer", number)
    sandbox.customer_says(talk.company.phone_number_id, talk.customer, text, profile_name="Zoë")


def _agent(sandbox: Sandbox, talk: Talk, number: int) -> None:
    text = talk.text("agent", number)
    sandbox.agent_says(talk.company.integration_id, "+" + talk.customer, text)


def _settled(sandbox: Sandbox) -> bool:
    """Every message has arrived, and every status and receipt of it."""
    agents = CONVERSATIONS * LINES
    counters = sandbox.counters()
    return (
        counters.get("genesys_message_202", 0) >= agents
        and counters.get("graph_messages_200", 0) >= agents
        and counters.get("genesys_receipt_202", 0) >= agents
        and counters.get("webhooks_pending", 0) == 0
    )


@pytest.fixture(scope="module")
def outcome(stack: Stack, world: World) -> Outcome:
    """Play it once; each test asks one question of what came of it."""
    sandbox = stack.sandbox
    # What earlier tests left on its way would be counted here, or not, as it happens.
    sandbox.wait_for(lambda room: room.counters().get("webhooks_pending", 0) == 0, WAIT_S)
    sandbox.clear()
    began, kept_before = stack.query("select now()")[0][0], kept(stack)
    retried_before = _retried(stack)
    companies = world.companies
    talks = [
        Talk(companies[number % len(companies)], str(4_915_200_000_000 + number))
        for number in range(CONVERSATIONS)
    ]
    # A customer writes first, as on WhatsApp, so that the window is open for the agent.
    drive(_sends(sandbox, talks), RATE)
    sandbox.wait_for(_settled, WAIT_S)
    sandbox.wait_for(lambda _: _statuses_known(stack, talks), WAIT_S)
    return Outcome(
        talks,
        {thread.customer: thread for thread in sandbox.conversations(side="whatsapp")},
        {thread.customer: thread for thread in sandbox.conversations(side="genesys")},
        began,
        kept_before,
        _retried(stack) - retried_before,
    )


def _retried(stack: Stack) -> int:
    return stack.log_of("connector").count('"message":"retry"')


def _statuses_known(stack: Stack, talks: list[Talk]) -> bool:
    """The last status of each outbound message is written down."""
    found = stack.query(
        "select count(*) from message_tracking where direction = 'outbound' and status = 'read'"
        " and customer = any(:customers)",
        customers=[talk.customer for talk in talks],
    )
    return bool(found[0][0] >= CONVERSATIONS * LINES)


def test_everybody_wrote_every_line_once(outcome: Outcome) -> None:
    for talk in outcome.talks:
        customer, agent = outcome.whatsapp[talk.customer], outcome.genesys["+" + talk.customer]
        assert Counter(customer.texts("written")) == Counter(talk.texts("customer"))
        assert Counter(agent.texts("written")) == Counter(talk.texts("agent"))


def test_agents_saw_every_line_once_and_in_the_order_written(outcome: Outcome) -> None:
    for talk in outcome.talks:
        customer, agent = outcome.whatsapp[talk.customer], outcome.genesys["+" + talk.customer]
        assert agent.texts("got") == customer.texts("written")


def test_customers_saw_every_line_once_and_in_the_order_written(outcome: Outcome) -> None:
    for talk in outcome.talks:
        customer, agent = outcome.whatsapp[talk.customer], outcome.genesys["+" + talk.customer]
        assert customer.texts("got") == agent.texts("written")


def test_every_answer_is_told_as_delivered_and_as_nothing_else(outcome: Outcome) -> None:
    """Once each; the same one again only where an event was tried again."""
    again = 0
    for talk in outcome.talks:
        written = [
            m for m in outcome.genesys["+" + talk.customer].messages if m.direction == "written"
        ]
        receipts = [{event["status"] for event in message.events} for message in written]
        assert receipts == [{"Delivered"}] * LINES
        again += sum(len(message.events) - 1 for message in written)
    assert again <= outcome.retried


def test_nobody_saw_a_line_of_another_company(outcome: Outcome) -> None:
    for talk in outcome.talks:
        assert outcome.genesys["+" + talk.customer].line == talk.company.integration_id
        assert outcome.whatsapp[talk.customer].line == talk.company.phone_number_id


def test_every_message_is_tracked_with_its_final_status(outcome: Outcome, stack: Stack) -> None:
    rows = stack.query(
        "select direction, state::text, status::text, count(*) from message_tracking"
        " where customer = any(:customers) group by 1, 2, 3",
        customers=[talk.customer for talk in outcome.talks],
    )
    total = CONVERSATIONS * LINES
    assert sorted(rows) == [
        ["inbound", "done", "accepted", total],
        ["outbound", "done", "read", total],
    ]


def test_each_tracked_message_names_its_conversation(outcome: Outcome, stack: Stack) -> None:
    rows = stack.query(
        "select customer, count(distinct conversation_id) from message_tracking"
        " where customer = any(:customers) and direction = 'inbound' group by 1",
        customers=[talk.customer for talk in outcome.talks],
    )
    assert len(rows) == CONVERSATIONS
    assert {count for _, count in rows} == {1}


@pytest.mark.parametrize(
    ("direction", "bucket"),
    [("inbound", "webhooks-inbound"), ("outbound", "webhooks-outbound")],
)
def test_every_raw_webhook_is_in_its_bucket_under_its_tenant(
    outcome: Outcome, stack: Stack, direction: str, bucket: str
) -> None:
    rows = stack.query(
        "select tenant_id::text, source_id, raw_ref from message_tracking"
        " where direction = :direction and customer = any(:customers)",
        direction=direction,
        customers=[talk.customer for talk in outcome.talks],
    )
    store = stack.s3()
    assert len(rows) == CONVERSATIONS * LINES
    for tenant_id, source_id, raw_ref in rows:
        place = raw_ref.removeprefix(bucket + "/")
        assert PLACE.fullmatch(place), raw_ref
        assert place.startswith(tenant_id)
        answer = store.get_object(bucket, place)
        body = json.loads(answer.read())
        answer.close()
        answer.release_conn()
        assert source_id in set(_strings(body))


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return list(chain.from_iterable(map(_strings, value.values())))
    if isinstance(value, list):
        return list(chain.from_iterable(map(_strings, value)))
    return [value] if isinstance(value, str) else []


def test_every_webhook_was_kept_statuses_too(outcome: Outcome, stack: Stack) -> None:
    taken = stack.sandbox.counters()["webhooks_delivered"]
    # Each message, each answer, and three statuses of each answer.
    assert taken >= 5 * CONVERSATIONS * LINES
    assert kept(stack) - outcome.kept_before >= taken


def kept(stack: Stack) -> int:
    """How many raw webhooks the object store holds."""
    store, buckets = stack.s3(), ("webhooks-inbound", "webhooks-outbound")
    return sum(1 for bucket in buckets for _ in store.list_objects(bucket, recursive=True))


def test_nothing_is_left_parked_or_was_dead_lettered(outcome: Outcome, stack: Stack) -> None:
    dead = "select reason_code, reason from dead_letters where last_seen >= :began"
    assert stack.query(dead, began=outcome.began) == []
    assert stack.query("select queue, reason from parked") == []
