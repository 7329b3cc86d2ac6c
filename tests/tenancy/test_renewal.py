"""Secrets sealed anew under a newer key while everything runs; what does not open is named."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.services import Endpoints
from migrations.run import upgrade
from shared.tenancy.vault import KeyRing
from tests.migrations.asking import ask, fresh, quiet
from tests.parley.conftest import Parley, parley
from tests.tenancy.declared import tenant_file
from tests.tenancy.serving import SERVICE_KEY, Served, served

__all__ = ["parley"]

OLD = KeyRing.generate("k1")
BOTH = KeyRing("k2", OLD.keys | KeyRing.generate("k2").keys)
NEW = KeyRing("k2", {"k2": BOTH.keys["k2"]})
TENANTS = 70  # more than a batch


@pytest.fixture
def database(services: Endpoints) -> Iterator[Endpoints]:
    with fresh(services) as endpoints:
        upgrade(endpoints.database_owner_url, report=quiet)
        yield endpoints


def under(ring: KeyRing, database: Endpoints, folder: Path) -> Any:
    url = database.database_url("tenancy")
    return served(
        "tenancy", folder, DATABASE_URL=url, REDIS_URL=database.redis_url, KEY_RING=ring.dump()
    )


def to(tenancy: Served) -> dict[str, str]:
    return {"TENANCY_URL": tenancy.url, "SERVICE_TOKEN_KEY": SERVICE_KEY}


def put(tenancy: Served, file: dict[str, Any]) -> None:
    path = f"/tenancy/tenants/{file['tenant']}"
    assert tenancy.call("PUT", path, file).status_code == 200


def opens(tenancy: Served, file: dict[str, Any]) -> bool:
    """Whether the channel's secret and the one before it are as they were declared."""
    channel = file["channels"][0]
    path = f"/tenancy/signing/genesys/{channel['integration_id']}"
    told = tenancy.call("GET", path).json()["secrets"]
    accepted = {told["current"], told["previous"]}
    return accepted == {channel["webhook_secret"], f"{channel['webhook_secret']}-before"}


def test_all_is_renewed_while_it_is_read_and_changed_and_the_old_key_can_go(
    database: Endpoints, parley: Parley, tmp_path: Path
) -> None:
    files = [tenant_file() for _ in range(TENANTS)]
    with under(OLD, database, tmp_path) as tenancy, ThreadPoolExecutor(4) as pool:
        for file in files:
            channel = file["channels"][0]
            before = [{**channel, "webhook_secret": f"{channel['webhook_secret']}-before"}]
            put(tenancy, {**file, "channels": before})
        list(pool.map(lambda file: put(tenancy, file), files))
    over = threading.Event()

    def read(tenancy: Served) -> list[bool]:
        seen = []
        while not over.is_set():
            seen += [opens(tenancy, file) for file in files[::10]]
        return seen

    with under(BOTH, database, tmp_path) as tenancy, ThreadPoolExecutor(2) as pool:
        reading = pool.submit(read, tenancy)
        dry = parley("keys", "rotate", "--dry-run", **to(tenancy))
        told = parley("keys", "rotate", **to(tenancy))
        put(tenancy, {**files[0], "name": "changed meanwhile"})
        again = parley("keys", "rotate", **to(tenancy))
        over.set()
        assert all(reading.result())
    assert dry.code == 1
    assert f"{TENANTS} of channels.webhook_secret_previous are under 'k1'" in dry.out
    assert (told.code, again.code) == (0, 0), told.out
    assert f"sealed anew: {3 * TENANTS} rows" in told.out
    assert "no secret is under 'k1' any more" in told.out
    assert "0 not under 'k2'" in again.out
    with under(NEW, database, tmp_path) as tenancy:
        assert all(opens(tenancy, file) for file in files)


def test_a_renewal_changes_no_version_of_a_secret(database: Endpoints, tmp_path: Path) -> None:
    file = tenant_file()
    with under(OLD, database, tmp_path) as tenancy:
        put(tenancy, file)
    with under(BOTH, database, tmp_path) as tenancy:
        path = f"/tenancy/signing/genesys/{file['channels'][0]['integration_id']}"
        before = tenancy.call("GET", path).json()
        assert tenancy.call("POST", "/tenancy/seals/renew").json()["renewed"] == 1
        assert tenancy.call("GET", path).json() == before
        audited = tenancy.call("GET", "/tenancy/audit").json()["lines"][0]
    assert (audited["action"], audited["values"]) == (
        "seals.renewed",
        {"key": [None, "k2"], "rows": [None, 1]},
    )


def test_what_does_not_open_is_named_and_the_rest_is_renewed(
    database: Endpoints, parley: Parley, tmp_path: Path
) -> None:
    good, moved = tenant_file(), tenant_file()
    with under(OLD, database, tmp_path) as tenancy:
        put(tenancy, good)
        put(tenancy, moved)
    ask(
        database.database_url("tenancy"),
        "update channels set webhook_secret = (select webhook_secret from channels"
        " where integration_id = :good) where integration_id = :moved",
        good=good["channels"][0]["integration_id"],
        moved=moved["channels"][0]["integration_id"],
    )
    with under(BOTH, database, tmp_path) as tenancy:
        told = parley("keys", "rotate", **to(tenancy))
        put(tenancy, moved)
        mended = parley("keys", "rotate", **to(tenancy))
    assert told.code == 1
    assert "does not open: channels" in told.out
    assert "1 of channels.webhook_secret are under 'k1'" in told.out
    assert "SECRET" not in told.out
    assert mended.code == 0


def test_a_lost_key_is_told(database: Endpoints, parley: Parley, tmp_path: Path) -> None:
    with under(OLD, database, tmp_path) as tenancy:
        put(tenancy, tenant_file())
    with under(NEW, database, tmp_path) as tenancy:
        told = parley("keys", "rotate", **to(tenancy))
        doctor = parley("doctor", **to(tenancy))
    assert told.code == 1
    assert "which the ring does not hold" in told.out
    assert "3 of 3 are under 'k1', which tenancy's ring does not hold" in doctor.out


def test_a_new_key_stands_by_until_every_function_has_it(parley: Parley, tmp_path: Path) -> None:
    path = tmp_path / "ring"
    path.write_text(OLD.dump(), encoding="utf-8")
    standby = parley("keys", "new", "key-ring", "--id", "k2", "--add-to", path, "--standby")
    assert KeyRing.parse(standby.out).current == "k1"
    path.write_text(standby.out, encoding="utf-8")
    used = KeyRing.parse(parley("keys", "ring", path, "--use", "k2").out)
    assert (used.current, sorted(used.keys)) == ("k2", ["k1", "k2"])
    path.write_text(used.dump(), encoding="utf-8")
    assert sorted(KeyRing.parse(parley("keys", "ring", path, "--drop", "k1").out).keys) == ["k2"]
    assert parley("keys", "ring", path, "--drop", "k2").code == 2
    assert parley("keys", "ring", path, "--drop", "k9").code == 2
