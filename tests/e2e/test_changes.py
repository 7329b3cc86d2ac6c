"""What Meta tells beside messages: each field answered, counted and kept, none of it sent on."""

from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from local.demo.world import World
from local.sandbox.client import Sent
from local.sandbox.graph.accounts import FIELDS
from tests.e2e.lines import Line, opened
from tests.stack import Stack
from tests.waits import WAIT_S

# Field -> event, severity and the note's first words; nothing for what is kept in its own place.
Note = tuple[str | None, str, str]
EXPECTED: dict[str, Note | None] = {
    "message_template_status_update": ("APPROVED", "info", "approved: template order_update"),
    "message_template_quality_update": ("YELLOW", "warning", "yellow: template order_update"),
    "message_template_components_update": (None, "info", "template order_update (en_US)"),
    "template_category_update": ("CHANGED", "warning", "changed: template order_update"),
    "phone_number_quality_update": ("THROUGHPUT_UPGRADE", "info", "throughput upgrade: number"),
    "phone_number_name_update": ("APPROVED", "info", "approved: number"),
    "account_update": ("VERIFIED_ACCOUNT", "info", "verified account"),
    "account_review_update": ("APPROVED", "info", "approved"),
    "account_alerts": ("CRITICAL", "alarm", "critical: oba approved"),
    "business_capability_update": (None, "info", "max daily conversations per business 2000"),
    "business_username_update": ("approved", "info", "approved: number"),
    "security": ("PIN_CHANGED", "warning", "pin changed: number"),
    "flows": ("FLOW_STATUS_CHANGE", "info", "flow status change"),
    "partner_solutions": ("SOLUTION_CREATED", "info", "solution created"),
    "account_settings_update": ("settings_changed", "info", "settings changed"),
    "messaging_handovers": (None, "info", "messaging_handovers"),
    "consumer_profile": (None, "info", "consumer_profile"),
    "tracking_events": (None, "info", "tracking_events"),
    "automatic_events": (None, "info", "automatic_events"),
    "new_field": (None, "info", "a field that is not known here"),
    "errors": ("error", "warning", "Rate limit hit"),
    "user_id_update": None,
    "user_preferences": None,
    "smb_message_echoes": None,
    "message_echoes": None,
    "history": None,
    "smb_app_state_sync": (None, "info", "contacts to add: 1"),
    "calls": ("connect", "warning", "connect: 1 in this change"),
    "group_lifecycle_update": ("group_create", "info", "group create: 1"),
    "group_settings_update": ("group_settings_update", "info", "group settings update: 1"),
    "group_participants_update": ("group_participants_add", "info", "group participants add: 1"),
    "group_participant_update": ("group_participants_add", "info", "group participants add: 1"),
    "group_status_update": ("group_suspend", "info", "group suspend: 1"),
}
COUNTED_AS = {"new_field": "other", "errors": "messages"}
CUSTOMER = "4915112345678"  # of whom the sandbox's changes speak
OFFER = {
    "name": "offer",
    "language": "en_US",
    "body": "Ten percent off.",
    "category": "MARKETING",
}


@pytest.fixture(scope="module")
def line(stack: Stack, world: World) -> Line:
    return opened(stack, world, "changes", templates=[OFFER])[0]


def tells(line: Line, field: str, **fields: Any) -> Sent:
    return line.sandbox.meta_change(line.company.phone_number_id, field, wait=True, **fields)


def counted(line: Line) -> dict[str, float]:
    """Changes by field, as inbound-transform counts them."""
    page = requests.get(
        line.stack.variables["INBOUND_TRANSFORM_URL"] + "/metrics", timeout=WAIT_S
    ).text
    return {
        sample.labels["field"]: sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == "parley_meta_changes_total"
    }


@pytest.fixture(scope="module")
def before(line: Line) -> dict[str, float]:
    return counted(line)


@pytest.fixture(scope="module")
def told(line: Line, before: dict[str, float]) -> dict[str, Sent]:
    """One change of each field, all of them taken."""
    assert before is not None
    return {field: tells(line, field) for field in EXPECTED}


def test_each_field_of_the_sandbox_is_here() -> None:
    assert list(EXPECTED) == list(FIELDS)


@pytest.mark.parametrize("field", EXPECTED)
def test_each_field_is_answered_and_counted(
    line: Line, before: dict[str, float], told: dict[str, Sent], field: str
) -> None:
    assert [one["status"] for one in told[field].webhook["attempts"]] == [200]
    name = COUNTED_AS.get(field, field)
    line.wait(lambda: counted(line).get(name, 0) == before.get(name, 0) + 1)


