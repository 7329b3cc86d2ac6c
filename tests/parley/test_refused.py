"""`parley refused list`: what an operator sees of messages that the other side refused."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from local.services import Endpoints
from shared.services.state import PartResult
from shared.storage.cache import Cache
from shared.storage.database import Database
from tests.parley.conftest import Parley, Said
from tests.state.desk import Desk

NUMBER = "4917012345678"
WORDS = "This customer can not be reached on WhatsApp. Use another way to contact them."


class Office:
    """A tenant with refused messages of its own, and the command."""

    def __init__(self, desk: Desk, endpoints: Endpoints, parley: Parley) -> None:
        self.desk = desk
        self.slug = f"office-{uuid4().hex[:8]}"
        self._endpoints = endpoints
        self._parley = parley
        insert = "insert into tenants (id, slug, name) values (:id, :slug, 'Office')"
        desk.runner.run(self._as_tenancy(insert, id=desk.tenant_id, slug=self.slug))

    async def _as_tenancy(self, sql: str, **values: Any) -> None:
        async with Database.open(self._endpoints.database_url("tenancy"), size=1) as database:
            await database.rows(sql, **values)

    def refuse(self, source_id: str, **changes: Any) -> None:
        told = {"event_id": f"event:{uuid4().hex}", "customer": NUMBER, "wa_id": NUMBER}
        claim = self.desk.claim(source_id, **(told | changes))
        error = {"provider_code": "131026", "agent_words": WORDS}
        part = PartResult(part=1, outcome="refused", error=error)
        direction = changes.get("direction", "outbound")
        self.desk.complete(claim, part, source_id=source_id, direction=direction)

    def refused(self, *arguments: str) -> Said:
        url = self._endpoints.database_url("connector")
        return self._parley("refused", "list", *arguments, DATABASE_URL_CONNECTOR=url)

    def listed(self, *arguments: str) -> Any:
        said = self.refused("--tenant", self.slug, "--json", *arguments)
        assert said.code == 0, said.err
        return json.loads(said.out)


@pytest.fixture
def office(migrated: Endpoints, parley: Parley) -> Iterator[Office]:
    with asyncio.Runner() as runner:
        opened = Database.open(migrated.database_url("functions"), size=2)
        database = runner.run(opened.__aenter__())
        cached = Cache.open(migrated.redis_url)
        cache = runner.run(cached.__aenter__())
        yield Office(Desk(runner, database, cache), migrated, parley)
        runner.run(cached.__aexit__(None, None, None))
        runner.run(opened.__aexit__(None, None, None))


def test_a_refused_message_has_its_reason_in_words_and_names_no_person(office: Office) -> None:
    office.refuse("g-1", conversation_id="conv-1", content={"text": "what the agent wrote"})
    office.refuse("wamid.of-491701", direction="inbound", content={"text": "what they wrote"})
    said = office.refused("--tenant", office.slug)
    assert said.code == 0, said.err
    assert f"131026: {WORDS}" in said.out
    assert "conversation conv-1" in said.out
    told = said.out + json.dumps(office.listed())
    for private in (NUMBER, "wamid.", "wrote"):
        assert private not in told


def test_direction_channel_and_span_narrow_it(office: Office) -> None:
    office.refuse("g-1")
    office.refuse("wamid.1", direction="inbound")
    assert len(office.listed()["items"]) == 2
    [one] = office.listed("--direction", "inbound")["items"]
    assert (one["tenant"], one["direction"], one["code"]) == (office.slug, "inbound", "131026")
    assert one["refused_at"].endswith("Z")
    assert len(office.listed("--channel", office.desk.channel_id)["items"]) == 2
    assert office.listed("--channel", "another")["items"] == []
    assert office.listed("--to", "1h")["items"] == []


def test_pages_hang_together(office: Office) -> None:
    for number in range(3):
        office.refuse(f"g-{number}")
    first = office.listed("--limit", "2")
    assert len(first["items"]) == 2
    last = office.listed("--limit", "2", "--cursor", first["next"])
    assert (len(last["items"]), last["next"]) == (1, None)
    assert (
        f"--cursor {first['next']}" in office.refused("--tenant", office.slug, "--limit", "2").out
    )


def test_nothing_refused_is_said(office: Office) -> None:
    said = office.refused("--tenant", office.slug)
    assert (said.code, said.out) == (0, "no message of that kind was refused\n")


def test_an_unknown_tenant_and_a_made_up_cursor_are_refused(office: Office) -> None:
    assert office.refused("--tenant", "nobody-here").code == 1
    said = office.refused("--cursor", "made-up")
    assert (said.code, "`next`" in said.err) == (1, True)
