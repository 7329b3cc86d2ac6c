"""After traffic of several tenants: every key of Redis, S3 and the queues says whose it is.

A key names the tenant, or an id that one tenant alone has; a conversation's key, whose name the
founding documents fix, holds the tenant in its value. What is the platform's own is listed.
"""

from __future__ import annotations

import json
import re

import pytest
from redis import Redis

from local.demo.world import World
from tests.e2e.test_operations import exchange
from tests.stack import Stack

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
PLATFORM = re.compile(
    r"spool:.*(marks|not-in-s3)|patrol:.*|signing:meta:platform|parley:doctor|.*:lock|"
    r"(phone|waba|integration|slug|signing:genesys|signing:meta):.+"
)
BUCKETS = ("webhooks-inbound", "webhooks-outbound", "media-inbound", "media-outbound")


@pytest.fixture(scope="module")
def tenants(stack: Stack) -> dict[str, str]:
    """Ids and slugs, after a line each way for two of them."""
    world = World.made_up([("key-bank", "Key Bank"), ("key-air", "Key Air")])
    stack.employ(world)
    for number, company in enumerate(world.companies):
        exchange(stack, company, f"49152777000{number}", f"of {company.slug}")
    return {str(one): slug for one, slug in stack.query("select id, slug from tenants")}


def test_every_key_of_redis_says_whose_it_is(stack: Stack, tenants: dict[str, str]) -> None:
    ids = {
        str(value)
        for row in stack.query("select phone_number_id, waba_id, integration_id, id from channels")
        for value in row
    } | set(tenants)
    names = set(tenants.values())
    apps = {str(name) for [name] in stack.query("select name from meta_apps")} | {"platform"}
    strays, seen = [], set[str]()
    with Redis.from_url(stack.endpoints.redis_url) as redis:
        for key in (raw.decode() for raw in redis.scan_iter(count=1000)):
            parts = set(re.split(r"[:{}]", key))
            seen.add(key.partition(":")[0])
            if parts & (ids | names) or key.endswith(tuple(f":{app}" for app in apps)):
                continue
            value = redis.get(key) if redis.type(key) == b"string" else None
            owned = isinstance(value, bytes) and _tenant_in(value) in tenants
            if not owned and not PLATFORM.fullmatch(key):
                strays.append(key)
    assert strays == []
    assert {"tenant", "phone", "mapping"} <= seen


def _tenant_in(value: bytes) -> str:
    try:
        told = json.loads(value)
    except ValueError:
        return ""
    return str(told.get("tenant_id", "")) if isinstance(told, dict) else ""


def test_every_object_of_s3_lies_under_its_tenant(stack: Stack, tenants: dict[str, str]) -> None:
    store, found = stack.s3(), 0
    for bucket in BUCKETS:
        for item in store.list_objects(bucket, recursive=True):
            found += 1
            first = (item.object_name or "").partition("/")[0]
            assert first in tenants or first == "_platform", bucket
    assert found >= 4


@pytest.mark.parametrize("table", ["parked", "dead_letters", "spool", "ledger_open"])
def test_what_waits_names_its_tenant(stack: Stack, tenants: dict[str, str], table: str) -> None:
    for [tenant_id] in stack.query(f"select distinct tenant_id from {table}"):
        assert tenant_id is None or str(tenant_id) in tenants
    if table in ("parked", "dead_letters"):
        for [key] in stack.query(f"select partition_key from {table}"):
            assert re.fullmatch(f"{UUID}:{UUID}:.+", key)
