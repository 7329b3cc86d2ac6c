"""Statuses in whatever order: one state, and one receipt that Genesys is told for good."""

from typing import cast
from uuid import uuid4

import pytest

from shared.messaging.envelope import Event
from shared.whatsapp.codes import CODES
from tests.transform_functions.stage import (
    GENESYS_AWAY,
    GENESYS_TAKES,
    Stage,
    Tenant,
    again_in,
    meta_gives,
    outcome,
    post,
)

# What Meta tells, in the order it comes; how the message ends; what Genesys hears of it.
STORIES = [
    ("sent", "sent", []),
    ("sent delivered read", "read", ["Delivered"]),
    ("delivered sent", "delivered", ["Delivered"]),
    ("read delivered sent", "read", ["Delivered"]),
    ("sent sent delivered delivered read read", "read", ["Delivered"]),
    ("read", "read", ["Delivered"]),
    ("sent failed", "failed", ["Failed"]),
    ("failed sent", "failed", ["Failed"]),
    ("failed failed", "failed", ["Failed"]),
    ("delivered failed", "delivered", ["Delivered"]),
    ("sent delivered failed", "delivered", ["Delivered"]),
]


def told(tenant: Tenant, wamid: str, story: str) -> list[Event]:
    """The events of a story."""
    error = {"failed": {"code": 131026}}
    return [tenant.meta_tells(wamid, word, **error.get(word, {})) for word in story.split()]


def sent(stage: Stage, tenant: Tenant) -> tuple[str, Event]:
    """A message, and the id that Meta will give it."""
    wamid = f"wamid.{uuid4().hex}"
    stage.meta.play(meta_gives(wamid))
    return wamid, tenant.agent_writes()


@pytest.mark.parametrize(("story", "end", "receipts"), STORIES)
def test_statuses_after_their_message(
    stage: Stage, tenant: Tenant, story: str, end: str, receipts: list[str]
) -> None:
    wamid, event = sent(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    for status in told(tenant, wamid, story):
        assert outcome(stage.inbound, status) in ("changed", "known")
    assert tenant.desk.message(wamid).parts[0].status == end
    assert tenant.told() == receipts


@pytest.mark.parametrize(("story", "end", "receipts"), STORIES)
def test_statuses_that_came_together(
    stage: Stage, tenant: Tenant, story: str, end: str, receipts: list[str]
) -> None:
    """As the door makes one event of those in one body."""
    wamid, event = sent(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    *others, last = told(tenant, wamid, story)
    earlier = [{"status": "unheard of"}, *(one.data["status"] for one in others)]
    together = last.model_copy(update={"data": {**last.data, "earlier": earlier}})
    assert outcome(stage.inbound, together) == "changed"
    assert tenant.desk.message(wamid).parts[0].status == end
    assert tenant.told() == receipts[-1:]


@pytest.mark.parametrize(("story", "end", "receipts"), STORIES)
def test_statuses_before_their_message(
    stage: Stage, tenant: Tenant, story: str, end: str, receipts: list[str]
) -> None:
    wamid, event = sent(stage, tenant)
    for status in told(tenant, wamid, story):
        assert outcome(stage.inbound, status) == "waiting"
    assert outcome(stage.outbound, event) == "delivered"
    assert tenant.desk.message(wamid).parts[0].status == end
    assert tenant.told() == receipts


def test_a_message_that_arrives_after_its_failure_was_told_stays_told(
    stage: Stage, tenant: Tenant
) -> None:
    wamid, event = sent(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    for status in told(tenant, wamid, "failed delivered"):
        assert outcome(stage.inbound, status) == "changed"
    assert tenant.desk.message(wamid).parts[0].status == "delivered"
    assert tenant.told() == ["Failed"]


def test_a_failure_says_why_in_words(stage: Stage, tenant: Tenant) -> None:
    wamid, event = sent(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    [status] = told(tenant, wamid, "failed")
    assert outcome(stage.inbound, status) == "changed"
    [receipt] = tenant.receipts()
    assert (receipt["id"], receipt["channel"]["to"]["id"]) == (event.subject, f"+{tenant.number}")
    [reason] = receipt["reasons"]
    assert reason["code"] == "InvalidDestination"
    assert reason["message"] == CODES[131026].agent


def settles(stage: Stage, status: Event) -> str | None:
    """The event that the answer to a status names; it may wait to learn its fate."""
    return cast("str | None", post(stage.inbound, status).json()["settles"])


def test_the_answer_names_the_event_of_the_message_whatever_id_names_the_customer(
    stage: Stage, tenant: Tenant
) -> None:
    wamid, event = sent(stage, tenant)
    [early] = told(tenant, wamid, "sent")
    assert settles(stage, early) is None, "nobody waits yet"
    assert outcome(stage.outbound, event) == "delivered"
    by_number, by_user_id = told(tenant, wamid, "delivered read")
    del by_user_id.data["status"]["recipient_id"]
    by_user_id.data["status"]["recipient_user_id"] = "DE.1234567890"
    for status in (by_number, by_number, by_user_id):
        assert settles(stage, status) == event.id
    assert settles(stage, tenant.meta_tells(wamid, "unheard of")) is None


def test_a_receipt_waits_until_genesys_is_back(stage: Stage, tenant: Tenant) -> None:
    wamid, event = sent(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    stage.genesys.play(GENESYS_AWAY, GENESYS_TAKES)
    [status] = told(tenant, wamid, "delivered")
    assert again_in(stage.inbound, status) == "7"
    assert outcome(stage.inbound, status) == "known"
    assert outcome(stage.inbound, status) == "known"
    assert tenant.told() == ["Delivered", "Delivered"]  # the first was turned away


def test_a_status_of_another_tenant_s_message_changes_nothing(stage: Stage, tenant: Tenant) -> None:
    wamid, event = sent(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    mark = tenant.at_meta()[0]["biz_opaque_callback_data"]
    other = Tenant(stage, tenant.desk.other(), tenant.number)
    assert outcome(stage.inbound, other.meta_tells(wamid, "read", tracking_id=mark)) == "waiting"
    assert tenant.desk.message(wamid).parts[0].status == "accepted"
    assert tenant.told() == []


@pytest.mark.parametrize("word", ["warning", "deleted", "accepted", "x" * 300])
def test_a_word_that_we_do_not_know_is_left(stage: Stage, tenant: Tenant, word: str) -> None:
    assert outcome(stage.inbound, tenant.meta_tells("wamid.1", word)) == "ignored"


@pytest.mark.parametrize("word", ["failed", "pending", "delivered", "captured"])
def test_a_payment_s_status_is_none_of_its_message_s(
    stage: Stage, tenant: Tenant, word: str
) -> None:
    """In an event of before the door told them apart, alone and beside the message's own."""
    wamid, event = sent(stage, tenant)
    assert outcome(stage.outbound, event) == "delivered"
    assert outcome(stage.inbound, tenant.meta_tells(wamid, "sent")) == "changed"
    payment = tenant.meta_tells(wamid, word)
    payment.data["status"] |= {"type": "payment", "payment": {"reference_id": "order-1"}}
    assert outcome(stage.inbound, payment) == "ignored"
    assert tenant.desk.message(wamid).parts[0].status == "sent"
    assert tenant.told() == []
    own = tenant.meta_tells(wamid, "delivered")
    together = own.model_copy(update={"data": own.data | {"earlier": [payment.data["status"]]}})
    assert outcome(stage.inbound, together) == "changed"
    assert tenant.desk.message(wamid).parts[0].status == "delivered"
    assert tenant.told() == ["Delivered"]
