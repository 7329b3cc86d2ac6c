"""All four servers: up, used, down without a trace, up again on the old data."""

import json
from pathlib import Path

import requests

from local.services import Endpoints, Services
from local.services.endpoints import ROLES
from local.services.ports import is_free
from tests.local.services.traces import processes_of
from tests.local.services.use import fill, kept, sql
from tests.support import wait_until
from tests.waits import WAIT_S


def test_down_leaves_nothing_and_up_again_finds_the_old_data(
    own: Services, root: Path, said: list[str]
) -> None:
    endpoints = own.up()
    assert {row.state for row in own.status()} == {"running"}
    hold_the_roles_to_their_rights(endpoints)
    hold_the_secrets_to_their_place(endpoints, root)
    assert (
        "rabbitmq_identity_info"
        in requests.get(endpoints.rabbitmq_prometheus_url, timeout=WAIT_S).text
    )
    fill(endpoints)

    own.down()
    wait_until(lambda: not processes_of(root))  # Erlang's helpers follow it
    assert [port for port in chosen_ports(root) if not is_free(port)] == []
    assert {row.state for row in own.status()} == {"stopped"}

    assert own.up() == endpoints
    assert kept(endpoints) == ["postgres", "redis", "rabbitmq", "s3"]
    assert own.up() == endpoints, "up once more changes nothing"
    spare = own.reset_database("spare")
    assert sql(spare.database_url("functions"), "select current_database()") == [["spare"]]
    assert not [line for line in said if "stale" in line or "removed" in line], said


def hold_the_roles_to_their_rights(endpoints: Endpoints) -> None:
    for role in ROLES:
        rights = sql(
            endpoints.database_url(role),
            "select rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb"
            " from pg_roles where rolname = current_user",
        )
        assert rights == [[f"parley_{role}", False, False, False, False]]
    owner = "select pg_get_userbyid(datdba) from pg_database where datname = current_database()"
    assert sql(endpoints.database_owner_url, owner) == [["parley_owner"]]
    assert sql(endpoints.database_owner_url, "show fsync") == [["on"]]


def hold_the_secrets_to_their_place(endpoints: Endpoints, root: Path) -> None:
    files = list((root / "services" / "secrets").iterdir())
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    words = repr(endpoints) + str(endpoints) + "".join(processes_of(root))
    assert [file.name for file in files if file.read_text() in words] == []


def chosen_ports(root: Path) -> list[int]:
    chosen = json.loads((root / "services" / "ports.json").read_text())
    return [port for uses in chosen.values() for port in uses.values()]
