"""`parley erase`: nothing of the person is left, and nothing of anybody else is touched."""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from minio import Minio
from pydantic import SecretStr
from redis import Redis

from local.services import Endpoints
from shared.erasure.marks import Marker
from shared.messaging.publisher import Publisher
from shared.messaging.topology import ERROR_EVENTS, Topology
from shared.storage.cache import Cache
from shared.storage.database import Database
from shared.storage.objects import SPOOL_BUCKET
from tests.doors.conftest import buckets, object_settings, s3_of
from tests.messaging.broker import clear, collect, depth, open_channel
from tests.migrations.asking import ask
from tests.parley.conftest import Parley, Said
from tests.parley.known import Tenant, Who
from tests.state.desk import Desk

__all__ = ["buckets", "object_settings"]

ANN = Who("4915112345678", "DE.13491208655302741918")
NEAR = Who("49151123456789", "DE.13491208655302741919")
BUCKETS = ("webhooks-inbound", "webhooks-outbound", "media-inbound", "media-outbound")
TABLES = (
    *("identities", "customers", "conversation_mappings", "message_tracking", "message_events"),
    *("opt_outs", "waiting_statuses", "parked", "dead_letters", "spool"),
)
KEY = "k" * 40


class World:
    """Two tenants; the first is asked to erase."""

    def __init__(self, endpoints: Endpoints, store: Minio, parley: Parley) -> None:
        self.endpoints, self.store, self.parley = endpoints, store, parley
        self.topology = Topology(1, f"erase-{uuid4().hex[:8]}.")
        self.runner, self.stack = asyncio.Runner(), AsyncExitStack()
        enter = self.stack.enter_async_context
        database = self.runner.run(enter(Database.open(endpoints.database_url("functions"))))
        cache = self.runner.run(enter(Cache.open(endpoints.redis_url)))
        self.here, self.there = (
            Tenant.make(endpoints, store, self.topology, Desk(self.runner, database, cache))
            for _ in range(2)
        )

    def close(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()
        asyncio.run(clear(self.endpoints.amqp_url, self.topology))

    def erase(self, *arguments: str, typed: str = "") -> Said:
        return self.parley(
            *("erase", "--tenant", self.here.slug, "--settle", "0", *arguments),
            typed=typed,
            DATABASE_OWNER_URL=self.endpoints.database_owner_url,
            DATABASE_URL_CONNECTOR=self.endpoints.database_url("connector"),
            AMQP_URL=self.endpoints.amqp_url,
            REDIS_URL=self.endpoints.redis_url,
            SERVICE_TOKEN_KEY=KEY,
            QUEUE_PREFIX=self.topology.prefix,
            PARTITIONS="1",
            **s3_of(self.endpoints, self.endpoints.s3_endpoint_url),
        )

    def all_of(self, tenant: Tenant) -> dict[str, list[str]]:
        """Everything that is kept of a tenant's people, as text."""
        owner, id_ = self.endpoints.database_owner_url, tenant.desk.tenant_id
        found = {
            table: [
                re.sub(r'"(\\\\x[0-9a-f]+)"', _unhex, row["told"])
                for row in ask(
                    owner,
                    f"select row_to_json(t)::text as told from {table} t where tenant_id = :id"
                    " order by 1",
                    id=id_,
                )
            ]
            for table in TABLES
        }
        for bucket in BUCKETS:
            listed = self.store.list_objects(bucket, prefix=f"{id_}/", recursive=True)
            found[bucket] = [self.read(bucket, str(one.object_name)) for one in listed]
        spooled = self.store.list_objects(SPOOL_BUCKET, prefix=self.topology.prefix, recursive=True)
        bodies = [self.read(SPOOL_BUCKET, str(one.object_name)) for one in spooled]
        found["spooled"] = [body for body in bodies if id_ in body]
        with Redis.from_url(self.endpoints.redis_url) as redis:
            names = ("mapping:*", "line:*")
            keys = [key.decode() for one in names for key in redis.scan_iter(match=one)]
            found["redis"] = sorted(
                f"{key} {told}" for key in keys if id_ in f"{key} {(told := redis.get(key))!r}"
            )
        return found

    def read(self, bucket: str, key: str) -> str:
        answer = self.store.get_object(bucket, key)
        try:
            return f"{key} {answer.read().decode()}"
        finally:
            answer.close()
            answer.release_conn()

    def rows(self, sql: str) -> list[dict[str, Any]]:
        return ask(self.endpoints.database_owner_url, sql, id=self.here.desk.tenant_id)


def _unhex(found: re.Match[str]) -> str:
    return bytes.fromhex(found[1].lstrip("\\x")).decode()


@pytest.fixture
def world(migrated: Endpoints, buckets: Minio, parley: Parley) -> Iterator[World]:
    world = World(migrated, buckets, parley)
    for item in buckets.list_objects("webhooks-inbound", "_platform/", recursive=True):
        # What other tests have left: a body that can not be read is rightly told as such.
        buckets.remove_object("webhooks-inbound", str(item.object_name))
    asyncio.run(_declare(world))
    for who in (ANN, NEAR):
        world.here.remember(who)
    world.there.remember(ANN)
    yield world
    world.close()


async def _declare(world: World) -> None:
    """The queues, with news of a dead letter of each."""
    async with Publisher.open(_secret(world), world.topology, name="test") as publisher:
        await publisher.ping()
        for tenant, who in ((world.here, ANN), (world.here, NEAR), (world.there, ANN)):
            event = tenant.event(who, f"news-{who.wa_id}-{tenant.slug}")
            await publisher.send(ERROR_EVENTS, "0", event.encode(), message_id=event.id)


def _secret(world: World) -> SecretStr:
    return SecretStr(world.endpoints.amqp_url)


def news(world: World) -> list[str]:
    async def take() -> list[bytes]:
        queue = world.topology.exchange(ERROR_EVENTS)
        async with open_channel(world.endpoints.amqp_url) as channel:
            count = await depth(channel, queue)
            return [body for _, body in await collect(channel, queue, count)] if count else []

    return [json.loads(body)["id"] for body in asyncio.run(take())]


def naming(found: dict[str, list[str]], who: Who) -> dict[str, int]:
    """Where the person is still named; not a number that only begins alike."""
    number = re.compile(rf"(?<!\d){who.wa_id}(?!\d)")
    ids = (number.search, re.compile(re.escape(who.bsuid or "-") + r"(?!\d)").search)
    return {
        place: count
        for place, texts in found.items()
        if (count := sum(any(found(text) for found in ids) for text in texts))
    }


def only(found: dict[str, list[str]], who: Who) -> dict[str, list[str]]:
    return {k: [told for told in v if naming({"": [told]}, who)] for k, v in found.items()}


def test_one_person_goes_from_everywhere_and_nobody_else_is_touched(world: World) -> None:
    places = naming(world.all_of(world.here), ANN)
    assert set(places) >= {*TABLES, *BUCKETS, "spooled", "redis"} - {"media-inbound"}
    near = only(world.all_of(world.here), NEAR)
    there = world.all_of(world.there)

    counted = world.erase("--phone", "+49 151 12345678", "--dry-run")
    assert counted.code == 0, counted.err
    assert naming(world.all_of(world.here), ANN) == places
    said = world.erase("--phone", "+49 151 12345678")
    assert said.code == 0, said.err
    certificate = json.loads(said.out)
    assert certificate["removed"] == json.loads(counted.out)["removed"]

    left = world.all_of(world.here)
    assert naming(left, ANN) == {}
    assert only(left, NEAR) == near
    assert world.all_of(world.there) == there
    assert sorted(news(world)) == sorted(
        [f"news-{NEAR.wa_id}-{world.here.slug}", f"news-{ANN.wa_id}-{world.there.slug}"]
    )


def test_the_certificate_says_what_went_and_not_whose_it_was(world: World) -> None:
    said = world.erase("--user-id", str(ANN.bsuid), "--asked-by", "privacy desk")
    certificate = json.loads(said.out)
    kinds = {*TABLES, *BUCKETS, "error_events", "redis_keys"}
    assert set(certificate["removed"]) == kinds
    assert all(certificate["removed"].values())
    assert (certificate["asked_by"], certificate["not_read"]) == ("privacy desk", {})
    [kept] = world.rows("select row_to_json(e)::text as told from erasures e where tenant_id = :id")
    [audited] = world.rows(
        "select row_to_json(a)::text as told from audit_log a"
        " where tenant_id = :id and action = 'erase'"
    )
    for told in (said.out, said.err, kept["told"], audited["told"]):
        assert naming({"told": [told]}, ANN) == {}
        assert "Name " not in told
    assert certificate["erasure"] in kept["told"]


def test_a_second_run_finds_nothing_and_who_writes_later_is_a_new_person(world: World) -> None:
    assert world.erase("--wa-id", ANN.wa_id).code == 0
    again = json.loads(world.erase("--wa-id", ANN.wa_id).out)
    assert again["removed"] == {}
    claim = world.here.desk.hear("wamid.later", ANN.wa_id, ANN.bsuid)
    assert claim.outcome == "claimed"
    assert claim.last_customer_message_id == "wamid.later"


def test_a_body_of_several_people_and_one_of_several_tenants_keep_the_others(world: World) -> None:
    here, there = world.here, world.there
    key = here.put(
        "webhooks-inbound", f"{here.stamp()}-two.json", here.webhook(ANN, "w1", NEAR, "w2")
    )
    shared = here.webhook(ANN, "w3")["entry"] + there.webhook(ANN, "w4")["entry"]
    both = here.put("webhooks-inbound", f"{here.stamp()}-b.json", {"entry": shared}, "_platform")
    assert world.erase("--phone", ANN.wa_id).code == 0
    kept = json.loads(world.read("webhooks-inbound", key).partition(" ")[2])
    assert kept == here.webhook(NEAR, "w2")
    left = json.loads(world.read("webhooks-inbound", both).partition(" ")[2])
    assert left == there.webhook(ANN, "w4")


def test_an_erasure_that_was_stopped_goes_on_and_spares_who_came_since(world: World) -> None:
    owner, tenant = world.endpoints.database_owner_url, world.here.desk.tenant_id
    person = Marker(KEY, tenant).of("person", ANN.wa_id)  # begun when they had sent nothing yet
    begin = "select erasure_begin(:tenant, :person, 'me', 0, :marks, '{}') as begun"
    ask(owner, begin, tenant=tenant, person=person, marks=("0" * 32,))
    stopped = world.parley(
        *("erase", "--tenant", world.here.slug, "--settle", "0", "--phone", ANN.wa_id),
        DATABASE_OWNER_URL=world.endpoints.database_owner_url,
        DATABASE_URL_CONNECTOR=world.endpoints.database_url("connector"),
        AMQP_URL="amqp://guest:guest@127.0.0.1:1/",
        REDIS_URL=world.endpoints.redis_url,
        SERVICE_TOKEN_KEY=KEY,
        **s3_of(world.endpoints, world.endpoints.s3_endpoint_url),
    )
    assert stopped.code == 3
    assert "goes on from there" in stopped.err
    [known] = ask(owner, "select * from erasures where tenant_id = :tenant", tenant=tenant)
    assert known["files"], "no row tells them any more"
    world.here.desk.hear("wamid.since", ANN.wa_id, ANN.bsuid)
    said = world.erase("--phone", ANN.wa_id)
    assert said.code == 0, said.err
    left = naming(world.all_of(world.here), ANN)
    assert set(left) <= {"identities", "customers", "message_tracking", "message_events"} | {
        "conversation_mappings"
    }
    assert world.here.desk.message("wamid.since").state == "claimed"
    assert json.loads(said.out)["removed"]["message_tracking"] > 0


def test_the_number_may_be_read_so_that_no_history_holds_it(world: World, tmp_path: Path) -> None:
    file, certificate = tmp_path / "who", tmp_path / "certificate.json"
    file.write_text(f"+{ANN.wa_id}\n")
    asked = world.erase("--phone", "-", "--dry-run", typed=f"+{ANN.wa_id}\n")
    read = world.erase("--phone", f"@{file}", "--dry-run", "--out", str(certificate))
    assert (asked.code, read.code, read.out) == (0, 0, ""), read.err
    told = json.loads(certificate.read_text())
    assert told["person"] == json.loads(asked.out)["person"]
    assert told["removed"]["message_tracking"] > 0
    assert ANN.wa_id not in asked.err + read.err
    assert certificate.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("wrong", [("--phone", "0151 123"), ("--user-id", "x y")])
def test_what_names_nobody_is_refused(parley: Parley, wrong: tuple[str, str]) -> None:
    said = parley("erase", "--tenant", "any", *wrong)
    assert (said.code, wrong[1] in said.err) == (2, False)


def test_every_table_that_may_name_a_person_is_cleared_or_known_to_name_nobody(
    migrated: Endpoints,
) -> None:
    """A new table must be put in one of both lists."""
    nobody = {"tenants", "meta_apps", "channels", "tenant_credentials", "api_keys", "audit_log"}
    nobody |= {"notices", "ledger_open", "ledger_answers", "ledger_hours", "stale_keys"}
    nobody |= {"ledger_refused", "ledger_changes"}
    nobody |= {"erasures", "retention_runs", "alembic_version"}
    found = ask(
        migrated.database_owner_url,
        "select relname as name from pg_class c where relnamespace = 'public'::regnamespace"
        " and relkind in ('r', 'p') and not relispartition",
    )
    assert {row["name"] for row in found} - nobody == set(TABLES)