def notes(line: Line, field: str) -> list[Note]:
    query = (
        "select event, severity, value ->> 'what' from notices"
        " where tenant_id = :tenant and field = :field"
    )
    return [tuple(row) for row in line.rows(query, field=field)]


@pytest.mark.parametrize("field", EXPECTED)
def test_each_field_leaves_the_note_that_the_page_says(
    line: Line, told: dict[str, Sent], field: str
) -> None:
    expected, name = EXPECTED[field], "messages" if field == "errors" else field
    assert told[field].webhook["state"] == "delivered"
    if expected is None:
        assert notes(line, name) == []
        return
    [(event, severity, words)] = line.wait(lambda: notes(line, name))
    assert (event, severity, words[: len(expected[2])]) == expected
    assert CUSTOMER not in words


def past(line: Line) -> list[tuple[str, str | None]]:
    """Messages that are kept and were never delivered, in their order: who wrote, and what."""
    query = (
        "select t.direction, e.content ->> 'text' from message_tracking t"
        " join message_events e using (tenant_id, tracking_id)"
        " where t.tenant_id = :tenant and t.state = 'recorded' and t.kind = 'text'"
        " and e.content is not null"
        " order by t.occurred_at, 1"
    )
    return [tuple(row) for row in line.rows(query)]


def test_echoes_and_history_are_kept(line: Line, told: dict[str, Sent]) -> None:
    assert told["history"].webhook["state"] == "delivered"
    assert line.wait(lambda: len(past(line)) >= 5)
    assert past(line) == [
        ("inbound", "old message 0"),
        ("outbound", "old message 1"),
        ("inbound", "old message 2"),
        ("outbound", "Answered from the phone"),
        ("outbound", "Answered from the phone"),
    ]


def test_none_of_it_is_sent_to_an_agent_or_a_customer(line: Line, told: dict[str, Sent]) -> None:
    """What the customer writes afterwards is the first that the agent sees."""
    [echo] = told["smb_message_echoes"].ids
    line.wait(lambda: len(past(line)) >= 5)
    line.customer(CUSTOMER, "text", text="Now to you", reply_to=echo)
    [shown] = line.shown(CUSTOMER)
    assert shown.text == "> Answered from the phone\nNow to you"
    assert [talk.customer for talk in line.everyone("genesys")] == [f"+{CUSTOMER}"]
    assert line.at_customer(CUSTOMER) == []


def test_an_echo_of_what_we_sent_is_not_a_second_message(line: Line) -> None:
    who = "4915600000001"
    line.greets(who)
    line.agent(who, "text", text="Ours")
    [got] = line.sent(who)
    tells(line, "message_echoes", id=got.id, to=who, text="Ours")
    tells(line, "message_echoes", to=who, text="From the phone")
    line.wait(lambda: ("outbound", "From the phone") in past(line))
    assert ("outbound", "Ours") not in past(line)
    assert [one.text for one in line.at_customer(who)] == ["Ours"]
    assert [one.text for one in line.at_agent(who)] == ["Hello"]


def test_a_change_that_meta_repeats_is_noted_once(line: Line) -> None:
    match = {"name": "change", "phone_number_id": line.company.phone_number_id}
    line.sandbox.fault("graph", "duplicate", match=match, copies=2, count=1)
    tells(line, "account_update", event="DISABLED_UPDATE")
    tells(line, "account_update", event="ACCOUNT_VIOLATION")
    line.wait(lambda: line.sandbox.counters().get("webhooks_pending", 0) == 0)

    def found() -> set[tuple[str | None, str]]:
        return {(event, severity) for event, severity, _ in notes(line, "account_update")}

    alarms = {("DISABLED_UPDATE", "alarm"), ("ACCOUNT_VIOLATION", "alarm")}
    line.wait(lambda: alarms <= found())
    assert len(notes(line, "account_update")) == len(found())


def test_who_wants_no_marketing_gets_none_and_the_agent_is_told(line: Line) -> None:
    who = "4915600000002"
    line.greets(who)
    tells(line, "user_preferences", wa_id=who, value="stop")
    query = "select category, value from opt_outs where tenant_id = :tenant and customer = :who"
    assert line.wait(lambda: line.rows(query, who=who)) == [["marketing_messages", "stop"]]
    offer = {"template_id": "shop@offer", "language": "en_US", "text": "Ten percent off."}
    sent = line.agent(who, "notification", options=None, parameters=[], **offer)
    assert line.failure(who, sent.id)[0] == "RecipientOptedOut"
    tells(line, "user_preferences", wa_id=who, value="resume")
    line.wait(lambda: line.rows(query, who=who) == [["marketing_messages", "resume"]])


def test_nothing_is_left_over(line: Line, told: dict[str, Sent]) -> None:
    assert len(told) == len(FIELDS)
    line.nothing_is_left()
