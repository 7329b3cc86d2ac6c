"""What the doors make of a body that is theirs: whose, in which order, told once."""

from typing import Any

import pytest

from shared.messaging.envelope import Event
from shared.messaging.topology import (
    INBOUND_WHATSAPP_MESSAGES,
    INBOUND_WHATSAPP_STATUSES,
    OUTBOUND_GENESYS_MESSAGES,
)
from tests.doors.house import House, text
from tests.moments import unix_at

BSUID = "DE.13491208655302741918"


def customers(events: list[Event]) -> list[str]:
    return [event.partitionkey.rpartition(":")[2] for event in events]


def test_a_body_told_twice_has_the_same_events(house: House) -> None:
    company = house.tenant()
    status = {"id": "wamid.1", "status": "sent", "timestamp": unix_at(), "recipient_id": "491"}
    raw = company.meta_body(text("one"), text("two"), statuses=[status])
    for _ in range(2):
        assert company.meta(raw).status_code == 200
    messages = [event.id for event in house.queued(INBOUND_WHATSAPP_MESSAGES)]
    statuses = [event.id for event in house.queued(INBOUND_WHATSAPP_STATUSES)]
    assert (len(messages), messages[:2]) == (4, messages[2:])
    assert (len(statuses), len(set(statuses))) == (2, 1)
    assert house.stored("webhooks-inbound", company.id) == [raw, raw]


def test_an_agent_s_message_told_twice_has_the_same_event(house: House) -> None:
    company = house.tenant()
    raw = company.agent_body()
    for _ in range(2):
        assert company.agent(raw).status_code == 200
    first, second = house.queued(OUTBOUND_GENESYS_MESSAGES)
    assert (first.id, first.partitionkey) == (second.id, second.partitionkey)


def test_messages_of_one_body_stay_in_order(house: House) -> None:
    company = house.tenant()
    raw = company.meta_body(*(text(f"{number:03d}") for number in range(50)))
    assert company.meta(raw).status_code == 200
    told = [
        event.data["message"]["text"]["body"] for event in house.queued(INBOUND_WHATSAPP_MESSAGES)
    ]
    assert told == [f"{number:03d}" for number in range(50)]


def test_who_wrote_decides_the_order_that_is_kept(house: House) -> None:
    """With or without his number a person is on one line, where anything names his user id."""
    company = house.tenant()
    people = [{"wa_id": "491", "user_id": BSUID}]
    items = [
        text(**{"from": "491"}),
        text(**{"from": "491", "from_user_id": BSUID}),
        text(**{"from": "", "from_user_id": BSUID}),
        text(**{"from": "+491", "from_user_id": BSUID}),
        text(**{"from": BSUID}),
    ]
    assert company.meta(company.meta_body(*items, contacts=people)).status_code == 200
    assert customers(house.queued(INBOUND_WHATSAPP_MESSAGES)) == [BSUID] * 5


def test_a_customer_without_a_user_id_has_the_line_of_his_number(house: House) -> None:
    company = house.tenant()
    raw = company.meta_body(text(**{"from": "491"}), text(**{"from": "+491"}))
    assert company.meta(raw).status_code == 200
    assert customers(house.queued(INBOUND_WHATSAPP_MESSAGES)) == ["491"] * 2


def test_the_statuses_of_a_person_are_on_his_line(house: House) -> None:
    company = house.tenant()
    status = {"id": "wamid.1", "status": "sent", "timestamp": unix_at(), "recipient_id": "491"}
    both = status | {"recipient_user_id": BSUID}
    assert company.meta(company.meta_body(statuses=[status, both])).status_code == 200
    assert customers(house.queued(INBOUND_WHATSAPP_STATUSES)) == ["491", BSUID]


@pytest.mark.parametrize("what", ["tenant", "channel"])
def test_a_suspended_tenant_s_agent_is_refused_and_the_bytes_are_kept(
    house: House, what: str
) -> None:
    company = house.tenant(**_suspended(what))
    raw = company.agent_body()
    answer = company.agent(raw)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert house.queued(OUTBOUND_GENESYS_MESSAGES) == []
    assert house.stored("webhooks-outbound", company.id) == [raw]


def test_or_told_by_a_receipt_where_the_channel_says_so(house: House) -> None:
    suspended = {"status": "suspended", "channel": {"options": {"suspended_answer": "receipt"}}}
    company = house.tenant(**suspended)
    assert company.agent(company.agent_body()).status_code == 200
    [event] = house.queued(OUTBOUND_GENESYS_MESSAGES)
    assert event.data["suspended"] is True


@pytest.mark.parametrize("what", ["tenant", "channel"])
def test_a_suspended_tenant_s_customer_is_kept_and_not_shown(house: House, what: str) -> None:
    company = house.tenant(**_suspended(what))
    raw = company.meta_body(text())
    assert company.meta(raw).status_code == 200
    assert house.queued(INBOUND_WHATSAPP_MESSAGES) == []
    assert house.stored("webhooks-inbound", company.id) == [raw]


def _suspended(what: str) -> dict[str, Any]:
    return {"status": "suspended"} if what == "tenant" else {"channel": {"status": "suspended"}}


def test_one_app_can_not_speak_for_another_s_number(house: House) -> None:
    company, victim = house.tenant(), house.tenant()
    raw = victim.meta_body(text("forged"))
    app = company.file["apps"][0]["app"]
    assert company.meta(raw, path=f"/webhook/meta/{app}").status_code == 200
    assert house.queued(INBOUND_WHATSAPP_MESSAGES) == []
    assert house.stored("webhooks-inbound", victim.id) == []
    assert company.meta(raw).status_code == 401


def test_one_integration_can_not_speak_for_another(house: House) -> None:
    company, victim = house.tenant(), house.tenant()
    assert company.agent(victim.agent_body("forged")).status_code == 401
    mixed = company.agent_body(integrationId=victim.channel["integration_id"])
    assert company.agent(mixed).status_code == 200
    [event] = house.queued(OUTBOUND_GENESYS_MESSAGES)
    assert event.tenantid == company.id


ODD = {
    "no id": {"id": None},
    "an id of any length": {"id": "x" * 5000},
    "an id with a line break": {"id": "a\nb"},
    "an address of any length": {"to": "9" * 5000},
}


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_an_odd_body_of_genesys_is_taken(house: House, change: dict[str, Any]) -> None:
    company = house.tenant()
    channel = {"id": company.channel["integration_id"], "to": {"id": change.get("to", "+491511")}}
    raw = company.agent_body(channel=channel, id=change.get("id", "m1"))
    for _ in range(2):
        assert company.agent(raw).status_code == 200
    first, second = house.queued(OUTBOUND_GENESYS_MESSAGES)
    assert first.id == second.id


def test_what_came_in_three_megabytes_goes_on(house: House) -> None:
    company = house.tenant()
    raw = company.meta_body(text(ballast="x" * (3 * 1024 * 1024 - 2000)))
    assert company.meta(raw).status_code == 200
    [event] = house.queued(INBOUND_WHATSAPP_MESSAGES)
    assert len(event.encode()) > 3 * 1024 * 1024 - 2000
