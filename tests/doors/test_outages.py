"""What the doors say while a server behind them is away: yes only when everything is kept."""

from uuid import uuid4

import pytest
import requests

from shared.messaging.envelope import EventType
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES, OUTBOUND_GENESYS_MESSAGES
from tests.doors.house import Company, House, text
from tests.support import wait_until
from tests.waits import WAIT_S

DOORS = ["meta", "genesys"]
EXCHANGES = {"meta": INBOUND_WHATSAPP_MESSAGES, "genesys": OUTBOUND_GENESYS_MESSAGES}
BUCKETS = {"meta": "webhooks-inbound", "genesys": "webhooks-outbound"}


def body_for(company: Company, door: str) -> bytes:
    return company.meta_body(text()) if door == "meta" else company.agent_body()


def post(company: Company, door: str, raw: bytes | None = None) -> requests.Response:
    raw = raw or body_for(company, door)
    return company.meta(raw) if door == "meta" else company.agent(raw)


def taken(company: Company, door: str) -> bool:
    return post(company, door).status_code == 200


@pytest.mark.parametrize("door", DOORS)
def test_a_tenant_that_nobody_can_name_now_must_be_asked_for_again(house: House, door: str) -> None:
    company = house.tenant()
    raw = body_for(company, door)
    with house.to_tenancy.cut():
        answer = post(company, door, raw)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert post(company, door, raw).status_code == 200
    assert len(house.queued(EXCHANGES[door])) == 1


@pytest.mark.parametrize("door", DOORS)
def test_a_tenant_that_is_known_goes_on_without_the_directory(house: House, door: str) -> None:
    company = house.tenant()
    assert taken(company, door)
    with house.to_tenancy.cut():
        assert taken(company, door)
    assert len(house.queued(EXCHANGES[door])) == 2


@pytest.mark.parametrize("door", DOORS)
def test_a_frozen_redis_is_not_waited_for(house: House, door: str) -> None:
    company = house.tenant()
    with house.to_redis.frozen():
        for _ in range(3):
            assert taken(company, door)
    assert len(house.queued(EXCHANGES[door])) == 3


@pytest.mark.parametrize("door", DOORS)
def test_without_s3_the_bytes_travel_until_it_is_back(house: House, door: str) -> None:
    company = house.tenant()
    raw = body_for(company, door)
    with house.to_s3.cut():
        assert post(company, door, raw).status_code == 200
    assert house.stored(BUCKETS[door], company.id) == []
    events = {event.type: event for event in house.queued(EXCHANGES[door])}
    carrier = events.pop(EventType.RAW)
    assert len(events) == 1
    [told] = events.values()
    assert (told.data["raw"]["bucket"], told.data["raw"]["key"]) == (
        carrier.data["bucket"],
        carrier.data["key"],
    )
    assert house.raw_keeper.post("/", carrier.encode()).status_code == 200
    assert house.stored(BUCKETS[door], company.id) == [raw]


def test_a_frozen_s3_is_not_waited_for(house: House) -> None:
    company = house.tenant()
    assert taken(company, "genesys")
    with house.to_s3.frozen():
        assert taken(company, "genesys")


def test_a_door_is_ready_while_anything_durable_takes_events(house: House) -> None:
    company = house.tenant()
    assert taken(company, "meta")
    ready = f"{house.whatsapp.url}/readyz"
    with house.to_tenancy.cut(), house.to_s3.cut(), house.to_redis.cut():
        assert requests.get(ready, timeout=WAIT_S).status_code == 200
        with house.to_broker.cut():
            assert requests.get(ready, timeout=WAIT_S).status_code == 200
            with house.to_state.cut():
                assert requests.get(ready, timeout=WAIT_S).status_code == 503
    wait_until(lambda: requests.get(ready, timeout=WAIT_S).status_code == 200)


def test_no_line_of_the_log_quotes_a_message(house: House) -> None:
    company, secret = house.tenant(), f"private {uuid4().hex}"
    raw = company.meta_body(text(secret))
    with house.to_s3.cut():
        assert company.meta(raw).status_code == 200
    with house.to_tenancy.cut():
        house.tenant().meta(raw)
    assert secret not in house.whatsapp.logged()
    assert "4915112345678" not in house.whatsapp.logged()
