"""What Meta tells beside messages and statuses becomes events; nothing stops its neighbours."""

import json
from typing import Any

import pytest

from shared.messaging.envelope import Event, EventType
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES, INBOUND_WHATSAPP_STATUSES
from tests.doors.house import Company, House, text
from tests.moments import unix_at

# Fields of a number: their values say which.
OF_A_NUMBER: dict[str, dict[str, Any]] = {
    "smb_message_echoes": {"message_echoes": [{"id": "wamid.9", "from": "1", "to": "491"}]},
    "history": {"history": [{"threads": []}], "messages": [{"id": "wamid.8"}], "contacts": []},
    "user_id_update": {"user_id_update": [{"user_id": {"current": "DE.2"}}]},  # of nobody known
    "user_preferences": {"user_preferences": [{"wa_id": "491", "value": "stop"}]},
    "calls": {"calls": [{"id": "wacid.1", "event": "connect"}]},
    "a_field_of_next_year": {"anything": [1, "two", None]},
}
# Fields of an account: only the entry says whose.
OF_AN_ACCOUNT: dict[str, dict[str, Any]] = {
    "message_template_status_update": {"event": "PAUSED", "message_template_id": 12345},
    "phone_number_quality_update": {"display_phone_number": "+49 1", "event": "FLAGGED"},
    "account_update": {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}},
    "another_field_of_next_year": {},
}


def changed(
    company: Company, field: str | None, value: Any, *, numbered: bool, day: int = 0
) -> bytes:
    """A body with one change of one field."""
    if numbered:
        number = {"phone_number_id": company.channel["phone_number_id"]}
        value = {"messaging_product": "whatsapp", "metadata": number} | value
    change = {"field": field, "value": value}
    entry = {
        "id": company.channel["waba_id"],
        "time": int(unix_at(hours=24 * day)),
        "changes": [change],
    }
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def told(house: House, company: Company, raw: bytes) -> Event:
    """The one event that a body becomes."""
    assert company.meta(raw).status_code == 200
    assert house.queued(INBOUND_WHATSAPP_MESSAGES) == []
    [event] = house.queued(INBOUND_WHATSAPP_STATUSES)
    return event


@pytest.mark.parametrize("field", OF_A_NUMBER)
def test_a_change_of_a_number_goes_to_its_channel(house: House, field: str) -> None:
    company = house.tenant(channel={"options": {"typing": False}})
    event = told(house, company, changed(company, field, OF_A_NUMBER[field], numbered=True))
    assert (event.type, event.tenantid) == (EventType.WHATSAPP_CHANGE, company.id)
    assert event.channelid is not None
    assert event.data["field"] == field
    assert event.data["value"].items() >= OF_A_NUMBER[field].items()
    assert event.data["integration_id"] == company.channel["integration_id"]
    assert event.data["options"] == {"typing": False}


@pytest.mark.parametrize("field", OF_AN_ACCOUNT)
def test_a_change_of_an_account_goes_to_its_tenant(house: House, field: str) -> None:
    company = house.tenant()
    event = told(house, company, changed(company, field, OF_AN_ACCOUNT[field], numbered=False))
    assert (event.type, event.tenantid) == (EventType.WHATSAPP_CHANGE, company.id)
    assert (event.channelid, event.data["waba_id"]) == (None, company.channel["waba_id"])
    assert event.data["value"] == OF_AN_ACCOUNT[field]


def test_a_change_told_twice_has_one_id_and_another_has_another(house: House) -> None:
    company = house.tenant()
    paused = {"event": "PAUSED", "message_template_id": 1}
    for value in (paused, paused, paused | {"message_template_id": 2}):
        raw = changed(company, "message_template_status_update", value, numbered=False)
        assert company.meta(raw).status_code == 200
    first, again, other = house.queued(INBOUND_WHATSAPP_STATUSES)
    assert first.id == again.id != other.id
    assert first.partitionkey == again.partitionkey == other.partitionkey


def test_the_same_words_on_another_day_are_another_change(house: House) -> None:
    company, paused = house.tenant(), {"event": "PAUSED", "message_template_id": 1}
    for day in (-1, 0):
        raw = changed(company, "message_template_status_update", paused, numbered=False, day=day)
        assert company.meta(raw).status_code == 200
    first, second = house.queued(INBOUND_WHATSAPP_STATUSES)
    assert first.id != second.id
    assert (second.time - first.time).days == 1


