"""An agent's message goes to who is meant, or to nobody; its receipt to where it was sent."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.messaging.envelope import Event
from shared.runtime.clock import rfc3339, utcnow
from tests.transform_functions.played import PNG
from tests.transform_functions.stage import Stage, Tenant, hours_ago, outcome

SOMEBODY = "DE.22291208655302741922"
TEMPLATE = {"fallback_template": {"name": "we_answered", "language": "en_US", "parameters": []}}


def number_goes_to_another(stage: Stage, tenant: Tenant) -> None:
    """A customer is known by number alone, and then the number is of somebody else."""
    assert outcome(stage.inbound, tenant.customer_writes()) == "delivered"
    tenant.desk.hear("of-somebody", None, SOMEBODY)
    at = rfc3339(utcnow() + timedelta(seconds=2))
    linked = tenant.desk.link({"bsuid": SOMEBODY}, {"wa_id": tenant.number}, at=at)
    assert linked == SOMEBODY


ANSWERS: dict[str, Callable[[Tenant], Event]] = {
    "text": Tenant.agent_writes,
    "file": lambda tenant: tenant.agent_sends(PNG),
    "template": lambda tenant: tenant.agent_writes(options=TEMPLATE),
    "conversation": lambda tenant: tenant.agent_writes(to={}, message={"conversationId": "conv-1"}),
    "old": lambda tenant: tenant.agent_writes(time=hours_ago(5)),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=list(ANSWERS))
def test_nothing_goes_to_a_number_that_is_somebody_else_s_now(
    stage: Stage, tenant: Tenant, answer: Callable[[Tenant], Event]
) -> None:
    number_goes_to_another(stage, tenant)
    event = answer(tenant)
    assert outcome(stage.outbound, event) == "refused"
    assert outcome(stage.outbound, event) == "duplicate"
    assert (tenant.at_meta(), stage.meta.uploads) == ([], [])
    [receipt] = tenant.receipts()
    assert (receipt["id"], receipt["status"]) == (event.subject, "Failed")
    [reason] = receipt["reasons"]
    assert reason["code"] == "InvalidDestination"
    assert "somebody else" in reason["message"]


def test_who_has_the_number_now_is_reached_by_their_own_name(stage: Stage, tenant: Tenant) -> None:
    number_goes_to_another(stage, tenant)
    event = tenant.agent_writes(to={"id": SOMEBODY, "idType": "Opaque"})
    assert outcome(stage.outbound, event) == "delivered"
    assert tenant.at_meta()[0]["to"] == tenant.number
