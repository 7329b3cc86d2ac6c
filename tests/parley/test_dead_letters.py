"""`parley dlq`: what it shows, what it keeps to itself, what it changes."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from local.services import Endpoints
from shared.messaging.envelope import Event
from shared.messaging.topology import INBOUND_WHATSAPP_MESSAGES, Topology
from shared.runtime.clock import parse_time, rfc3339
from shared.storage.database import Database
from shared.wire.printed import is_printable
from tests.messaging.broker import clear, collect, depth, event, open_channel
from tests.parley.conftest import Parley, Said

PRIVATE = "what the customer wrote"


@dataclass(frozen=True)
class Graveyard:
    """Dead letters of one tenant in queues of its own."""

    endpoints: Endpoints
    topology: Topology
    tenant: str
    slug: str
    parley: Parley

    def bury(self, name: str, code: str = "bad_input", body: bytes | None = None) -> None:
        one = event(f"{name} {self.slug}", "ann", tenant=self.tenant, text=PRIVATE)
        letter: dict[str, Any] = {
            "event_id": one.id,
            "tenant": self.tenant,
            "channel": one.channelid,
            "queue": self.topology.queue(INBOUND_WHATSAPP_MESSAGES, 0),
            "key": one.partitionkey,
            "reason_code": code,
            "reason": "answered 422",
            "attempts": 1,
            "first_seen": time.time(),
            "last_seen": time.time(),
            "raw_ref": "webhooks-inbound/x.json",
        }

        async def write() -> None:
            async with Database.open(self.endpoints.database_url("connector")) as database:
                await database.call("connector_bury", letter=letter, body=body or one.encode())

        asyncio.run(write())

    def dlq(self, *arguments: str) -> Said:
        return self.parley(
            "dlq",
            *arguments,
            DATABASE_URL_CONNECTOR=self.endpoints.database_url("connector"),
            AMQP_URL=self.endpoints.amqp_url,
            PARTITIONS="1",
            QUEUE_PREFIX=self.topology.prefix,
        )

    def listed(self, *arguments: str) -> list[dict[str, Any]]:
        said = self.dlq("list", "--json", "--tenant", self.slug, *arguments)
        assert said.code == 0, said.err
        found: list[dict[str, Any]] = json.loads(said.out)["items"]
        return found

    def queued(self) -> list[str]:
        async def take() -> list[bytes]:
            queue = self.topology.queue(INBOUND_WHATSAPP_MESSAGES, 0)
            async with open_channel(self.endpoints.amqp_url) as channel:
                count = await depth(channel, queue)
                return [body for _, body in await collect(channel, queue, count)] if count else []

        return [Event.decode(body).id.partition(" ")[0] for body in asyncio.run(take())]


@pytest.fixture
def yard(migrated: Endpoints, parley: Parley) -> Iterator[Graveyard]:
    slug = f"yard-{uuid4().hex[:8]}"
    topology = Topology(1, f"{slug}.")

    async def make() -> str:
        async with Database.open(migrated.database_url("tenancy")) as database:
            insert = "insert into tenants (slug, name) values (:slug, 'Yard') returning id"
            return str((await database.rows(insert, slug=slug))[0]["id"])

    yield Graveyard(migrated, topology, asyncio.run(make()), slug, parley)
    asyncio.run(clear(migrated.amqp_url, topology))


def test_it_lists_by_reason_and_tenant_and_says_what_to_do(yard: Graveyard) -> None:
    yard.bury("a")
    yard.bury("b", "too_old")
    said = yard.dlq("list", "--tenant", yard.slug)
    assert said.code == 0
    assert "2 dead letters" in said.out
    assert "next: `parley dlq show ID`" in said.out
    assert PRIVATE not in said.out
    [old] = yard.listed("--reason", "too_old")
    assert old["event_id"].startswith("b ")
    assert yard.listed("--reason", "nothing") == []
    assert yard.listed("--to", "1d") == []
    assert len(yard.listed("--from", "1h")) == 2
    assert len(yard.listed("--limit", "1")) == 1
    assert len(yard.listed("--queue", f"{yard.topology.prefix}INBOUND_WHATSAPP_MESSAGES")) == 2


def test_it_shows_what_was_written_only_when_asked(yard: Graveyard) -> None:
    yard.bury("a")
    [letter] = yard.listed()
    shown = yard.dlq("show", letter["id"])
    assert (shown.code, PRIVATE in shown.out) == (0, False)
    assert "webhooks-inbound/x.json" in shown.out
    assert "--body shows" in shown.out
    assert PRIVATE in yard.dlq("show", letter["event_id"], "--body").out
    assert yard.dlq("show", str(uuid4())).code == 1


@pytest.mark.parametrize("format_", ["table", "json"])
def test_what_a_customer_wrote_can_not_act_on_the_terminal(yard: Graveyard, format_: str) -> None:
    forged = "\x1b]0;x\x07\u009b31m\u202e\u2066\u2028end"
    body = event("a", "ann", tenant=yard.tenant, text=forged).encode()
    yard.bury("a", code=f"bad{forged}", body=body)
    [letter] = yard.listed()
    listed = yard.dlq("list", "--tenant", yard.slug, "-o", format_).out
    shown = yard.dlq("show", letter["id"], "--body", "-o", format_).out
    assert all(is_printable(line) for line in (listed + shown).split("\n"))
    if format_ == "json":
        assert json.loads(shown)["body"]["data"]["text"] == forged


def test_a_dry_run_counts_and_changes_nothing(yard: Graveyard) -> None:
    yard.bury("a")
    said = yard.dlq("replay", "--tenant", yard.slug, "--dry-run")
    assert (said.code, "would replay 1 of 1" in said.out) == (0, True)
    assert len(yard.listed()) == 1


def test_a_replay_publishes_in_order_notes_it_and_repeats_only_what_is_named(
    yard: Graveyard,
) -> None:
    for name in ("a", "b", "c"):
        yard.bury(name)
    assert yard.dlq("replay", "--tenant", yard.slug, "--limit", "2").code == 0
    said = yard.dlq("replay", "--tenant", yard.slug)
    assert "replayed 1 dead letters" in said.out
    assert "next: `parley dlq list`" in said.out
    assert yard.listed() == []
    again = yard.listed("--replayed")[0]
    assert yard.dlq("replay", "--id", again["id"]).code == 0
    assert yard.queued() == ["a", "b", "c", "a"]


def test_a_replay_of_everything_is_asked_about_and_a_script_says_yes(yard: Graveyard) -> None:
    yard.bury("a")
    refused = yard.dlq("replay", "--limit", "5")
    assert refused.code == 2
    assert "replay all dead letters of all tenants?" in refused.err
    assert yard.dlq("replay", "--dry-run").code == 0
    assert len(yard.listed()) == 1
    yard.dlq("replay", "--yes")  # of other installations' queues it takes none
    assert yard.queued() == ["a"]


def test_json_is_one_object_with_rfc_3339_times(yard: Graveyard) -> None:
    yard.bury("a")
    whole = json.loads(yard.dlq("list", "-o", "json", "--tenant", yard.slug).out)
    assert (whole["total"], whole["by_reason"]) == (1, {whole["items"][0]["reason_code"]: 1})
    one = json.loads(yard.dlq("show", whole["items"][0]["id"], "-o", "json", "--body").out)
    for moment in (one["first_seen"], one["time"], whole["items"][0]["last_seen"]):
        assert rfc3339(parse_time(moment)) == moment
    assert PRIVATE in json.dumps(one["body"])
    dry = json.loads(yard.dlq("replay", "-o", "json", "--tenant", yard.slug, "--dry-run").out)
    assert (dry["would_replay"], dry["total"]) == (1, 1)
    done = json.loads(yard.dlq("replay", "-o", "json", "--tenant", yard.slug).out)
    assert done == {"replayed": 1, "agents": 0, "unreadable": 0, "foreign": 0}


def test_what_is_no_event_is_left_out_and_said(yard: Graveyard) -> None:
    yard.bury("a", "unreadable", b"rubbish")
    yard.bury("b")
    said = yard.dlq("replay", "--tenant", yard.slug)
    assert said.code == 1
    assert "replayed 1 dead letters" in said.out
    assert "skipped 1 that are no events" in said.out
    assert yard.queued() == ["b"]


def test_a_tenant_that_is_not_there_is_said(yard: Graveyard) -> None:
    said = yard.dlq("list", "--tenant", "nobody-here")
    assert (said.code, "parley tenants list" in said.err) == (1, True)


@pytest.mark.parametrize("wrong", ["yesterday", "2020-13-01", "5"])
def test_a_moment_that_is_none_is_refused(parley: Parley, wrong: str) -> None:
    said = parley("dlq", "list", "--from", wrong)
    assert said.code == 2
    assert "2h" in said.err


def test_a_server_that_is_away_is_named_with_its_setting(parley: Parley) -> None:
    away = "postgresql://a:secret@127.0.0.1:1/parley"
    said = parley("dlq", "list", DATABASE_URL_CONNECTOR=away)
    assert said.code == 3
    assert "DATABASE_URL_CONNECTOR" in said.err
    assert "secret" not in said.err
