"""`parley retention`: what is past its tenant's days goes, and nothing younger."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from minio import Minio

from local.services import Endpoints
from migrations.run import upgrade
from shared.messaging.topology import Topology
from shared.runtime.clock import rfc3339, utcnow
from shared.storage.cache import Cache
from shared.storage.database import Database
from shared.tenancy.files import TenantFile
from tests.doors.conftest import buckets, object_settings, s3_of
from tests.migrations.asking import ask, fresh, quiet
from tests.parley.conftest import Parley, Said
from tests.parley.known import Tenant
from tests.state.desk import Desk

__all__ = ["buckets", "object_settings"]

RAW, MEDIA = ("webhooks-inbound", "webhooks-outbound"), ("media-inbound", "media-outbound")


@pytest.fixture
def desk(migrated: Endpoints) -> Iterator[Desk]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        enter = stack.enter_async_context
        database = runner.run(enter(Database.open(migrated.database_url("functions"))))
        yield Desk(runner, database, runner.run(enter(Cache.open(migrated.redis_url))))
        runner.run(stack.aclose())


@pytest.fixture
def tenant(migrated: Endpoints, buckets: Minio, desk: Desk) -> Tenant:
    """One that keeps messages for eight days, raw webhooks for a week, and files for two days."""
    tenant = Tenant.make(migrated, buckets, Topology(1, "retention."), desk)
    keeps = {"retention": {"messages_days": 8, "raw_days": 7, "media_days": 2}}
    declared = TenantFile.model_validate({"tenant": "x", "options": keeps})
    ask(
        migrated.database_url("tenancy"),
        "update tenants set options = :options where id = :id returning id",
        options=declared.options.model_dump(mode="json"),
        id=desk.tenant_id,
    )
    for days in (1, 5, 20):
        moment = utcnow() - timedelta(days=days)
        desk.talk(f"{days}-days-ago", "491701", None, occurred_at=rfc3339(moment))
        for bucket in RAW:
            tenant.put(bucket, f"{moment:%Y-%m-%d}/{moment:%Y%m%dT%H%M%S.%fZ}-c.json", {})
        for bucket in MEDIA:
            tenant.put(bucket, f"image/{moment:%Y-%m-%d}/{days}.jpg", "file")
    came(tenant, 9)
    return tenant


def came(tenant: Tenant, days: int) -> None:
    """All messages came so many days ago."""
    ask(
        tenant.endpoints.database_owner_url,
        "update message_tracking set created_at = now() - make_interval(days => :days)"
        " where tenant_id = :id returning 1 as done",
        days=days,
        id=tenant.desk.tenant_id,
    )


def sweep(tenant: Tenant, parley: Parley, *arguments: str) -> Said:
    said = parley(
        *("retention", "--tenant", tenant.slug, *arguments),
        DATABASE_OWNER_URL=tenant.endpoints.database_owner_url,
        DATABASE_URL_CONNECTOR=tenant.endpoints.database_url("connector"),
        **s3_of(tenant.endpoints, tenant.endpoints.s3_endpoint_url),
    )
    assert said.code == 0, said.err
    return said


def left(tenant: Tenant) -> dict[str, int]:
    found = {
        bucket: len(list(tenant.store.list_objects(bucket, f"{tenant.desk.tenant_id}/", True)))
        for bucket in RAW + MEDIA
    }
    for table in ("message_tracking", "message_events"):
        sql = f"select count(*) as rows from {table} where tenant_id = :id"
        owner = tenant.endpoints.database_owner_url
        found[table] = ask(owner, sql, id=tenant.desk.tenant_id)[0]["rows"]
    return found


def test_a_tenant_s_days_are_kept_for_messages_raw_webhooks_and_files(
    tenant: Tenant, parley: Parley
) -> None:
    assert "nothing was changed" in sweep(tenant, parley, "--dry-run").out
    assert set(left(tenant).values()) == {3}
    said = sweep(tenant, parley)
    assert left(tenant) == {
        **dict.fromkeys((*RAW, "message_tracking", "message_events"), 2),
        **dict.fromkeys(MEDIA, 1),
    }
    assert "1 message_tracking" in said.out
    assert "removed nothing" in sweep(tenant, parley).out
    assert tenant.desk.message("5-days-ago").state == "done"


def test_what_may_come_again_stays_known(tenant: Tenant, parley: Parley) -> None:
    came(tenant, 7)  # its own time is older: the door was away, or a clock is wrong
    sweep(tenant, parley)
    assert tenant.desk.message("20-days-ago").state == "done"
    came(tenant, 9)
    dead = (
        "insert into dead_letters (event_id, tenant_id, queue, partition_key, reason_code, reason,"
        " attempts, first_seen, last_seen, body) select event_id, tenant_id, 'q', 'k', 'c', 'r', 1,"
        " now(), now() - make_interval(days => :days), '' from message_tracking"
        " where tenant_id = :id and source_id = '20-days-ago' on conflict (event_id)"
        " do update set last_seen = excluded.last_seen returning 1 as done"
    )
    owner, id_ = tenant.endpoints.database_owner_url, tenant.desk.tenant_id
    assert ask(owner, dead, days=1, id=id_), "a dead letter that can be replayed"
    sweep(tenant, parley)
    assert tenant.desk.message("20-days-ago").state == "done"
    assert left(tenant)["message_events"] == 3
    ask(owner, dead, days=9, id=id_)
    sweep(tenant, parley)
    assert left(tenant)["message_tracking"] == 2


def test_raw_webhooks_go_no_later_than_their_messages(tenant: Tenant, parley: Parley) -> None:
    ask(
        tenant.endpoints.database_url("tenancy"),
        "update tenants set options = '{}', retention_days = 8 where id = :id returning id",
        id=tenant.desk.tenant_id,
    )
    sweep(tenant, parley)
    found = left(tenant)
    assert {found[one] for one in (*RAW, "message_tracking")} == {2}
    assert {found[one] for one in MEDIA} == {3}


def test_a_month_that_no_tenant_keeps_is_dropped_whole(services: Endpoints) -> None:
    with fresh(services) as database:
        owner = database.database_owner_url
        upgrade(owner, report=quiet)
        for month, end in (("2020_01", "2020-02-01"), ("2020_02", "2020-03-01")):
            begin = month.replace("_", "-") + "-01"
            ask(
                owner,
                f"do $$ begin create table message_events_{month} partition of message_events"
                f" for values from ('{begin}Z') to ('{end}Z'); end $$",
            )
        drop = "select retention_drop_partitions('2020-02-15Z') as gone"
        assert ask(owner, drop) == [{"gone": ["message_events_2020_01"]}]
        assert ask(owner, drop) == [{"gone": []}]


@pytest.mark.parametrize("days", [{"messages_days": 7}, {"raw_days": 31}, {"more": 1}])
def test_days_that_can_not_be_kept_are_refused(days: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="retention"):
        TenantFile.model_validate({"tenant": "x", "options": {"retention": days}})
