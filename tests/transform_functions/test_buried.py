"""A message that was given up is never sent, and its agent is told once."""

from shared.messaging.envelope import Event, EventType
from tests.delivery.provider import cut
from tests.transform_functions.stage import (
    GENESYS_AWAY,
    GENESYS_TAKES,
    META_TAKES,
    Stage,
    Tenant,
    again_in,
    outcome,
)


def given_up(event: Event, code: str = "attempts_exhausted") -> Event:
    changes = {
        "id": f"{event.id}:buried",
        "type": EventType.GENESYS_BURIED,
        "data": {**event.data, "buried": {"code": code}},
    }
    return event.model_copy(update=changes)


def test_its_agent_gets_one_failed_receipt_and_a_replay_sends_nothing(
    stage: Stage, tenant: Tenant
) -> None:
    event = tenant.agent_writes()
    assert outcome(stage.outbound, given_up(event, "too_old")) == "buried"
    assert outcome(stage.outbound, given_up(event, "too_old")) == "duplicate"
    assert outcome(stage.outbound, event) == "duplicate"
    assert tenant.at_meta() == []
    [receipt] = tenant.receipts()
    assert receipt["status"] == "Failed"
    assert "Send it again" in receipt["reasons"][0]["message"]
    assert tenant.desk.message(str(event.subject)).state == "refused"


def test_one_that_was_delivered_after_all_stays_delivered(stage: Stage, tenant: Tenant) -> None:
    event = tenant.agent_writes()
    assert outcome(stage.outbound, event) == "delivered"
    assert outcome(stage.outbound, given_up(event)) == "duplicate"
    assert len(tenant.at_meta()) == 1
    assert tenant.told() == []


def test_one_that_may_have_arrived_waits_for_its_status(stage: Stage, tenant: Tenant) -> None:
    event = tenant.agent_writes()
    stage.meta.play(cut)
    again_in(stage.outbound, event)
    again_in(stage.outbound, given_up(event))
    assert tenant.told() == []


def test_the_receipt_is_owed_until_genesys_takes_it(stage: Stage, tenant: Tenant) -> None:
    event = tenant.agent_writes()
    stage.genesys.play(GENESYS_AWAY)
    again_in(stage.outbound, given_up(event))
    stage.genesys.play(GENESYS_TAKES)
    assert outcome(stage.outbound, given_up(event)) == "duplicate"
    assert tenant.told()[-1] == "Failed"


def test_a_sign_of_typing_is_nothing_to_tell_of(stage: Stage, tenant: Tenant) -> None:
    stage.meta.play(META_TAKES)
    event = tenant.agent_writes(message={"type": "Event", "text": None})
    assert outcome(stage.outbound, given_up(event)) == "ignored"
    assert tenant.told() == []
