"""A refused or quarantined webhook says whose it is and why; its sender hears the same always."""

import json
from typing import Any
from uuid import uuid4

import requests

from tests.doors.house import Company, House, text
from tests.services.processes import Process
from tests.support import wait_until
from tests.waits import WAIT_S

FORGED = {"X-Hub-Signature-256": "sha256=" + "0" * 64}


def line(door: Process, event: str, **wanted: str) -> dict[str, Any]:
    """The newest line of an event with these values, once it is written."""

    def found() -> list[dict[str, Any]]:
        written = [json.loads(one) for one in door.logged().splitlines() if one[:1] == "{"]
        return [one for one in written if one["message"] == event and wanted.items() <= one.items()]

    wait_until(lambda: bool(found()))
    return found()[-1]


def test_a_forged_signature_of_metas_names_the_app_the_number_and_its_tenant(house: House) -> None:
    company = house.tenant()
    number = company.channel["phone_number_id"]
    for headers, reason in ((FORGED, "wrong_signature"), ({}, "no_signature")):
        answer = house.whatsapp.post("/webhook/meta", company.meta_body(text()), **headers)
        assert (answer.status_code, answer.json()["detail"]) == (401, "Unauthorised")
        told = line(
            house.whatsapp, "signature_refused", claimed_phone_number_id=number, reason=reason
        )
        assert told["app"] == company.file["apps"][0]["app"]
        assert told["claimed_tenant"] == company.file["tenant"]
        assert "tenant_id" not in told


def test_a_forged_signature_of_genesys_names_the_integration(house: House) -> None:
    company = house.tenant()
    integration = company.channel["integration_id"]
    answer = house.genesys.post("/webhook/genesys", company.agent_body(), **FORGED)
    assert answer.status_code == 401
    told = line(house.genesys, "signature_refused", claimed_integration_id=integration)
    assert (told["reason"], told["claimed_tenant"]) == ("wrong_signature", company.file["tenant"])


def test_an_integration_that_nobody_has_is_told_as_it_was_claimed(house: House) -> None:
    made_up = str(uuid4())
    body = json.dumps({"channel": {"integrationId": made_up, "id": made_up}}).encode()
    answer = house.genesys.post("/webhook/genesys", body, **FORGED)
    assert (answer.status_code, answer.json()["detail"]) == (401, "Unauthorised")
    told = line(house.genesys, "signature_refused", claimed_integration_id=made_up)
    assert told["reason"] == "unknown_integration"


def test_what_is_no_id_is_told_by_a_stand_in(house: House) -> None:
    odd = f"+49 151 1234567 {uuid4().hex}\n"
    body = json.dumps({"channel": {"integrationId": odd, "id": odd}}).encode()
    assert house.genesys.post("/webhook/genesys", body, **FORGED).status_code == 401
    told = line(house.genesys, "signature_refused", reason="unknown_integration")
    assert "+49 151" not in house.genesys.logged()
    assert told["claimed_integration_id"]


def test_a_number_that_nobody_has_and_one_of_another_app_are_named(house: House) -> None:
    company, other = house.tenant(), house.tenant()
    unknown = str(uuid4().int)[:15]
    answer = company.meta(named(company, unknown))
    assert answer.status_code == 200
    told = line(house.whatsapp, "webhook_quarantined", phone_number_id=unknown)
    assert (told["reason"], told["items"]) == ("unknown_number", 1)
    theirs = other.channel["phone_number_id"]
    path = f"/webhook/meta/{company.file['apps'][0]['app']}"
    assert company.meta(named(company, theirs), path=path).status_code == 200
    told = line(house.whatsapp, "webhook_quarantined", phone_number_id=theirs)
    assert (told["reason"], told["tenant"]) == ("another_app", other.file["tenant"])
    assert told["its_app"] == other.file["apps"][0]["app"]


def test_a_fields_name_stands_in_the_log_only_where_it_is_known(house: House) -> None:
    company = house.tenant()
    said = f"49{uuid4().int}"[:14]  # it would pass for an id
    body = json.loads(company.meta_body(text()))
    value = body["entry"][0]["changes"][0]["value"]
    fields = ["account_update", *(f"{said}{number}" for number in range(30))]
    body["entry"][0]["changes"] = [{"field": one, "value": value} for one in fields]
    assert company.meta(json.dumps(body).encode()).status_code == 200
    told = line(house.whatsapp, "webhook_taken", tenant_id=company.id)
    assert (told["others"][0], len(told["others"])) == ("account_update", 10)
    assert all(one.startswith("odd:") for one in told["others"][1:])
    path = f"/webhook/meta/{company.file['apps'][0]['app']}"
    product = json.dumps({"object": said, "entry": []}).encode()
    assert company.meta(product, path=path).status_code == 200
    app = company.file["apps"][0]["app"]
    told = line(house.whatsapp, "webhook_quarantined", app=app, reason="names_nobody")
    assert told["others"][0].startswith("odd:")
    assert said not in house.whatsapp.logged()


def named(company: Company, number: str) -> bytes:
    """A body of the company's account about some number."""
    return company.meta_body(text(), metadata={"phone_number_id": number})


def test_a_check_of_the_callback_with_a_wrong_token_names_the_app(house: House) -> None:
    app = house.tenant().file["apps"][0]["app"]
    query = "hub.mode=subscribe&hub.verify_token=secret-guess&hub.challenge=1"
    answer = requests.get(f"{house.whatsapp.url}/webhook/meta/{app}?{query}", timeout=WAIT_S)
    assert answer.status_code == 403
    assert line(house.whatsapp, "verification_refused", app=app)["reason"] == "wrong_token"
    assert "secret-guess" not in house.whatsapp.logged()
