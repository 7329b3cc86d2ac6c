"""Any messages and news of any people, also absurd ones, all at once: what holds in any case."""

import asyncio
import random
from typing import Any

import pytest

from local.services import Endpoints
from shared.services.state import IdentityChange
from shared.storage.database import Database
from state_service.people import People
from state_service.state import State
from tests.moments import told_at
from tests.state.desk import POLICY, Desk

NUMBERS = ("5511987654321", "551187654321", "491701", "491702", "491703", None)
IDS = ("BR.1", "DE.1", "DE.2", "DE.3", None)
STEPS = 250

# What may never be found.
FAULTS = {
    "a value is of a name that is used no more": """
        select i.value from identities i
          left join customers c using (tenant_id, customer)
         where c.customer is null or c.merged_into is not null""",
    "a person has the number of another": """
        select c.wa_id from customers c left join identities i
          on i.tenant_id = c.tenant_id and i.kind = 'wa_id' and i.value = c.wa_id
        where c.wa_id is not null and c.merged_into is null
          and i.customer is distinct from c.customer""",
    "a person has the user id of another": """
        select c.bsuid from customers c left join identities i
          on i.tenant_id = c.tenant_id and i.kind = 'bsuid' and i.value = c.bsuid
        where c.bsuid is not null and c.merged_into is null
          and i.customer is distinct from c.customer""",
    "two people have one number": """
        select wa_id from customers where merged_into is null and wa_id is not null
        group by 1 having count(*) > 1""",
    "a name leads to one that leads on": """
        select one.customer from customers one
          join customers other on other.tenant_id = one.tenant_id
                              and other.customer = one.merged_into
         where other.merged_into is not null""",
    "a conversation is of a name that is used no more": """
        select m.customer from conversation_mappings m
          join customers c using (tenant_id, customer) where c.merged_into is not null""",
    "a customer has two current conversations": """
        select customer from conversation_mappings where is_current
        group by 1 having count(*) > 1""",
}


def whom(chance: random.Random) -> dict[str, str | None]:
    wa_id, bsuid = chance.choice(NUMBERS), chance.choice(IDS)
    return {"wa_id": wa_id, "bsuid": bsuid if wa_id else bsuid or "DE.1"}


def at(chance: random.Random) -> str:
    return told_at(seconds=chance.randrange(30))


async def step(desk: Desk, state: State, people: People, number: int, seed: int) -> None:
    """One thing that happens."""
    chance = random.Random(seed * STEPS + number)
    who, when = whom(chance), at(chance)
    named: dict[str, Any] = who | {"customer": who["wa_id"] or who["bsuid"], "occurred_at": when}
    match chance.choice(("inbound", "inbound", "outbound", "link", "record", "prefer")):
        case "inbound" | "outbound" as direction:
            request = desk.request(f"m{number}", direction=direction, **named)
            await state.claim(request)
            done = {"conversation_id": f"conv-{chance.randrange(6)}"}
            await state.complete(desk.completion(request).model_copy(update=done))
        case "link":
            told = {"previous": who, "current": whom(chance), "occurred_at": when}
            await people.link(IdentityChange.model_validate(told | {"tenant_id": desk.tenant_id}))
        case "record":
            more = whom(chance)
            past = [named | {"source_id": f"w{number}"}]
            past += [more | {"customer": more["wa_id"] or more["bsuid"], "source_id": f"x{number}"}]
            way = chance.choice(("inbound", "outbound"))
            await people.record(desk.recording(one | {"direction": way} for one in past))
        case _:
            await people.prefer(desk.preference(**who, occurred_at=when))


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_at_once_what_is_known_fits_together(
    desk: Desk, migrated: Endpoints, seed: int
) -> None:
    async def main() -> None:
        url = migrated.database_url("functions")
        limits: dict[str, Any] = {"size": 8, "wait": 60, "statement_timeout_ms": 10_000}
        async with Database.open(url, **limits) as database:
            state, people = State(database, desk.cache, POLICY), People(database)
            work = (step(desk, state, people, number, seed) for number in range(STEPS))
            await asyncio.gather(*work)

    desk.runner.run(main())
    assert {fault: desk.rows(sql) for fault, sql in FAULTS.items()} == {
        fault: [] for fault in FAULTS
    }
