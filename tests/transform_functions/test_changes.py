"""What Meta tells beside messages is written down once, and sent to nobody."""

import time
from typing import Any
from uuid import uuid4

import pytest

from shared.messaging.envelope import Event
from tests.transform_functions.stage import (
    META_TAKES,
    Stage,
    Tenant,
    meta_gives,
    outcome,
    refusal,
    without,
)

BSUID, NEW_BSUID = "DE.13491208655302741918", "DE.99991208655302741999"


def soon() -> str:
    """A moment after all that the test has done so far, in whole seconds."""
    return str(int(time.time()) + 2)


def noted(stage: Stage, tenant: Tenant, field: str, value: dict[str, Any]) -> Event:
    """The event of a change that was written down, twice told."""
    event = tenant.meta_changes(field, value)
    for _ in range(2):
        assert outcome(stage.inbound, event) == "noted"
    assert (tenant.at_genesys(), tenant.at_meta(), tenant.told()) == ([], [], [])
    return event


def echo(tenant: Tenant, text: str = "from my phone", **changes: Any) -> dict[str, Any]:
    """A message that the business wrote on its own phone."""
    item = {
        "from": "15550783881",
        "to": tenant.number,
        "id": f"wamid.{uuid4().hex}",
        "timestamp": soon(),
        "type": "text",
        "text": {"body": text},
    }
    return item | changes


def test_what_the_business_wrote_elsewhere_is_history(stage: Stage, tenant: Tenant) -> None:
    assert outcome(stage.inbound, tenant.customer_writes("hello")) == "delivered"
    stage.reset()
    noted(stage, tenant, "smb_message_echoes", {"message_echoes": [echo(tenant)]})
    shown = [
        (one.direction, (one.content or {})["text"])
        for one in tenant.desk.history("conv-1").messages
    ]
    assert sorted(shown) == [("inbound", "hello"), ("outbound", "from my phone")]


def test_an_echo_of_our_own_message_is_not_told_twice(stage: Stage, tenant: Tenant) -> None:
    wamid = f"wamid.{uuid4().hex}"
    assert outcome(stage.inbound, tenant.customer_writes("hello")) == "delivered"
    stage.meta.play(meta_gives(wamid))
    assert outcome(stage.outbound, tenant.agent_writes("good day")) == "delivered"
    stage.reset()
    noted(stage, tenant, "message_echoes", {"message_echoes": [echo(tenant, id=wamid)]})
    texts = [(one.content or {})["text"] for one in tenant.desk.history("conv-1").messages]
    assert sorted(texts) == ["good day", "hello"]


def test_an_imported_history_is_kept_whole(stage: Stage, tenant: Tenant) -> None:
    past = [
        {
            "from": tenant.number if number % 2 else "15550783881",
            "id": f"wamid.{uuid4().hex}",
            "timestamp": str(int(soon()) - 1000 + number),
            "type": "text",
            "text": {"body": f"line {number}"},
            "history_context": {"status": "READ"},
        }
        for number in range(450)
    ]
    value = {
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": "1"},
        "history": [{"threads": [{"id": tenant.number, "messages": past}]}],
    }
    noted(stage, tenant, "history", value)
    rows = tenant.desk.rows("select direction, state from message_tracking")
    assert len(rows) == len(past)
    assert {row["state"] for row in rows} == {"recorded"}


def test_history_that_is_not_shared_is_a_notice(stage: Stage, tenant: Tenant) -> None:
    errors = [{"code": 2593109, "title": "History sharing is turned off"}]
    noted(stage, tenant, "history", {"history": [{"errors": errors}]})
    assert len(tenant.desk.rows("select field from notices")) == 1


def test_a_new_user_id_is_the_same_person(stage: Stage, tenant: Tenant) -> None:
    person = {"from": None, "from_user_id": BSUID}
    card = {"wa_id": None, "user_id": BSUID}
    assert outcome(stage.inbound, tenant.customer_writes(message=person, contact=card)) == (
        "delivered"
    )
    update = {"user_id": {"previous": BSUID, "current": NEW_BSUID}, "timestamp": soon()}
    event = tenant.meta_changes("user_id_update", {"user_id_update": [update]})
    assert outcome(stage.inbound, event) == "noted"
    new = {"from": None, "from_user_id": NEW_BSUID}
    again = tenant.customer_writes(message=new, contact={"wa_id": None, "user_id": NEW_BSUID})
    assert outcome(stage.inbound, again) == "delivered"
    assert {one["channel"]["from"]["id"] for one in tenant.at_genesys()} == {BSUID}
    stage.meta.play(META_TAKES)
    answer = tenant.agent_writes(to={"id": BSUID, "idType": "Opaque"})
    assert outcome(stage.outbound, answer) == "delivered"
    assert tenant.at_meta()[0]["recipient"] == NEW_BSUID


