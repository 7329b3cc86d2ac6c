"""Outside 24 hours of the customer's last words only templates go; the agent is told otherwise."""

import time
from typing import Any
from uuid import uuid4

import pytest

from tests.transform_functions.played import PNG
from tests.transform_functions.stage import (
    META_TAKES,
    Stage,
    Tenant,
    meta_refuses,
    outcome,
)

CLOSED = meta_refuses(131047)
OPTIONS = {
    "fallback_template": {
        "name": "we_answered",
        "language": "en_US",
        "parameters": ["Acme", "{text}"],
    }
}
HOUR = 3600.0


def wrote(stage: Stage, tenant: Tenant, ago: float) -> None:
    """The customer wrote so many seconds ago."""
    event = tenant.customer_writes(message={"timestamp": str(int(time.time() - ago))})
    assert outcome(stage.inbound, event) == "delivered"


def reason(tenant: Tenant) -> str:
    [receipt] = tenant.receipts()
    assert receipt["status"] == "Failed"
    return str(receipt["reasons"][0]["code"])


def template(body: dict[str, Any]) -> tuple[str, list[str]]:
    """Its name and what fills it."""
    [component] = body["template"]["components"]
    return body["template"]["name"], [one["text"] for one in component["parameters"]]


@pytest.mark.parametrize("ago", [60.0, 23 * HOUR, 23.9 * HOUR])
def test_inside_the_window_everything_goes(stage: Stage, tenant: Tenant, ago: float) -> None:
    wrote(stage, tenant, ago)
    assert outcome(stage.outbound, tenant.agent_writes(options=OPTIONS)) == "delivered"
    assert tenant.at_meta()[0]["type"] == "text"


@pytest.mark.parametrize("ago", [24 * HOUR - 60, 25 * HOUR, 1000 * HOUR])
def test_outside_it_the_agent_is_told(stage: Stage, tenant: Tenant, ago: float) -> None:
    wrote(stage, tenant, ago)
    event = tenant.agent_writes()
    assert outcome(stage.outbound, event) == "refused"
    assert outcome(stage.outbound, event) == "duplicate"
    assert (tenant.at_meta(), reason(tenant)) == ([], "MessageExpired")
    assert "24 hours" in tenant.receipts()[0]["reasons"][0]["message"]


def test_or_the_tenant_s_template_goes(stage: Stage, tenant: Tenant) -> None:
    wrote(stage, tenant, 25 * HOUR)
    event = tenant.agent_writes("your box\nis here", options=OPTIONS)
    assert outcome(stage.outbound, event) == "delivered"
    assert outcome(stage.outbound, event) == "duplicate"
    [sent] = tenant.at_meta()
    assert template(sent) == ("we_answered", ["Acme", "your box is here"])
    assert sent["biz_opaque_callback_data"].endswith(":1")
    assert tenant.told() == []


def test_a_long_text_goes_in_several_templates(stage: Stage, tenant: Tenant) -> None:
    wrote(stage, tenant, 25 * HOUR)
    words = " ".join(f"sentence{number}." for number in range(100))
    event = tenant.agent_writes(words, options=OPTIONS)
    assert outcome(stage.outbound, event) == "delivered"
    assert outcome(stage.outbound, event) == "duplicate"
    sent = tenant.at_meta()
    assert len(sent) > 1
    assert " ".join(template(one)[1][1] for one in sent) == words
    marks = [one["biz_opaque_callback_data"].rpartition(":")[2] for one in sent]
    assert marks == [str(number) for number in range(1, len(sent) + 1)]
    assert tenant.told() == []


def test_what_no_template_holds_is_told_to_the_agent(stage: Stage, tenant: Tenant) -> None:
    wrote(stage, tenant, 25 * HOUR)
    words = " ".join(f"sentence{number}." for number in range(400))
    assert outcome(stage.outbound, tenant.agent_writes(words, options=OPTIONS)) == "partly"
    assert len(tenant.at_meta()) == 5
    assert reason(tenant) == "MessageExpired"
    assert "without its last" in tenant.receipts()[0]["reasons"][0]["message"]


def test_a_late_old_message_does_not_close_the_window(stage: Stage, tenant: Tenant) -> None:
    wrote(stage, tenant, 60)
    wrote(stage, tenant, 30 * HOUR)
    assert outcome(stage.outbound, tenant.agent_writes()) == "delivered"


def test_a_customer_of_whom_nothing_is_known_is_tried(stage: Stage, tenant: Tenant) -> None:
    assert outcome(stage.outbound, tenant.agent_writes(options=OPTIONS)) == "delivered"
    assert tenant.at_meta()[0]["type"] == "text"


@pytest.mark.parametrize("options", [{}, OPTIONS], ids=["none", "template"])
def test_meta_s_word_counts_where_our_clock_is_wrong(
    stage: Stage, tenant: Tenant, options: dict[str, Any]
) -> None:
    stage.meta.play(CLOSED, META_TAKES)
    event = tenant.agent_writes("your box", options=options)
    if not options:
        assert outcome(stage.outbound, event) == "refused"
        assert reason(tenant) == "MessageExpired"
        return
    assert outcome(stage.outbound, event) == "delivered"
    refused, sent = tenant.at_meta()
    assert (refused["type"], template(sent)[1]) == ("text", ["Acme", "your box"])
    assert tenant.told() == []


