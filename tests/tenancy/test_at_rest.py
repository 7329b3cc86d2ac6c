"""Secrets at rest: a dump shows none, a moved value does not open, the audit log only grows."""

import base64
import json
import subprocess
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
import requests

from local.services import Endpoints
from shared.runtime.errors import Unavailable
from shared.runtime.service_auth import ServiceTokens
from shared.tenancy.sealed import SEALED
from shared.tenancy.vault import KeyRing, SealBroken, Vault
from tests.migrations.asking import ask
from tests.parley.conftest import Parley, parley
from tests.tenancy.declared import tenant_file
from tests.tenancy.serving import SERVICE_KEY, Served
from tests.waits import WAIT_S

__all__ = ["parley"]

# What is kept as bytes and is no secret of a tenant's: bodies on their way, hashes of keys.
OTHER_BYTES = {
    ("api_keys", "key_hash"),
    ("dead_letters", "body"),
    ("parked", "body"),
    ("spool", "body"),
}


@pytest.fixture
def file(tenancy: Served) -> dict[str, Any]:
    """A tenant that is applied, with a Meta app and every secret changed once."""
    made = tenant_file()
    app = {
        "app": f"app-{made['tenant']}",
        "app_secret": "SECRET-of-the-app",
        "verify_token": "SECRET-to-verify",
    }
    channel = {**made["channels"][0], "webhook_secret": "SECRET-before-this-one"}
    first = {**made, "apps": [app], "channels": [channel]}
    first["credentials"] = {"whatsapp": {"default": {"access_token": "SECRET-wa-before"}}}
    first["credentials"]["genesys"] = made["credentials"]["genesys"]
    made["apps"] = [{**app, "app_secret": f"SECRET-app-{made['tenant']}"}]
    for one in (first, made):
        answer = tenancy.call("PUT", f"/tenancy/tenants/{made['tenant']}", one, caller="parley:eve")
        assert answer.status_code == 200, answer.text
    return made


def secrets(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from secrets(one)
    elif isinstance(value, str) and value.startswith("SECRET"):
        yield value


def test_a_dump_of_the_database_reveals_none(file: dict[str, Any], migrated: Endpoints) -> None:
    dump = subprocess.run(
        ["pg_dump", "--dbname", migrated.database_owner_url, "--inserts", "--no-sync"],
        capture_output=True,
        check=True,
        timeout=WAIT_S,
    ).stdout.decode()
    assert file["tenant"] in dump
    assert "tenant_credentials" in dump
    those = [*secrets(file), "SECRET-before-this-one", "SECRET-wa-before", "SECRET-app-0"]
    assert len(those) == 8
    for secret in those:
        plain = secret.encode()
        shapes = (secret, plain.hex(), base64.b64encode(plain).decode()[:-4])
        assert not [shape for shape in shapes if shape in dump]


def test_every_column_of_bytes_is_sealed_or_known_as_no_secret(migrated: Endpoints) -> None:
    found = ask(
        migrated.database_owner_url,
        "select table_name, column_name from information_schema.columns"
        " where table_schema = 'public' and data_type = 'bytea'",
    )
    sealed = {(table, column) for table, columns in SEALED.items() for column in columns}
    assert {(row["table_name"], row["column_name"]) for row in found} == sealed | OTHER_BYTES


def test_a_sealed_value_opens_in_its_own_place_alone(
    file: dict[str, Any], migrated: Endpoints, key_ring: str
) -> None:
    vault = Vault(KeyRing.parse(key_ring))
    url = migrated.database_url("tenancy")
    places = {
        (table, column, row["id"]): row["value"]
        for table, columns in SEALED.items()
        for column in columns
        for row in ask(
            url,
            f"select id, {column} as value from {table} where {column} is not null"
            " and tenant_id = (select id from tenants where slug = :slug)",
            slug=file["tenant"],
        )
    }
    assert {table for table, _, _ in places} == set(SEALED)
    place, sealed = next(iter(places.items()))
    opened = vault.open(sealed, *place)
    assert opened.get_secret_value().startswith("SECRET")
    for place, (source, sealed) in product(places, places.items()):
        if place == source:
            vault.open(sealed, *place)
            continue
        with pytest.raises(SealBroken):
            vault.open(sealed, *place)


def test_the_audit_log_tells_who_and_what_and_no_secret(
    file: dict[str, Any], tenancy: Served, parley: Parley
) -> None:
    path, settings = f"/tenancy/tenants/{file['tenant']}", to(tenancy)
    tenancy.call("PUT", path, {**file, "status": "suspended"}, caller="parley:bob")
    told = parley("tenants", "audit", file["tenant"], **settings)
    assert told.code == 0
    lines = told.out.splitlines()
    assert f"parley:bob  tenant.changed  {file['tenant']}: status active -> suspended" in lines[-1]
    assert any(f"parley:eve  app.changed  {file['tenant']}/app-" in line for line in lines)
    assert any(line.endswith("/whatsapp/default: secret") for line in lines)
    assert "SECRET" not in told.out
    assert not [secret for secret in secrets(file) if secret in told.out]
    last = parley("tenants", "audit", "--limit", "1", "--json", "--since", "1h", **settings)
    [line] = json.loads(last.out)["items"]
    assert line["values"] == {"status": ["active", "suspended"]}
    assert parley("tenants", "audit", "nobody", **settings).code == 1


@pytest.mark.parametrize(
    "sql",
    ["update audit_log set actor = 'eve'", "delete from audit_log", "truncate audit_log"],
)
def test_the_audit_log_only_grows(migrated: Endpoints, sql: str) -> None:
    for role in ("tenancy", "functions", "connector"):
        with pytest.raises(Unavailable, match="42501"):
            ask(migrated.database_urls[role], sql)


def test_credentials_are_opened_for_the_auth_function_alone(
    file: dict[str, Any], tenancy: Served
) -> None:
    tenant_id = tenancy.call("GET", f"/tenancy/tenants/{file['tenant']}").json()["id"]
    path = f"/tenancy/credentials/{tenant_id}/whatsapp/default"
    assert tenancy.call("GET", path, caller="auth").status_code == 200
    for caller in ("parley:eve", "wa-api", "api-gateway"):
        refused = tenancy.call("GET", path, caller=caller)
        assert refused.status_code == 403
        assert "SECRET" not in refused.text


def test_nobody_opens_a_credential_by_the_name_of_auth_alone(
    file: dict[str, Any], tenancy: Served
) -> None:
    """The common key, which every function and operator has, does not sign for auth."""
    tenant_id = tenancy.call("GET", f"/tenancy/tenants/{file['tenant']}").json()["id"]
    token = ServiceTokens("auth", SERVICE_KEY).mint("tenancy")
    answer = requests.get(
        f"{tenancy.url}/tenancy/credentials/{tenant_id}/whatsapp/default",
        headers={"Authorization": f"Bearer {token}"},
        timeout=WAIT_S,
    )
    assert (answer.status_code, "SECRET" in answer.text) == (401, False)


def to(tenancy: Served) -> dict[str, str]:
    return {"TENANCY_URL": tenancy.url, "SERVICE_TOKEN_KEY": SERVICE_KEY}
