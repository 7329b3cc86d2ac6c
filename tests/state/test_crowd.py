"""Everything at once on few customers: no deadlock, nothing lost, one truth at the end."""

import asyncio
import random

import pytest

from local.services import Endpoints
from shared.storage.database import Database
from state_service.state import State
from tests.state.desk import POLICY, Desk, accepted

MESSAGES = 240
CUSTOMERS = 4
PAIRS = 40


async def live(desk: Desk, state: State, number: int, chance: random.Random) -> None:
    """One message's life: claimed by several, completed, its statuses early, late and doubled."""
    direction = ("inbound", "outbound")[number % 2]
    customer = f"49{chance.randrange(CUSTOMERS)}"
    request = desk.request(
        f"m{number}",
        direction=direction,
        customer=customer,
        wa_id=customer,
        bsuid=f"DE.{customer}",
        profile_name=chance.choice(["Ann", "Anne"]),
    )
    rivals = [request.model_copy(update={"attempt_id": desk.request("x").attempt_id})] * 2
    claims = await asyncio.gather(*(state.claim(rival) for rival in (request, *rivals)))
    winners = {claim["attempt_id"] for claim in claims if claim["outcome"] == "claimed"}
    assert len(winners) == 1
    parts = [accepted(part, f"t{number}.{part}") for part in (1, 2)]
    completed = desk.completion(
        request.model_copy(update={"attempt_id": winners.pop()}), *chance.sample(parts, 2)
    ).model_copy(update={"conversation_id": f"{customer}-{chance.randrange(3)}"})
    statuses = [(p, s) for p in (1, 2) for s in ("sent", "delivered", "read", "sent")]
    chance.shuffle(statuses)
    await asyncio.gather(
        state.complete(completed),
        *(state.advance(f"t{number}.{part}", desk.update(status)) for part, status in statuses),
    )


def test_no_order_of_locks_blocks_another(desk: Desk, migrated: Endpoints) -> None:
    async def crowd() -> None:
        async with Database.open(
            migrated.database_url("functions"), size=8, wait=60, statement_timeout_ms=10_000
        ) as database:
            state = State(database, desk.cache, POLICY)
            await asyncio.gather(
                *(live(desk, state, number, random.Random(number)) for number in range(MESSAGES))
            )

    desk.runner.run(crowd())
    ends = "select state, part, status::text, count(*) as n from message_tracking group by 1, 2, 3"
    assert sorted(desk.rows(ends), key=lambda row: row["part"]) == [
        {"state": "done", "part": 1, "status": "read", "n": MESSAGES},
        {"state": None, "part": 2, "status": "read", "n": MESSAGES},
    ]
    assert desk.rows("select * from waiting_statuses") == []
    current = (
        "select customer, count(*) as n from conversation_mappings where is_current group by 1"
    )
    assert {row["n"] for row in desk.rows(current)} == {1}


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_a_conversation_told_of_two_people_at_once_is_of_one(
    desk: Desk, migrated: Endpoints, direction: str
) -> None:
    """Neither row is there when both look: one of the two must wait for the other."""

    async def talks(state: State, customer: str, conversation_id: str) -> None:
        request = desk.request(f"m{customer}", direction=direction, customer=customer)
        await state.claim(request)
        told = {"conversation_id": conversation_id}
        await state.complete(desk.completion(request, accepted(1)).model_copy(update=told))

    async def crowd() -> None:
        async with Database.open(migrated.database_url("functions"), size=8, wait=60) as database:
            state = State(database, desk.cache, POLICY)
            await asyncio.gather(
                *(talks(state, f"49{n}{who}", f"conv-{n}") for n in range(PAIRS) for who in "12")
            )

    desk.runner.run(crowd())
    owners = """
        select conversation_id, count(*) as n from conversation_mappings
         where conversation_id is not null group by 1"""
    assert [row["n"] for row in desk.rows(owners)] == [1] * PAIRS
