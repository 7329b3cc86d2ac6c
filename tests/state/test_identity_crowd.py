"""People at once and in any order: no deadlock, nobody double, nobody mixed up with another."""

import asyncio
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.services import Endpoints
from shared.services.state import IdentityChange
from shared.storage.database import Database
from state_service.people import People
from state_service.state import State
from tests.state.desk import POLICY, Desk

SHOWN = ("number", "id", "both")
HUMANS = 3


def number(human: int) -> str:
    return f"551198765432{human}"  # a Brazilian one, which has two spellings


def user_id(human: int) -> str:
    return f"BR.{human}"


def said(human: int, shown: str) -> dict[str, str | None]:
    wa_id = None if shown == "id" else number(human)
    return {"wa_id": wa_id, "bsuid": None if shown == "number" else user_id(human)}


def as_told(desk: Desk, name: str, human: int, shown: str) -> Any:
    who = said(human, shown)
    told = {"direction": "inbound", "customer": who["wa_id"] or who["bsuid"]}
    return desk.request(name, **told, **who)


steps = st.lists(st.tuples(st.integers(0, HUMANS - 1), st.sampled_from(SHOWN)), max_size=12)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_in_any_order_everybody_is_one_person_in_the_end(
    desk: Desk, told: list[tuple[int, str]]
) -> None:
    desk = desk.other()
    for at, (human, shown) in enumerate(told):
        desk.talk(f"m{at}", **said(human, shown), conversation_id=f"{human}-{at}")
    names = [desk.hear(f"end{human}", **said(human, "both")).customer for human in range(HUMANS)]
    assert len(set(names)) == HUMANS
    for human, name in enumerate(names):
        assert desk.customer(number(human)).customer == name
        assert desk.customer(user_id(human)).customer == name
    owners = desk.rows("select customer, conversation_id from conversation_mappings")
    assert all(
        row["customer"] == names[int(row["conversation_id"][0])]
        for row in owners
        if row["conversation_id"]
    )
    used = desk.rows("select count(*) as n from customers where merged_into is null")
    assert used == [{"n": HUMANS}]


@pytest.fixture
def crowd(desk: Desk, migrated: Endpoints) -> Any:
    """Run work with a state of its own: eight calls at once, ten seconds each at most."""

    def run(work: Any) -> Any:
        async def main() -> Any:
            async with Database.open(
                migrated.database_url("functions"), size=8, wait=60, statement_timeout_ms=10_000
            ) as database:
                return await work(State(database, desk.cache, POLICY), People(database))

        return desk.runner.run(main())

    return run


@pytest.mark.parametrize("pair", ["number both", "id both", "number id", "both both"])
def test_two_first_messages_at_once_make_one_person(desk: Desk, crowd: Any, pair: str) -> None:
    """A number and an id alone are one only once both came together."""
    tenants = [desk.other() for _ in range(40)]

    async def race(state: State, _: People) -> None:
        await asyncio.gather(
            *(
                state.claim(as_told(one, f"m{at}", 0, shown))
                for one in tenants
                for at, shown in enumerate(pair.split())
            )
        )

    crowd(race)
    for one in tenants:
        last = one.hear("end", **said(0, "both")).customer
        assert {one.customer(name).customer for name in (number(0), user_id(0))} == {last}
        used = one.rows("select count(*) as n from customers where merged_into is null")
        assert used == [{"n": 1}]


def test_two_spellings_at_once_make_one_person(desk: Desk, crowd: Any) -> None:
    tenants = [desk.other() for _ in range(40)]

    async def race(state: State, _: People) -> None:
        await asyncio.gather(
            *(
                state.claim(one.request(wa_id, customer=wa_id, wa_id=wa_id))
                for one in tenants
                for wa_id in ("5511987654321", "551187654321")
            )
        )

    crowd(race)
    for one in tenants:
        assert one.rows("select count(*) as n from customers") == [{"n": 1}]


def test_everything_at_once_ends_without_a_deadlock_and_with_one_name_each(
    desk: Desk, crowd: Any
) -> None:
    """Claims, echoes, wishes and news of the same people, in one tenant."""
    chance = random.Random(7)

    async def one(state: State, people: People, at: int) -> None:
        human, kind = chance.randrange(HUMANS), chance.choice(("claim", "record", "link", "prefer"))
        shown = chance.choice(SHOWN)
        claim = as_told(desk, f"m{at}", human, shown)
        who = {"wa_id": claim.wa_id, "bsuid": claim.bsuid}
        scope = {"tenant_id": desk.tenant_id, "channel_id": desk.channel_id}
        if kind == "claim":
            claimed = await state.claim(claim)
            completed = desk.completion(claim).model_copy(
                update={"conversation_id": f"{human}-{chance.randrange(4)}"}
            )
            assert claimed["outcome"] == "claimed"
            await state.complete(completed)
        elif kind == "record":
            await people.record(desk.recording(echo(at, other, shown) for other in range(HUMANS)))
        elif kind == "prefer":
            await people.prefer(desk.preference(**who))
        else:
            change = {"previous": said(human, "number"), "current": said(human, "both")}
            await people.link(
                IdentityChange.model_validate(
                    change | {"tenant_id": scope["tenant_id"], "occurred_at": claim.occurred_at}
                )
            )

    async def all_at_once(state: State, people: People) -> None:
        await asyncio.gather(*(one(state, people, at) for at in range(300)))

    crowd(all_at_once)
    names = [desk.hear(f"end{human}", **said(human, "both")).customer for human in range(HUMANS)]
    assert len(set(names)) == HUMANS
    used = desk.rows("select count(*) as n from customers where merged_into is null")
    assert used == [{"n": HUMANS}]
    current = "select count(*) as n from conversation_mappings where is_current group by customer"
    assert {row["n"] for row in desk.rows(current)} == {1}


def echo(at: int, human: int, shown: str) -> dict[str, Any]:
    who = said(human, shown)
    named = who["wa_id"] or who["bsuid"]
    return {"source_id": f"wamid.{at}.{human}", "customer": named, **who}
