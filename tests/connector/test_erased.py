"""What reached us before a person was erased is not delivered; what came after is."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from connector.erased import Erased
from connector.values import Held, held_of
from local.services import Endpoints
from shared.erasure.marks import Marker
from shared.messaging.envelope import Event, EventType
from shared.runtime.clock import rfc3339, utcnow
from shared.storage.database import Database
from tests.connector.harness import OK, TOKEN_KEY, World, play
from tests.messaging.broker import until
from tests.migrations.asking import ask
from tests.waits import WAIT_S

KEY = "k" * 40
LONG_AGO = -2e7  # seconds; the erasure was ten million seconds ago
ANN, BOB = "4915112345678", "4915187654321"


def event_of(
    tenant: str, who: str, seconds: float, kind: str = EventType.WHATSAPP_MESSAGE
) -> Event:
    """One that reaches us so many seconds from now."""
    moment = utcnow() + timedelta(seconds=seconds)
    data: dict[str, Any] = {"received_at": rfc3339(moment)}
    data |= {"message": {"from": who, "id": f"wamid.{uuid4().hex}"}}
    return Event(
        id=uuid4().hex,
        type=kind,
        source="test",
        time=moment,
        tenantid=tenant,
        partitionkey=f"{tenant}:c:{who}",
        data=data,
    )


def held(tenant: str, who: str, seconds: float, kind: str = EventType.WHATSAPP_MESSAGE) -> Held:
    event = event_of(tenant, who, seconds, kind)
    return held_of(event, event.encode(), tag=1, now=0, unix_now=0, alone=False)


def test_what_waits_in_a_queue_is_dropped_and_over_for_the_ledger(migrated: Endpoints) -> None:
    tenant = str(uuid4())
    begin = "select erasure_begin(:tenant, 'p', 'me', -1e7, :marks, '{}') as begun"
    marks = (Marker(TOKEN_KEY, tenant).of("address", ANN),)
    ask(migrated.database_owner_url, begin, tenant=tenant, marks=marks)
    anns, bobs = (event_of(tenant, who, LONG_AGO) for who in (ANN, BOB))

    async def scenario(world: World) -> None:
        await world.publish(anns, bobs)
        async with world.connector():
            await until(lambda: world.function.all_taken)
            told: list[dict[str, Any]] = []
            answers = "select answer from ledger_answers where event_id = :id"
            async with Database.open(migrated.database_owner_url) as owner, asyncio.timeout(WAIT_S):
                while not told:
                    told = await owner.rows(answers, id=anns.id)
        assert told == [{"answer": "erased"}]
        assert world.function.all_taken == {bobs.id}

    play(migrated, scenario, lambda _: OK)


def test_only_the_erased_person_s_earlier_events_are_dropped(migrated: Endpoints) -> None:
    tenant, other = str(uuid4()), str(uuid4())
    begin = "select erasure_begin(:tenant, 'p', 'me', -1e7, :marks, '{}') as begun"
    marks = (Marker(KEY, tenant).of("address", ANN),)
    [told] = ask(migrated.database_owner_url, begin, tenant=tenant, marks=marks)
    end = "select erasure_note(:tenant, :id, '{}', '{}', true) as ended"
    ask(migrated.database_owner_url, end, tenant=tenant, id=told["begun"]["id"])

    async def main() -> tuple[Erased, Erased]:
        async with Database.open(migrated.database_url("connector")) as database:
            erased = Erased(database, ["n" * 40, KEY], longest_life=86_400)
            before = erased.rest(held(tenant, ANN, LONG_AGO))
            assert before is not None, "nobody has told it yet"
            await erased.look()
            forgetting = Erased(database, [KEY], longest_life=86_400)
            await database.call("erasure_forget", seconds=5e6)
            await forgetting.look()
            return erased, forgetting

    erased, forgetting = asyncio.run(main())
    assert erased.rest(held(tenant, ANN, LONG_AGO)) is None
    assert erased.rest(held(tenant, ANN, LONG_AGO, EventType.WHATSAPP_FILE)) is None
    for kept in (held(tenant, ANN, 60), held(tenant, BOB, LONG_AGO), held(other, ANN, LONG_AGO)):
        assert erased.rest(kept) == kept.body
    assert forgetting.rest(held(tenant, ANN, LONG_AGO)) is not None
    [row] = ask(
        migrated.database_owner_url, "select marks from erasures where tenant_id = :t", t=tenant
    )
    assert row["marks"] == []


def test_each_erasure_is_learned_once_and_forgotten_apart(migrated: Endpoints) -> None:
    tenant = str(uuid4())
    owner = migrated.database_owner_url
    begin = "select erasure_begin(:tenant, :who, 'me', -1e7, :marks, '{}') as begun"

    def erase(who: str) -> str:
        marks = (Marker(KEY, tenant).of("address", who),)
        [told] = ask(owner, begin, tenant=tenant, who=who, marks=marks)
        return str(told["begun"]["id"])

    def gone(erased: Erased) -> list[str]:
        return [who for who in (ANN, BOB) if erased.rest(held(tenant, who, LONG_AGO)) is None]

    async def main() -> None:
        async with Database.open(migrated.database_url("connector")) as database:
            erased = Erased(database, ["n" * 40, KEY], longest_life=86_400)
            first = await asyncio.to_thread(erase, ANN)
            await erased.look()
            assert gone(erased) == [ANN]
            known = await database.rows("select * from erasure_marks(:ids)", ids=(first,))
            assert [row["marks"] for row in known if str(row["id"]) == first] == [None]
            await asyncio.to_thread(erase, BOB)
            await erased.look()
            assert gone(erased) == [ANN, BOB]
            await asyncio.to_thread(
                ask,
                owner,
                "update erasures set marks = '{}' where id = :id returning 1 as done",
                id=first,
            )
            await erased.look()
            assert gone(erased) == [BOB]

    asyncio.run(main())
