"""A refused message has one fate in the ledger, whenever and however its failure is learned."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from local.services import Endpoints
from shared.runtime.clock import rfc3339, utcnow
from shared.storage.database import Database
from shared.transforms.outbound_again import again_id
from tests.state.desk import Desk, accepted, refused

FATES = ("arrived", "done", "refused", "parked", "dead", "waiting", "overdue")


class Books:
    """One tenant's ledger beside its desk."""

    def __init__(self, desk: Desk, connector: Database) -> None:
        self.desk = desk
        self._connector = connector

    def arrived(
        self, name: str, direction: str = "outbound", at: datetime | None = None
    ) -> dict[str, str]:
        """A door takes a message; what its claim then says of it."""
        at = at or utcnow()
        event_id = f"gc:m:{name}:{self.desk.tenant_id}"
        told = {
            "event_id": event_id,
            "tenant_id": self.desk.tenant_id,
            "direction": direction,
            "arrived_at": rfc3339(at),
        }
        self.desk.runner.run(self.desk.database.call("ledger_arrive", arrivals=[told]))
        stamp = f"{at:%Y-%m-%d}/{at:%Y%m%dT%H%M%S.%fZ}"
        raw_ref = f"webhooks/{self.desk.tenant_id}/{stamp}-c.json"
        return {"event_id": event_id, "direction": direction, "raw_ref": raw_ref}

    def settle(self) -> None:
        self.desk.runner.run(self._connector.call("ledger_settle"))

    def page(self, since: datetime | None = None, until: datetime | None = None) -> dict[str, int]:
        """What is not 0, once the ledger has looked; it always balances."""
        self.settle()
        sql = "select * from ledger_page(:tenant, :since, :until, 900)"
        values: dict[str, Any] = {
            "tenant": self.desk.tenant_id,
            "since": since,
            "until": until,
        }
        found = self.desk.runner.run(self._connector.rows(sql, **values))
        sums = {name: sum(row[name] for row in found) for name in FATES}
        assert sums["arrived"] == sum(sums[name] for name in FATES[1:])
        return {name: number for name, number in sums.items() if number}

    def connector(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        return self.desk.runner.run(self._connector.rows(sql, **values))


@pytest.fixture
def books(desk: Desk, migrated: Endpoints) -> Iterator[Books]:
    opened = Database.open(migrated.database_url("connector"), size=1)
    connector = desk.runner.run(opened.__aenter__())
    yield Books(desk, connector)
    desk.runner.run(opened.__aexit__(None, None, None))


def test_what_meta_refused_at_once_is_refused_and_not_done(books: Books) -> None:
    claim = books.desk.claim("m", **books.arrived("m"))
    assert books.page() == {"arrived": 1, "waiting": 1}
    books.desk.complete(claim, refused(1))
    assert books.page() == {"arrived": 1, "refused": 1}
    assert books.page() == {"arrived": 1, "refused": 1}


def test_a_later_failure_moves_it_once_and_an_arrival_after_all_moves_it_back(
    books: Books,
) -> None:
    books.desk.sent("wamid.1", "m", **books.arrived("m"))
    assert books.page() == {"arrived": 1, "done": 1}
    for _ in range(2):
        books.desk.status("wamid.1", "failed")
        assert books.page() == {"arrived": 1, "refused": 1}
    books.desk.status("wamid.1", "delivered")
    assert books.page() == {"arrived": 1, "done": 1}


def test_a_failure_and_an_arrival_between_two_looks_change_nothing(books: Books) -> None:
    books.desk.sent("wamid.1", "m", **books.arrived("m"))
    books.page()
    books.desk.status("wamid.1", "failed")
    books.desk.status("wamid.1", "read")
    assert books.page() == {"arrived": 1, "done": 1}


def test_a_message_of_which_one_part_failed_is_refused(books: Books) -> None:
    claim = books.desk.claim("m", **books.arrived("m"))
    books.desk.complete(claim, accepted(1, "wamid.1"), accepted(2, "wamid.2"))
    assert books.page() == {"arrived": 1, "done": 1}
    books.desk.status("wamid.2", "failed")
    assert books.page() == {"arrived": 1, "refused": 1}


@pytest.mark.parametrize(("word", "fate"), [("delivered", "done"), ("failed", "refused")])
def test_what_goes_again_of_a_message_is_counted_as_that_message(
    books: Books, word: str, fate: str
) -> None:
    """Its own fate is written down of the message (shared/services/receipts.py)."""
    told = books.arrived("m")
    books.desk.sent("wamid.1", "m", **told)
    books.page()
    again = told | {"event_id": again_id(told["event_id"], 1)}
    books.desk.sent("wamid.2", again_id("m", 1), **again)
    for wamid in ("wamid.2", "wamid.1"):
        books.desk.status(wamid, word)
        books.page()
    assert books.page() == {"arrived": 1, fate: 1}


def test_a_customers_message_that_genesys_failed_later_is_refused(books: Books) -> None:
    told = books.arrived("in", "inbound")
    books.desk.sent("g1", "wamid.in", **told)
    assert books.page() == {"arrived": 1, "done": 1}
    books.desk.undelivered("g1")
    assert books.page() == {"arrived": 1, "refused": 1}


def test_a_refusal_counts_in_the_hour_in_which_its_message_came_in(books: Books) -> None:
    came = utcnow().replace(minute=59, second=59) - timedelta(hours=5)
    books.desk.sent("wamid.1", "m", **books.arrived("m", at=came))
    books.settle()
    books.desk.status("wamid.1", "failed")
    hour = came.replace(minute=0, second=0, microsecond=0)
    assert books.page(hour, hour + timedelta(hours=1)) == {"arrived": 1, "refused": 1}
    assert books.page(hour + timedelta(hours=1)) == {}


def test_a_webhook_that_is_repeated_after_a_refusal_is_done_once_more(books: Books) -> None:
    claim = books.desk.claim("m", **books.arrived("m"))
    books.desk.complete(claim, refused(1))
    books.page()
    books.arrived("m")
    assert books.page() == {"arrived": 2, "done": 1, "refused": 1}


def test_what_lies_dead_is_dead_and_not_refused(books: Books) -> None:
    told = books.arrived("in", "inbound")
    claim = books.desk.claim("wamid.in", **told)
    books.desk.complete(claim, refused(1), source_id="wamid.in", direction="inbound")
    letter = {
        "event_id": told["event_id"],
        "tenant": books.desk.tenant_id,
        "queue": "q",
        "key": "k",
        "reason_code": "bad_input",
        "reason": "Genesys refused it",
        "attempts": 1,
        "first_seen": 0,
        "last_seen": 0,
    }
    books.connector("select connector_bury(:letter, :body)", letter=letter, body=b"{}")
    assert books.page() == {"arrived": 1, "dead": 1}


def test_the_looks_of_two_connectors_at_once_count_once(books: Books, migrated: Endpoints) -> None:
    for number in range(20):
        books.desk.sent(f"wamid.{number}", f"m{number}", **books.arrived(f"m{number}"))
    books.settle()
    for number in range(20):
        books.desk.status(f"wamid.{number}", "failed")

    async def together() -> None:
        async with Database.open(migrated.database_url("connector"), size=4) as database:
            await asyncio.gather(*(database.call("ledger_settle") for _ in range(4)))

    books.desk.runner.run(together())
    assert books.page() == {"arrived": 20, "refused": 20}


def test_the_connector_sees_neither_people_nor_ids_of_whatsapp(books: Books) -> None:
    for column in ("customer", "source_id", "target_id", "receipt_status"):
        with pytest.raises(Exception, match="42501"):
            books.connector(f"select {column} from message_tracking")
