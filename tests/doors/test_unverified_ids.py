"""Ids found in the bytes choose the secret alone; whose a body is, its signature and parser say."""

from __future__ import annotations

import json

import pytest

from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES, OUTBOUND_GENESYS_MESSAGES
from tests.doors.house import Company, House, text


@pytest.fixture
def company(house: House) -> Company:
    return house.tenant()


@pytest.fixture
def victim(house: House) -> Company:
    return house.tenant()


def metadata(company: Company) -> str:
    return json.dumps({"phone_number_id": company.channel["phone_number_id"]})


def body(company: Company, value: str) -> bytes:
    """A body of Meta's whose value is written as it is given, its account behind its changes."""
    account = company.channel["waba_id"]
    return f'{{"entry":[{{"changes":[{{"value":{{{value}}}}}],"id":"{account}"}}]}}'.encode()


def test_the_ids_of_a_body_are_found_in_any_order_and_spelling(
    house: House, company: Company, victim: Company
) -> None:
    said = f'"metadata":{metadata(victim)}'
    messages = json.dumps([text(said, metadata=json.loads(metadata(victim)))])
    for written in (metadata(company), metadata(company).replace("phone", "\\u0070hone")):
        raw = body(company, f'"messages":{messages},"metadata":{written}')
        assert company.meta(raw).status_code == 200
        [event] = house.queued(INBOUND_WHATSAPP_MESSAGES)
        assert (event.tenantid, event.data["message"]["text"]["body"]) == (company.id, said)


def test_an_account_without_a_number_is_found_behind_its_changes(company: Company) -> None:
    raw = body(company, '"event":"VERIFIED_ACCOUNT","x":[{"id":"7"},{"entry":[{"id":"8"}]}]')
    assert company.meta(raw).status_code == 200


def test_an_id_that_stands_there_twice_lends_nobody_s_number(
    house: House, company: Company, victim: Company
) -> None:
    """The first chooses the secret, a parser takes the last: another app's item is set aside."""
    messages = json.dumps([text("forged")])
    twice = f'"metadata":{metadata(company)},"metadata":{metadata(victim)},"messages":{messages}'
    whole = body(company, f'"metadata":{metadata(company)}')[:-1] + b","
    for raw in (body(company, twice), whole + body(victim, twice)[1:]):
        assert company.meta(raw).status_code == 200
        assert victim.meta(raw).status_code == 401
    assert house.queued(INBOUND_WHATSAPP_MESSAGES) == []
    assert house.stored("webhooks-inbound", victim.id) == []


def test_a_body_that_is_no_json_is_kept_where_it_is_signed_and_nobody_s(
    house: House, company: Company
) -> None:
    raw = company.meta_body(text("cut"))[:-3]
    assert company.meta(raw).status_code == 200
    assert house.queued(INBOUND_WHATSAPP_MESSAGES) == []
    assert raw in house.stored("webhooks-inbound", "_platform/")


def test_an_integration_is_found_in_any_order(house: House, company: Company) -> None:
    channel = {"to": {"id": "+491511"}, "id": company.channel["integration_id"]}
    other = {"channel": {"id": "another"}}
    message = {"text": '"channel":{"id":"x"}', "metadata": other, "id": "m", "channel": channel}
    assert company.agent(json.dumps(message).encode()).status_code == 200
    assert len(house.queued(OUTBOUND_GENESYS_MESSAGES)) == 1


def test_a_body_of_two_integrations_is_of_the_one_that_signed(
    house: House, company: Company, victim: Company
) -> None:
    ours, theirs = company.agent_body("forged")[:-1], victim.agent_body("forged")[1:]
    raw = ours + b"," + theirs
    assert company.agent(raw).status_code == 200
    [event] = house.queued(OUTBOUND_GENESYS_MESSAGES)
    assert (event.tenantid, event.channelid is not None) == (company.id, True)
    assert victim.agent(raw).status_code == 401
    assert house.stored("webhooks-outbound", victim.id) == []


def test_what_genesys_signed_and_is_no_json_is_kept_and_refused_in_words(
    house: House, company: Company
) -> None:
    raw = company.agent_body("cut")[:-1]
    answer = company.agent(raw)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert "JSON" in answer.json()["detail"]
    assert house.queued(OUTBOUND_GENESYS_MESSAGES) == []
    assert house.stored("webhooks-outbound", company.id) == [raw]