def test_a_new_number_is_the_same_person_and_is_shown(stage: Stage, tenant: Tenant) -> None:
    assert outcome(stage.inbound, tenant.customer_writes()) == "delivered"
    new = f"{tenant.number}9"
    words = f"Ann changed from {tenant.number} to {new}"
    system = {"type": "user_changed_number", "body": words, "wa_id": new}
    told = tenant.customer_writes(message={"type": "system", "text": None, "system": system})
    assert outcome(stage.inbound, told) == "delivered"
    assert outcome(stage.inbound, told) == "duplicate"
    later = tenant.customer_writes(message={"from": new}, contact={"wa_id": new})
    assert outcome(stage.inbound, later) == "delivered"
    assert len(tenant.at_genesys()) == 3
    assert {one["channel"]["from"]["id"] for one in tenant.at_genesys()} == {f"+{tenant.number}"}
    assert outcome(stage.outbound, tenant.agent_writes()) == "delivered"
    assert tenant.at_meta()[0]["to"] == new


def test_who_wants_no_marketing_is_written_down(stage: Stage, tenant: Tenant) -> None:
    wish = {
        "wa_id": tenant.number,
        "detail": "User requested to stop marketing messages",
        "category": "marketing_messages",
        "value": "stop",
        "timestamp": soon(),
    }
    noted(stage, tenant, "user_preferences", {"user_preferences": [wish]})
    [row] = tenant.desk.rows("select customer, category, value from opt_outs")
    assert row == {"customer": tenant.number, "category": "marketing_messages", "value": "stop"}


def test_news_of_an_account_is_kept_whole_and_once(stage: Stage, tenant: Tenant) -> None:
    value = {
        "event": "DISABLED",
        "message_template_id": 12345,
        "message_template_name": "welcome",
        "message_template_language": "en_US",
        "reason": "ABUSIVE_CONTENT",
    }
    event = tenant.meta_changes("message_template_status_update", value)
    data = {name: event.data[name] for name in ("field", "value", "waba_id", "received_at", "raw")}
    of_account = event.model_copy(update={"channelid": None, "data": data})
    for _ in range(2):
        assert outcome(stage.inbound, of_account) == "noted"
    [row] = tenant.desk.rows("select field, event, severity, channel_id, value from notices")
    assert (row["field"], row["event"]) == ("message_template_status_update", "DISABLED")
    assert (row["channel_id"], row["severity"]) == (None, "alarm")
    assert row["value"]["value"] == value
    lines = [line for line in stage.inbound.logged().splitlines() if '"meta_says"' in line]
    [line] = [line for line in lines if "welcome" in line]
    assert '"ERROR"' in line


@pytest.mark.parametrize("field", ["calls", "a_field_of_next_year", "f" * 700])
def test_what_nobody_knows_is_a_notice_without_its_words(
    stage: Stage, tenant: Tenant, field: str
) -> None:
    noted(stage, tenant, field, {"from": tenant.number, "secret": "words of a customer"})
    [row] = tenant.desk.rows("select field, value::text as value from notices")
    assert row["field"] == field[:64] or field.startswith(row["field"][:60])
    assert tenant.number not in row["value"]
    assert "words of a customer" not in row["value"]


@pytest.mark.parametrize(
    "value",
    [{"message_echoes": 7}, {"message_echoes": [None, {}, "x", {"id": []}]}, {}],
    ids=range(3),
)
def test_a_change_that_makes_no_sense_is_told(
    stage: Stage, tenant: Tenant, value: dict[str, Any]
) -> None:
    noted(stage, tenant, "smb_message_echoes", value)
    assert len(tenant.desk.rows("select field from notices")) == 1


def test_echoes_without_a_channel_are_a_dead_letter(stage: Stage, tenant: Tenant) -> None:
    event = tenant.meta_changes("smb_message_echoes", {"message_echoes": [echo(tenant)]})
    status, words = refusal(stage.inbound, event.model_copy(update={"channelid": None}))
    assert (status, "channel_id" in words) == (422, True)


@pytest.mark.parametrize("member", ["received_at"])
def test_a_change_that_does_not_say_when_is_a_dead_letter(
    stage: Stage, tenant: Tenant, member: str
) -> None:
    event = tenant.meta_changes("account_update", {"event": "X"})
    status, words = refusal(stage.inbound, without(event, "data", member))
    assert (status, member in words) == (422, True)
