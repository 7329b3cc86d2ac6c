"""`parley ledger`: balanced, waiting, and what is missing."""

import asyncio
import json
from datetime import timedelta
from typing import Any, Literal
from uuid import uuid4

import pytest

from local.services import Endpoints
from shared.runtime.clock import rfc3339, utcnow
from shared.runtime.settings import ObjectSettings
from shared.storage.buckets import ensure_buckets
from shared.storage.database import Database
from tests.parley.conftest import Parley, Said

HOUR = timedelta(hours=1)
Role = Literal["functions", "tenancy", "connector"]


class Shop:
    """One tenant's ledger."""

    def __init__(self, endpoints: Endpoints, parley: Parley) -> None:
        self.endpoints = endpoints
        self.slug = f"shop-{uuid4().hex[:8]}"
        self._parley = parley
        insert = "insert into tenants (slug, name) values (:slug, 'Shop') returning id"
        self.tenant = self._ask("tenancy", insert, slug=self.slug)[0]["id"]

    def arrived(self, *names: str, ago: timedelta = timedelta()) -> None:
        told = [
            {
                "event_id": f"{name} {self.slug}",
                "tenant_id": self.tenant,
                "direction": "inbound",
                "arrived_at": rfc3339(utcnow() - ago),
            }
            for name in names
        ]
        self._ask("functions", "select ledger_arrive(:told)", told=told)

    def answered(self, name: str) -> None:
        sql = "select ledger_answer(:event, :tenant, 'ignored')"
        self._ask("connector", sql, event=f"{name} {self.slug}", tenant=self.tenant)

    def forget(self, name: str) -> None:
        sql = "delete from ledger_open where event_id = :event"
        self._ask("connector", sql, event=f"{name} {self.slug}")

    def ledger(self, *arguments: str) -> Said:
        return self._parley(
            "ledger",
            "--tenant",
            self.slug,
            *arguments,
            DATABASE_URL_CONNECTOR=self.endpoints.database_url("connector"),
            AMQP_URL=self.endpoints.amqp_url,
            QUEUE_PREFIX=f"{self.slug}.",
            S3_ENDPOINT_URL=self.endpoints.s3_endpoint_url,
            S3_ACCESS_KEY=self.endpoints.s3_access_key,
            S3_SECRET_KEY=self.endpoints.s3_secret_key,
        )

    def numbers(self, *arguments: str) -> Any:
        return json.loads(self.ledger("--json", *arguments).out)

    def _ask(self, role: Role, sql: str, **values: Any) -> list[dict[str, Any]]:
        async def ask() -> list[dict[str, Any]]:
            async with Database.open(self.endpoints.database_url(role), size=1) as database:
                return await database.rows(sql, **values)

        return asyncio.run(ask())


@pytest.fixture
def shop(migrated: Endpoints, parley: Parley) -> Shop:
    ensure_buckets(
        ObjectSettings.model_validate(
            {
                "s3_endpoint_url": migrated.s3_endpoint_url,
                "s3_access_key": migrated.s3_access_key,
                "s3_secret_key": migrated.s3_secret_key,
            }
        )
    )
    return Shop(migrated, parley)


def test_what_is_done_or_under_way_balances(shop: Shop) -> None:
    shop.arrived("a", "b")
    shop.answered("a")
    said = shop.ledger()
    assert said.code == 0, said.out + said.err
    assert "it balances" in said.out
    [row] = shop.numbers()["items"]
    assert (row["arrived"], row["done"], row["waiting"]) == (2, 1, 1)


def test_a_message_that_is_nowhere_is_missing_and_named(shop: Shop) -> None:
    shop.arrived("a", "b", ago=HOUR)
    shop.answered("a")
    said = shop.ledger()
    assert said.code == 1
    assert "MISSING: 1 messages" in said.out
    assert f"b {shop.slug}" in said.out
    assert "parley replay" in said.out
    assert shop.numbers()["missing"] == {"inbound": 1}
    assert shop.ledger("--grace", "7200").code == 0


def test_rows_of_the_ledger_that_somebody_deleted_are_seen(shop: Shop) -> None:
    shop.arrived("a")
    shop.forget("a")
    said = shop.ledger()
    assert (said.code, "1 are not explained" in said.out) == (1, True)


def test_a_span_of_hours_is_a_page_of_its_own(shop: Shop) -> None:
    shop.arrived("a", ago=timedelta(days=2))
    shop.arrived("b")
    assert shop.numbers("--from", "1h", "--grace", "1e9")["items"][0]["arrived"] == 1
    assert shop.numbers("--grace", "1e9")["items"][0]["arrived"] == 2
    assert shop.numbers("--to", "5d", "--grace", "1e9")["items"] == []
