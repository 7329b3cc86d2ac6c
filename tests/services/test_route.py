"""What an event must say, and the error that names what it does not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.messaging.envelope import Event, EventType
from shared.runtime.errors import BadInput
from shared.services.events import item_of
from shared.services.route import Route

TENANT = "11111111-1111-4111-8111-111111111111"
CHANNEL = "33333333-3333-4333-8333-333333333333"
DATA: dict[str, Any] = {
    "phone_number_id": "106540352242922",
    "integration_id": "3f1c2d4e-aaaa-4000-8000-123456789abc",
    "region": "mypurecloud.de",
    "whatsapp_credential": "default",
    "genesys_credential": "default",
    "raw": {"bucket": "webhooks-inbound", "key": "a/b.json"},
    "received_at": "2026-11-23T12:00:00.000Z",
    "message": {"id": "wamid.1"},
}


def event(data: dict[str, Any], **changes: Any) -> Event:
    fields: dict[str, Any] = {
        "id": "e",
        "type": EventType.WHATSAPP_MESSAGE,
        "source": "/test",
        "time": datetime.now(UTC),
        "tenantid": TENANT,
        "channelid": CHANNEL,
        "partitionkey": "k",
        "data": data,
    }
    return Event.model_validate(fields | changes)


def test_it_tells_both_ends_of_a_channel() -> None:
    route = Route.of(event(DATA))
    assert (route.tenant_id, route.channel_id) == (TENANT, CHANNEL)
    assert route.raw_ref == "webhooks-inbound/a/b.json"
    assert route.received_at == datetime(2026, 11, 23, 12, tzinfo=UTC)
    whatsapp, genesys = route.to_whatsapp({"a": 1}), route.to_genesys({"b": 2})
    assert (whatsapp.phone_number_id, whatsapp.body) == (DATA["phone_number_id"], {"a": 1})
    assert (genesys.integration_id, genesys.region) == (DATA["integration_id"], DATA["region"])


def test_a_channels_own_limit_and_its_clients_go_with_its_messages() -> None:
    own = {"limits": {"messages_per_second": 20}, "genesys_credential": "default,second"}
    route = Route.of(event(DATA | own))
    assert route.to_whatsapp({"a": 1}).per_second == 20
    assert route.to_genesys({"b": 2}).credential == "default,second"
    assert Route.of(event(DATA)).to_whatsapp({"a": 1}).per_second is None


@pytest.mark.parametrize("name", sorted(set(DATA) - {"raw", "message"}))
def test_what_is_missing_is_named(name: str) -> None:
    with pytest.raises(BadInput, match=name):
        Route.of(event({key: value for key, value in DATA.items() if key != name}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phone_number_id", "../secret"),
        ("integration_id", "a/b"),
        ("whatsapp_credential", ""),
        ("received_at", "yesterday"),
        ("raw", {"bucket": 1}),
    ],
)
def test_what_is_no_such_thing_is_named_without_its_value(name: str, value: Any) -> None:
    with pytest.raises(BadInput, match=name) as refused:
        Route.of(event(DATA | {name: value}))
    assert "secret" not in str(refused.value)
    assert "yesterday" not in str(refused.value)


@pytest.mark.parametrize("name", ["tenantid", "channelid"])
def test_an_event_of_nobody_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match=name.removesuffix("id")):
        Route.of(event(DATA, **{name: None}))


def test_data_can_not_say_another_tenant() -> None:
    other = {"tenant_id": "22222222-2222-4222-8222-222222222222"}
    assert Route.of(event(DATA | other)).tenant_id == TENANT


def test_without_raw_bytes_there_is_no_reference() -> None:
    assert Route.of(event(DATA | {"raw": None})).raw_ref is None


@pytest.mark.parametrize("item", [None, {}, [], "text", 7])
def test_an_item_that_is_no_object_is_named(item: Any) -> None:
    with pytest.raises(BadInput, match="message"):
        item_of(event({"message": item}), "message")
    assert item_of(event(DATA), "message") == {"id": "wamid.1"}
