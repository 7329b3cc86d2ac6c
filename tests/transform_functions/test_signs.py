"""What Genesys posts beside messages: typing is shown while it is fresh, failures are written."""

from typing import Any
from uuid import uuid4

import pytest

from shared.messaging.envelope import Event
from shared.runtime.clock import utcnow
from tests.delivery.provider import hang, reply
from tests.transform_functions.stage import (
    GENESYS_TAKES,
    META_TAKES,
    Stage,
    Tenant,
    hours_ago,
    meta_refuses,
    outcome,
)

MARKED = reply(200, {"success": True})


def types(tenant: Tenant, **changes: Any) -> Event:
    """The event of an agent's typing."""
    typing = {"eventType": "Typing", "typing": {"type": "On", "duration": 5000}}
    message = {"type": "Event", "text": None, "events": [typing]} | changes.pop("message", {})
    return tenant.agent_writes(message=message, **changes)


def wrote(stage: Stage, tenant: Tenant) -> str:
    event = tenant.customer_writes()
    assert outcome(stage.inbound, event) == "delivered"
    stage.meta.play(MARKED)
    return str(event.subject)


def test_typing_marks_the_last_message_as_read(stage: Stage, tenant: Tenant) -> None:
    wamid = wrote(stage, tenant)
    assert outcome(stage.outbound, types(tenant)) == "typing"
    [mark] = tenant.at_meta()
    assert (mark["status"], mark["message_id"]) == ("read", wamid)
    assert mark["typing_indicator"] == {"type": "text"}


@pytest.mark.parametrize("reply_", [meta_refuses(131009), reply(503), hang], ids=range(3))
def test_typing_that_can_not_be_shown_is_dropped(stage: Stage, tenant: Tenant, reply_: Any) -> None:
    wrote(stage, tenant)
    stage.meta.play(reply_)
    begun = utcnow()
    assert outcome(stage.outbound, types(tenant)) == "ignored"
    assert (utcnow() - begun).total_seconds() < 15
    stage.meta.play(META_TAKES)
    assert outcome(stage.outbound, tenant.agent_writes()) == "delivered"


def test_typing_is_not_shown_when_it_is_old(stage: Stage, tenant: Tenant) -> None:
    wrote(stage, tenant)
    assert outcome(stage.outbound, types(tenant, time=hours_ago(0.01))) == "ignored"
    assert tenant.at_meta() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"options": {"typing": False}},
        {"data": {"suspended": True}},
        {"to": {}},
        {"message": {"events": [{"eventType": "Typing", "typing": {"type": "Off"}}]}},
        {"message": {"events": [{"eventType": "Presence", "presence": {"type": "Join"}}]}},
        {"message": {"events": "text"}},
    ],
    ids=["option", "suspended", "nobody", "off", "presence", "nonsense"],
)
def test_some_signs_are_left(stage: Stage, tenant: Tenant, changes: dict[str, Any]) -> None:
    wrote(stage, tenant)
    assert outcome(stage.outbound, types(tenant, **changes)) == "ignored"
    assert tenant.at_meta() == []


def test_a_customer_who_never_wrote_has_nothing_to_mark(stage: Stage, tenant: Tenant) -> None:
    stage.meta.play(MARKED)
    assert outcome(stage.outbound, types(tenant)) == "ignored"
    assert tenant.at_meta() == []


def failed(tenant: Tenant, id_: str, **changes: Any) -> Event:
    """Genesys says that it could not show the agent a message of ours."""
    message = {
        "id": id_,
        "type": "Receipt",
        "direction": "Inbound",
        "text": None,
        "status": "Failed",
        "reasons": [{"code": "MediaTypeNotAllowed", "message": "The file is not allowed"}],
        "isFinalReceipt": True,
    }
    return tenant.agent_writes(message=message | changes)


def test_a_message_that_genesys_failed_later_is_marked_once(stage: Stage, tenant: Tenant) -> None:
    id_ = uuid4().hex
    stage.genesys.play(reply(200, {"id": id_, "conversationId": "conv-1"}))
    event = tenant.customer_writes()
    assert outcome(stage.inbound, event) == "delivered"
    receipt = failed(tenant, id_)
    assert outcome(stage.outbound, receipt) == "marked"
    assert outcome(stage.outbound, receipt) == "known"
    [part] = tenant.desk.message(str(event.subject)).parts
    assert (part.error or {})["provider_code"] == "MediaTypeNotAllowed"
    assert (tenant.at_meta(), tenant.told()) == ([], [])


def test_a_failure_that_comes_before_its_message_waits(stage: Stage, tenant: Tenant) -> None:
    id_ = uuid4().hex
    assert outcome(stage.outbound, failed(tenant, id_)) == "waiting"
    stage.genesys.play(reply(200, {"id": id_, "conversationId": "conv-1"}))
    event = tenant.customer_writes()
    assert outcome(stage.inbound, event) == "delivered"
    assert tenant.desk.message(str(event.subject)).parts[0].error is not None


@pytest.mark.parametrize(
    "changes",
    [{"status": "Published"}, {"status": "Delivered"}, {"status": None}, {"reasons": "x"}],
    ids=["published", "delivered", "none", "nonsense"],
)
def test_receipts_that_tell_nothing_are_left(
    stage: Stage, tenant: Tenant, changes: dict[str, Any]
) -> None:
    stage.genesys.play(GENESYS_TAKES)
    answer = outcome(stage.outbound, failed(tenant, uuid4().hex, **changes))
    assert answer == ("waiting" if "reasons" in changes else "ignored")
