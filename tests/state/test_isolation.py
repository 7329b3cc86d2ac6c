"""No tenant sees or moves anything of another, through any table or any function."""

from typing import Any

import pytest

from shared.runtime.errors import Conflict, NotFound, Unavailable
from shared.services.callback import callback_data
from tests.state.desk import Desk, accepted

TABLES = (
    "customers",
    "identities",
    "conversation_mappings",
    "message_tracking",
    "message_events",
    "waiting_statuses",
    "opt_outs",
    "notices",
)


@pytest.fixture
def full(desk: Desk) -> Desk:
    """A tenant with a row in every table."""
    claim = desk.claim("m1", direction="inbound", wa_id="491701", bsuid="DE.7")
    desk.complete(
        claim,
        accepted(1, "g1"),
        source_id="m1",
        direction="inbound",
        conversation_id="conv-shared",
    )
    desk.sent("wamid.1", "m2", conversation_id="conv-shared")
    desk.status("wamid.waiting", "sent")
    desk.runner.run(desk.people.prefer(desk.preference(wa_id="491701")))
    desk.runner.run(desk.people.notice(desk.noted()))
    assert all(desk.rows(f"select 1 as one from {table}") for table in TABLES)
    return desk


@pytest.fixture
def other(full: Desk) -> Desk:
    """Another tenant, even with the same channel id."""
    other = full.other()
    other.channel_id = full.channel_id
    return other


@pytest.mark.parametrize("table", TABLES)
def test_a_table_shows_nothing_of_others(other: Desk, table: str) -> None:
    assert other.rows(f"select * from {table}") == []


@pytest.mark.parametrize("table", TABLES)
def test_without_a_tenant_a_table_is_empty(full: Desk, table: str) -> None:
    """On a fresh session, and on one that has worked for a tenant before."""
    for _ in range(8):
        assert full.runner.run(full.database.rows(f"select * from {table}")) == []


@pytest.mark.parametrize(
    "table", ["customers", "identities", "conversation_mappings", "message_tracking", "opt_outs"]
)
def test_nothing_of_others_can_be_changed(full: Desk, other: Desk, table: str) -> None:
    changed = f"update {table} set customer = 'mine' returning customer"
    assert other.rows(changed) == []
    assert full.rows(changed) != []


def test_a_row_cannot_be_written_for_others(full: Desk, other: Desk) -> None:
    insert = (
        "insert into waiting_statuses (tenant_id, message_id, status, occurred_at)"
        " values (:tenant, 'w', 'sent', now())"
    )
    with pytest.raises(Unavailable, match="42501"):
        other.rows(insert, tenant=full.tenant_id)


def test_a_row_cannot_be_given_to_others(full: Desk, other: Desk) -> None:
    with pytest.raises(Unavailable, match="42501"):
        full.rows("update identities set tenant_id = :tenant", tenant=other.tenant_id)


@pytest.mark.parametrize("message_id", ["m1", "m2", "g1", "wamid.1"])
def test_messages_of_others_are_not_found(other: Desk, message_id: str) -> None:
    with pytest.raises(NotFound):
        other.message(message_id)


def test_conversations_of_others_are_not_found(full: Desk, other: Desk) -> None:
    full.conversation("conv-shared")
    with pytest.raises(NotFound):
        other.conversation("conv-shared")
    assert other.history("conv-shared").messages == []


def test_a_status_does_not_move_a_message_of_others(full: Desk, other: Desk) -> None:
    tracking_id = callback_data(full.message("wamid.1").tracking_id, 1)
    assert not other.status("wamid.1", "read", tracking_id=tracking_id).known
    assert full.message("wamid.1").parts[0].status == "accepted"


def test_claims_of_others_cannot_be_completed_released_or_confirmed(
    full: Desk, other: Desk
) -> None:
    claim = full.claim("m3")
    with pytest.raises(Conflict):
        other.complete(claim, accepted(1, "wamid.3"), source_id="m3")
    assert not other.release(claim, "m3")
    full.complete(claim, accepted(1, "wamid.3"), source_id="m3")
    assert not other.confirm("Delivered", "m3")


def test_customers_of_others_are_strangers(other: Desk) -> None:
    claim = other.claim("m9", direction="inbound", customer="DE.7", bsuid="DE.7")
    assert (claim.customer, claim.conversation_id) == ("DE.7", None)


def test_facts_about_people_of_others_stay_with_them(full: Desk, other: Desk) -> None:
    with pytest.raises(NotFound):
        other.customer("491701")
    assert other.link({"bsuid": "DE.7"}, {"wa_id": "491799"}) == "491799"
    assert other.record({"source_id": "wamid.1"}) == (1, 0)
    assert not other.undelivered("g1").known
    assert other.runner.run(other.people.prefer(other.preference(bsuid="DE.7")))["changed"]
    assert other.runner.run(other.people.notice(other.noted()))["new"]
    assert full.customer("DE.7").wa_id == "491701"
    assert full.message("wamid.1").source_id == "m2"


def test_waiting_statuses_of_others_are_not_picked_up(full: Desk, other: Desk) -> None:
    other.sent("wamid.waiting")
    assert other.message("wamid.waiting").parts[0].status == "accepted"
    full.sent("wamid.waiting")
    found: Any = full.message("wamid.waiting").parts[0].status
    assert found == "sent"
