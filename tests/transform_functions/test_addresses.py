"""Who is meant: an agent's message reaches them or nobody, its receipt the address it came with."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.messaging.envelope import Event
from shared.runtime.clock import rfc3339, utcnow
from tests.delivery.provider import reply
from tests.transform_functions.played import PNG
from tests.transform_functions.stage import (
    Stage,
    Tenant,
    hours_ago,
    meta_gives,
    meta_refuses,
    outcome,
)

SOMEBODY, OTHER = "DE.22291208655302741922", "DE.33391208655302741933"
BY_ID = {"from": None, "from_user_id": SOMEBODY}
ID_CARD = {"wa_id": None, "user_id": SOMEBODY}
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


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"id": "+{} {}", "idType": "Phone"}, {"id": "+{} {}", "idType": "Phone"}),
        ({"id": "00{}-{}"}, {"id": "00{}-{}", "idType": "Phone"}),
        ({"id": "{}{}", "idType": "Opaque"}, {"id": "{}{}", "idType": "Opaque"}),
        ({"id": "+{}{}"}, {"id": "+{}{}", "idType": "Phone"}),
    ],
)
def test_a_receipt_goes_to_the_address_that_the_webhook_named(
    stage: Stage, tenant: Tenant, written: dict[str, str], told: dict[str, str]
) -> None:
    halves = tenant.number[:5], tenant.number[5:]
    wamid = f"wamid.{tenant.number}"
    stage.meta.play(meta_gives(wamid))
    event = tenant.agent_writes(to=written | {"id": written["id"].format(*halves)})
    assert outcome(stage.outbound, event) == "delivered"
    assert outcome(stage.inbound, tenant.meta_tells(wamid, "delivered")) == "changed"
    assert tenant.at_meta()[0]["to"] == tenant.number
    [receipt] = tenant.receipts()
    assert receipt["channel"]["to"] == told | {"id": told["id"].format(*halves)}


def test_a_receipt_after_two_names_became_one_goes_to_the_one_that_was_written(
    stage: Stage, tenant: Tenant
) -> None:
    assert outcome(stage.inbound, tenant.customer_writes()) == "delivered"
    stage.genesys.play(reply(200, {"id": "g-other", "conversationId": "conv-2"}))
    apart = tenant.customer_writes(message=BY_ID, contact=ID_CARD)
    assert outcome(stage.inbound, apart) == "delivered"
    both = tenant.customer_writes(message={"from_user_id": SOMEBODY}, contact={"user_id": SOMEBODY})
    assert outcome(stage.inbound, both) == "delivered"
    assert tenant.desk.customer(tenant.number).customer == SOMEBODY
    stage.meta.play(meta_refuses(131026))
    assert outcome(stage.outbound, tenant.agent_writes()) == "refused"
    [receipt] = tenant.receipts()
    assert receipt["channel"]["to"] == {"id": f"+{tenant.number}", "idType": "Phone"}


@pytest.mark.parametrize("id_", ["call me maybe", "٣٤" * 100, "x" * 512, "+1"])
def test_a_refusal_of_an_address_goes_back_to_that_very_address(
    stage: Stage, tenant: Tenant, id_: str
) -> None:
    to = {"id": id_, "idType": "Phone"}
    assert outcome(stage.outbound, tenant.agent_writes(to=to)) == "refused"
    assert [receipt["channel"]["to"] for receipt in tenant.receipts()] == [to]


def facts(tenant: Tenant) -> dict[str, str]:
    """What an Architect flow is told of the addresses of whoever wrote last."""
    attributes = tenant.at_genesys()[-1]["channel"]["metadata"]["customAttributes"]
    return {name: attributes[name] for name in ("wa_id", "wa_bsuid") if name in attributes}


def test_a_flow_is_told_the_number_also_of_one_who_is_known_by_user_id(
    stage: Stage, tenant: Tenant
) -> None:
    first = tenant.customer_writes(message=BY_ID, contact=ID_CARD)
    assert outcome(stage.inbound, first) == "delivered"
    assert facts(tenant) == {"wa_bsuid": SOMEBODY}
    both = tenant.customer_writes(message={"from_user_id": SOMEBODY}, contact={"user_id": SOMEBODY})
    for event in (both, tenant.customer_writes(message=BY_ID, contact=ID_CARD)):
        assert outcome(stage.inbound, event) == "delivered"
        assert tenant.at_genesys()[-1]["channel"]["from"]["id"] == SOMEBODY
        assert facts(tenant) == {"wa_id": tenant.number, "wa_bsuid": SOMEBODY}


def test_a_flow_is_not_told_a_number_that_is_somebody_else_s_now(
    stage: Stage, tenant: Tenant
) -> None:
    both = tenant.customer_writes(message={"from_user_id": OTHER}, contact={"user_id": OTHER})
    assert outcome(stage.inbound, both) == "delivered"
    number_goes_to_another(stage, tenant)
    by_id = {"from": None, "from_user_id": OTHER}
    later = tenant.customer_writes(message=by_id, contact={"wa_id": None, "user_id": OTHER})
    assert outcome(stage.inbound, later) == "delivered"
    assert tenant.at_genesys()[-1]["channel"]["from"]["id"] == f"+{tenant.number}"
    assert facts(tenant) == {"wa_bsuid": OTHER}


def test_a_late_file_tells_a_flow_the_same(stage: Stage, tenant: Tenant) -> None:
    first = tenant.customer_writes(message=BY_ID, contact=ID_CARD)
    assert outcome(stage.inbound, first) == "delivered"
    stage.meta.trouble = reply(500, {})
    card = {"user_id": SOMEBODY}
    photo = tenant.customer_sends(message={"from_user_id": SOMEBODY}, contact=card)
    assert outcome(stage.inbound, photo) == "delivered"
    stage.meta.trouble = None
    [file] = stage.asked_for()
    assert outcome(stage.inbound, file) == "delivered"
    assert facts(tenant) == {"wa_id": tenant.number, "wa_bsuid": SOMEBODY}
