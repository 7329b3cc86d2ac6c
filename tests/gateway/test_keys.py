"""API keys: shown once, stored as a hash, no more than their maker, out within a second."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pg8000.native import Connection

from local.services import Endpoints
from shared.services.access import key_hash
from shared.services.key_marks import KEY
from shared.services.keys import LIVE_KEYS
from shared.storage.database_url import DatabaseUrl
from tests.gateway.office import Office, declare
from tests.support import passed, wait_until

KEYS = "/api/v1/keys"


@pytest.fixture(scope="module")
def admin(office: Office) -> str:
    return str(office.key(office.acme, "tenant-admin")["key"])


def make(office: Office, credential: str, **body: Any) -> Any:
    return office.ask("POST", KEYS, credential, json={"name": f"k-{uuid4().hex}", **body})


def rows(services: Endpoints, sql: str, **values: Any) -> list[Any]:
    url = DatabaseUrl.parse(services.database_url("tenancy"))
    with Connection(
        user=url.user, host=url.host, port=url.port, database=url.database, password=url.password
    ) as connection:
        return list(connection.run(sql, **values) or [])


def test_a_key_is_shown_once_and_stored_as_its_hash(
    office: Office, admin: str, migrated: Endpoints
) -> None:
    made = make(office, admin, role="agent").json()
    assert KEY.fullmatch(made["key"])
    assert made["key"].startswith(made["prefix"])
    listed = office.ask("GET", KEYS, admin)
    assert made["id"] in listed.text
    assert made["key"] not in listed.text
    [[row]] = rows(migrated, "select k::text from api_keys k where id = :id", id=made["id"])
    assert made["key"] not in row
    assert key_hash(made["key"]) in row
    assert made["key"] not in office.tenancy.output.read_text()


def test_a_key_says_whose_it_is_and_what_it_may(office: Office, admin: str) -> None:
    key = make(office, admin, role="agent", scopes=["messages:read"]).json()["key"]
    me = office.ask("GET", "/api/v1/me", key).json()
    assert (me["tenant"], me["roles"]) == (office.acme.slug, ["agent"])
    assert me["scopes"] == ["messages:read"]
    path = f"/api/v1/messages/{office.acme.message_id}"
    assert office.ask("GET", path, key).json()["customer"] == office.acme.customer
    assert office.ask("GET", "/api/v1/tenant", key).status_code == 403


def test_nobody_makes_a_key_that_may_more_than_they(office: Office, admin: str) -> None:
    assert make(office, admin, role="platform-admin").status_code == 403
    weak = make(office, admin, role="tenant-admin", scopes=["keys:write"]).json()["key"]
    assert make(office, weak, role="viewer").status_code == 403
    assert make(office, weak, role="tenant-admin", scopes=["keys:write"]).status_code == 201


def test_scopes_beyond_the_role_are_refused_by_name(office: Office, admin: str) -> None:
    answer = make(office, admin, role="tenant-admin", scopes=["keys:read", "tenants:write"])
    assert answer.status_code == 422
    assert "scopes: the role tenant-admin has no tenants:write" in answer.json()["detail"]
    assert make(office, admin, role="viewer", scopes=["conversations:read"] * 9).status_code == 422


def moment(made: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(made["expires_at"])


def test_a_key_ends_no_later_than_the_key_that_made_it(office: Office) -> None:
    short = office.key(office.acme, "tenant-admin", expires_in_days=1)
    made = make(office, short["key"], role="viewer", expires_in_days=730).json()
    assert (moment(made), made["made_by"]) == (moment(short), short["id"])
    sooner = make(office, office.key(office.acme, "tenant-admin")["key"], expires_in_days=1).json()
    assert moment(sooner) < moment(short) + timedelta(days=1)
    person = office.person(office.acme, "tenant-admin")
    free = make(office, person, expires_in_days=30).json()
    assert moment(free) > moment(short)
    assert free["made_by"] is None


def test_a_revoked_key_takes_along_those_that_it_made(office: Office, admin: str) -> None:
    first = make(office, admin, role="tenant-admin").json()
    second = make(office, first["key"], role="tenant-admin").json()
    third = make(office, second["key"], role="viewer").json()
    aside = make(office, admin, role="viewer").json()
    assert office.ask("GET", "/api/v1/me", third["key"]).status_code == 200
    assert office.ask("DELETE", f"{KEYS}/{first['id']}", admin).status_code == 204
    wait_until(passed(1.0))
    for made in (first, second, third):
        assert office.ask("GET", "/api/v1/me", made["key"]).status_code == 401
    assert office.ask("GET", "/api/v1/me", aside["key"]).status_code == 200
    assert make(office, second["key"]).status_code == 401


def test_good_keys_are_listed_first_and_the_rest_by_pages(
    office: Office, migrated: Endpoints
) -> None:
    tenant = declare(office.tenancy)
    hidden = office.key(tenant, "tenant-admin")
    rows(
        migrated,
        "insert into api_keys (tenant_id, name, prefix, key_hash, role, revoked_at)"
        " select cast(:tenant as uuid), 'k', 'p', sha256((cast(:tenant as text) || n) ::bytea),"
        " 'viewer', now()"
        " from generate_series(1, 2000) n",
        tenant=tenant.id,
    )
    first = office.ask("GET", KEYS, hidden["key"]).json()
    assert (first["keys"][0]["id"], len(first["keys"])) == (hidden["id"], 1000)
    second = office.ask("GET", f"{KEYS}?offset={first['next_offset']}", hidden["key"]).json()
    last = office.ask("GET", f"{KEYS}?offset={second['next_offset']}", hidden["key"]).json()
    listed = [key["id"] for page in (first, second, last) for key in page["keys"]]
    assert (len(listed), len(set(listed)), last["next_offset"]) == (2001, 2001, None)
    assert office.ask("GET", f"{KEYS}?offset=-1", hidden["key"]).status_code == 422


def test_a_tenant_has_so_many_good_keys_and_no_more(office: Office, migrated: Endpoints) -> None:
    tenant = declare(office.tenancy)
    key = office.key(tenant, "tenant-admin")
    rows(
        migrated,
        "insert into api_keys (tenant_id, name, prefix, key_hash, role)"
        " select cast(:tenant as uuid), 'k' || n, 'p',"
        " sha256((cast(:tenant as text) || n) ::bytea), 'viewer'"
        " from generate_series(1, :count) n",
        tenant=tenant.id,
        count=LIVE_KEYS - 2,
    )
    last = make(office, key["key"])
    assert last.status_code == 201
    over = make(office, key["key"])
    assert (over.status_code, "revoke those that nobody uses" in over.text) == (409, True)
    assert office.ask("DELETE", f"{KEYS}/{last.json()['id']}", key["key"]).status_code == 204
    assert make(office, key["key"]).status_code == 201


def test_a_name_is_free_again_once_its_key_is_revoked(office: Office, admin: str) -> None:
    name = f"desk-{uuid4().hex[:8]}"
    made = make(office, admin, name=name).json()
    assert make(office, admin, name=name).status_code == 409
    assert office.ask("DELETE", f"{KEYS}/{made['id']}", admin).status_code == 204
    assert make(office, admin, name=name).status_code == 201
    assert office.ask("DELETE", f"{KEYS}/{made['id']}", admin).status_code == 204


def test_a_revoked_key_is_out_after_a_second(office: Office, admin: str) -> None:
    made = make(office, admin, role="agent").json()
    assert office.ask("GET", "/api/v1/me", made["key"]).status_code == 200
    office.ask("DELETE", f"{KEYS}/{made['id']}", admin)
    wait_until(passed(1.0))
    assert office.ask("GET", "/api/v1/me", made["key"]).status_code == 401


def test_an_expired_key_is_none(office: Office, admin: str, migrated: Endpoints) -> None:
    made = make(office, admin, role="agent").json()
    rows(
        migrated,
        "update api_keys set expires_at = now() - interval '1 second' where id = :id",
        id=made["id"],
    )
    assert office.ask("GET", "/api/v1/me", made["key"]).status_code == 401


def test_a_key_of_before_there_were_marks_is_good(
    office: Office, admin: str, migrated: Endpoints
) -> None:
    made = make(office, admin, role="agent").json()
    old = made["key"][:-11]
    rows(
        migrated,
        "update api_keys set key_hash = decode(:hash, 'hex') where id = :id",
        hash=key_hash(old),
        id=made["id"],
    )
    assert office.ask("GET", "/api/v1/me", old).status_code == 200
    assert office.ask("GET", "/api/v1/me", made["key"]).status_code == 401


def test_another_tenants_key_can_not_be_revoked_or_seen(office: Office, admin: str) -> None:
    other = office.key(office.bean, "viewer")
    assert office.ask("DELETE", f"{KEYS}/{other['id']}", admin).status_code == 404
    assert other["id"] not in office.ask("GET", KEYS, admin).text
    assert office.ask("GET", "/api/v1/me", other["key"]).status_code == 200


def test_a_suspended_tenants_people_and_programs_are_out_after_a_second(office: Office) -> None:
    tenant = declare(office.tenancy)
    key = office.key(tenant, "tenant-admin")["key"]
    token = office.person(tenant, "tenant-admin")
    assert office.ask("GET", "/api/v1/me", key).status_code == 200
    assert office.ask("GET", "/api/v1/me", token).status_code == 200
    path = f"/tenancy/tenants/{tenant.slug}"
    office.tenancy.call("PUT", path, tenant.file | {"status": "suspended"})
    wait_until(passed(1.0))
    for credential in (key, token):
        assert office.ask("GET", "/api/v1/me", credential).status_code == 403


def test_what_was_changed_stands_in_the_audit_log_with_who_did(
    office: Office, admin: str, migrated: Endpoints
) -> None:
    person = office.person(office.acme, "tenant-admin", subject="ana-of-acme")
    made = make(office, person).json()
    [[actor, action]] = rows(
        migrated,
        "select actor, action from audit_log where subject = :name",
        name=made["name"],
    )
    assert (actor, action) == ("api-gateway:user:ana-of-acme", "key.created")
    assert admin not in made["key"]