def test_the_window_may_close_between_two_parts(stage: Stage, tenant: Tenant) -> None:
    stage.meta.play(META_TAKES, CLOSED, META_TAKES)
    event = tenant.agent_writes("word " * 1000, options=OPTIONS)
    assert outcome(stage.outbound, event) == "delivered"
    kinds = [sent["type"] for sent in tenant.at_meta()]
    marks = [sent["biz_opaque_callback_data"].rpartition(":")[2] for sent in tenant.at_meta()]
    assert (kinds, marks) == (["text", "text", "template", "template"], ["1", "2", "2", "3"])
    free, _, *rest = tenant.at_meta()
    words = free["text"]["body"].split() + " ".join(template(one)[1][1] for one in rest).split()
    assert words == ["word"] * 1000


def test_a_template_that_meta_refuses_too_is_told(stage: Stage, tenant: Tenant) -> None:
    wrote(stage, tenant, 25 * HOUR)
    stage.meta.play(meta_refuses(132001))
    assert outcome(stage.outbound, tenant.agent_writes(options=OPTIONS)) == "refused"
    assert len(tenant.at_meta()) == 1
    assert tenant.told() == ["Failed"]


def test_a_template_goes_at_any_time(stage: Stage, tenant: Tenant) -> None:
    wrote(stage, tenant, 25 * HOUR)
    named = {
        "contentType": "Notification",
        "template": {
            "id": "namespace@box_is_here",
            "language": "en_US",
            "body": {"text": "Dear {{1}}", "parameters": [{"name": "1", "text": "Ann"}]},
        },
    }
    event = tenant.agent_writes("Dear Ann", message={"type": "Structured", "content": [named]})
    assert outcome(stage.outbound, event) == "delivered"
    [sent] = tenant.at_meta()
    assert (sent["type"], sent["template"]["name"]) == ("template", "box_is_here")


def test_a_template_takes_the_words_and_the_agent_hears_of_the_file(
    stage: Stage, tenant: Tenant
) -> None:
    wrote(stage, tenant, 25 * HOUR)
    event = tenant.agent_sends(PNG, "your box", options=OPTIONS)
    assert outcome(stage.outbound, event) == "partly"
    [sent] = tenant.at_meta()
    assert template(sent) == ("we_answered", ["Acme", "your box"])
    assert reason(tenant) == "MessageExpired"
    assert stage.meta.uploads == []


def test_a_file_alone_does_not_go_as_a_template(stage: Stage, tenant: Tenant) -> None:
    wrote(stage, tenant, 25 * HOUR)
    assert outcome(stage.outbound, tenant.agent_sends(PNG, options=OPTIONS)) == "refused"
    assert (tenant.at_meta(), reason(tenant)) == ([], "MessageExpired")


def test_a_reaction_does_not_open_the_window(stage: Stage, tenant: Tenant) -> None:
    """UNSURE at Meta: counted as no (contracts/meta.md g)."""
    wrote(stage, tenant, 25 * HOUR)
    reaction = {"message_id": f"wamid.{uuid4().hex}", "emoji": "👍"}
    message = {"type": "reaction", "text": None, "reaction": reaction}
    assert outcome(stage.inbound, tenant.customer_writes(message=message)) == "delivered"
    assert outcome(stage.outbound, tenant.agent_writes()) == "refused"


def called(stage: Stage, tenant: Tenant, **changes: Any) -> None:
    """Meta tells of a call, twice."""
    call = {"id": f"wacid.{uuid4().hex}", "from": tenant.number, "to": "15550783881"}
    call |= {"event": "connect", "timestamp": str(int(time.time()) + 2)}
    metadata = {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"}
    value = {"metadata": metadata, "calls": [call | changes]}
    event = tenant.meta_changes("calls", value)
    assert [outcome(stage.inbound, event) for _ in range(2)] == ["noted", "noted"]


def test_a_customer_s_call_opens_the_window(stage: Stage, tenant: Tenant) -> None:
    wrote(stage, tenant, 30 * HOUR)
    called(stage, tenant)
    assert outcome(stage.outbound, tenant.agent_writes("you called?")) == "delivered"
    assert tenant.at_meta()[0]["text"]["body"] == "you called?"
    lines = [(one.content or {})["text"] for one in tenant.desk.history("conv-1").messages]
    assert sorted(lines) == ["[the customer called]", "hello", "you called?"]
    [row] = tenant.desk.rows("select field, severity from notices")
    assert row == {"field": "calls", "severity": "warning"}


@pytest.mark.parametrize(
    "changes",
    [
        {"event": "terminate"},
        {"direction": "BUSINESS_INITIATED"},
        {"from": "15550783881", "to": "15550001111"},
    ],
    ids=["terminate", "business", "from-us"],
)
def test_no_other_news_of_a_call_does(
    stage: Stage, tenant: Tenant, changes: dict[str, str]
) -> None:
    wrote(stage, tenant, 30 * HOUR)
    called(stage, tenant, **changes)
    assert outcome(stage.outbound, tenant.agent_writes()) == "refused"
    assert reason(tenant) == "MessageExpired"
    assert len(tenant.desk.rows("select field from notices")) == 1