def test_an_error_beside_messages_is_told_apart_from_them(house: House) -> None:
    company = house.tenant()
    errors = [{"code": 131000, "title": "Something went wrong"}]
    assert company.meta(company.meta_body(text("hello"), errors=errors)).status_code == 200
    [message] = house.queued(INBOUND_WHATSAPP_MESSAGES)
    [change] = house.queued(INBOUND_WHATSAPP_STATUSES)
    assert message.data["message"]["text"]["body"] == "hello"
    assert (change.data["field"], change.data["value"]["errors"]) == ("messages", errors)
    assert "hello" not in change.encode().decode()


def test_changes_without_an_owner_are_kept_and_not_told(house: House) -> None:
    company, other = house.tenant(), house.tenant()
    body = json.loads(changed(company, "account_update", {"event": "X"}, numbered=False))
    body["entry"] += json.loads(changed(other, "account_update", {}, numbered=False))["entry"]
    assert company.meta(json.dumps(body).encode()).status_code == 200
    [event] = house.queued(INBOUND_WHATSAPP_STATUSES)
    assert event.tenantid == company.id


@pytest.mark.parametrize("value", [None, [], "text", 7], ids=["null", "list", "text", "number"])
def test_a_change_that_is_none_is_taken(house: House, value: Any) -> None:
    company = house.tenant()
    body = json.loads(company.meta_body(text("beside it")))
    body["entry"][0]["changes"].insert(0, {"field": "account_update", "value": value})
    assert company.meta(json.dumps(body).encode()).status_code == 200
    [message] = house.queued(INBOUND_WHATSAPP_MESSAGES)
    assert message.data["message"]["text"]["body"] == "beside it"


def test_an_item_too_large_for_an_event_is_kept_and_its_neighbours_pass(house: House) -> None:
    """Numbers may grow when they are written anew: 1e15 has sixteen digits then."""
    company = house.tenant()
    # As many as are read, and as much beside them as makes it too large.
    mark, grown = "GROWS", "[" + ",".join(["1e15"] * 215_000) + f',"{"a" * 1_500_000}"]'
    plain = company.meta_body(text("before"), text("large", x=mark), text("after"))
    raw = plain.replace(f'"{mark}"'.encode(), grown.encode())
    assert company.meta(raw).status_code == 200
    queued = house.queued(INBOUND_WHATSAPP_MESSAGES)
    assert [one.data["message"]["text"]["body"] for one in queued] == ["before", "after"]
    assert house.stored("webhooks-inbound", company.id) == [raw]
    assert "item_not_an_event" in house.whatsapp.logged()


def test_a_suspended_tenant_s_changes_are_kept_and_not_told(house: House) -> None:
    company = house.tenant(status="suspended")
    raw = changed(company, "account_update", {"event": "X"}, numbered=False)
    assert company.meta(raw).status_code == 200
    assert house.queued(INBOUND_WHATSAPP_STATUSES) == []
    assert house.stored("webhooks-inbound", company.id) == [raw]


def test_a_status_of_a_payment_is_a_change_beside_its_message_s_status(house: House) -> None:
    company = house.tenant()
    told: dict[str, Any] = {"id": "wamid.1", "timestamp": unix_at(), "recipient_id": "491"}
    payment = told | {"type": "payment", "status": "failed", "payment": {"reference_id": "o-1"}}
    call, other = told | {"type": "call", "status": "RINGING"}, told | {"type": "x", "status": "a"}
    statuses = [payment, told | {"status": "failed", "type": "message"}, call, other]
    raw = changed(company, "messages", {"statuses": statuses}, numbered=True)
    for _ in range(2):
        assert company.meta(raw).status_code == 200
    found = house.queued(INBOUND_WHATSAPP_STATUSES)
    assert len({event.id for event in found}) == len(found) / 2 == 4
    of_message = [event for event in found if event.type == EventType.WHATSAPP_STATUS]
    assert [event.data["status"] for event in of_message] == [statuses[1]] * 2
    changes = {event.id: event for event in found if event.type == EventType.WHATSAPP_CHANGE}
    assert sorted(
        (one.data["field"], one.data["value"]["statuses"][0]["type"]) for one in changes.values()
    ) == [("calls", "call"), ("statuses", "payment"), ("statuses", "x")]
    assert all(event.channelid for event in changes.values())
