"""in = done + waiting + parked + dead, and what is nowhere is found."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from local.services import Endpoints
from shared.messaging.envelope import Event
from shared.runtime import metrics
from shared.runtime.clock import rfc3339, utcnow
from shared.storage.database import Database, Session
from tests.connector.harness import OK, Reply, World, eventually, play
from tests.messaging.broker import event, until

PAGE = "select * from ledger_page(:tenant, null, null, :grace)"
GRACE = 2.0
DUPLICATE = Reply(200, problem={"outcome": "duplicate"})


class Books:
    """The ledger of one tenant, from both sides."""

    def __init__(self, tenant: str, functions: Database, connector: Database) -> None:
        self.tenant = tenant
        self._functions = functions
        self._connector = connector

    def event(self, id_: str, key: str = "ann") -> Event:
        return event(f"{id_} {self.tenant}", key).model_copy(update={"tenantid": self.tenant})

    async def arrived(self, *events: Event) -> None:
        """As the doors tell it."""
        told = [
            {
                "event_id": one.id,
                "tenant_id": self.tenant,
                "direction": "inbound",
                "arrived_at": rfc3339(utcnow()),
            }
            for one in events
        ]
        await self._functions.call("ledger_arrive", arrivals=told)

    async def sent(self, one: Event, state: str = "done") -> None:
        """As state writes it down."""

        def write(session: Session) -> None:
            session.rows("select set_config('app.tenant_id', :tenant, true)", ids)
            session.rows(
                "insert into message_tracking (tenant_id, channel_id, direction, source_id, part,"
                " tracking_id, customer, kind, occurred_at, state, attempts, event_id)"
                " values (:tenant, gen_random_uuid(), 'inbound', :event, 1, gen_random_uuid(),"
                " 'ann', 'text', now(), :state, 1, :event)",
                ids | {"event": one.id, "state": state},
            )

        ids = {"tenant": self.tenant}
        await self._functions.transaction(write)

    async def page(self, grace: float = GRACE) -> dict[str, int]:
        found = await self._connector.rows(PAGE, tenant=self.tenant, grace=grace)
        names = ("arrived", "done", "parked", "dead", "waiting", "overdue")
        return {name: found[0][name] for name in names if found[0][name]} if found else {}

    async def becomes(self, **numbers: int) -> None:
        async def is_so() -> bool:
            return await self.page() == numbers

        try:
            await eventually(is_so)
        except TimeoutError:
            assert await self.page() == numbers


@asynccontextmanager
async def books(endpoints: Endpoints) -> AsyncIterator[Books]:
    async with (
        Database.open(endpoints.database_url("functions"), size=1) as functions,
        Database.open(endpoints.database_url("connector"), size=1) as connector,
    ):
        yield Books(str(uuid4()), functions, connector)


def test_each_message_is_in_one_place_and_ends_as_done(migrated: Endpoints) -> None:
    replies: dict[str, Reply] = {}

    async def scenario(world: World) -> None:
        async with books(migrated) as ledger:
            done, double, parked, dead = (ledger.event(n, n) for n in ("a", "b", "c", "d"))
            replies.update({parked.id: Reply(503), dead.id: Reply(422), double.id: DUPLICATE})
            await ledger.arrived(done, double, parked, dead)
            await ledger.arrived(done)  # told twice
            assert await ledger.page() == {"arrived": 4, "waiting": 4}
            async with world.connector(ledger_grace_seconds=GRACE):
                await world.publish(done, double, parked, dead)
                await ledger.sent(done)
                await ledger.becomes(arrived=4, done=2, parked=1, dead=1)
                replies.clear()
                await ledger.sent(parked)
                await ledger.becomes(arrived=4, done=3, dead=1)

    play(migrated, scenario, lambda one: replies.get(one.id, OK))


def test_what_was_refused_and_lies_dead_is_not_done(migrated: Endpoints) -> None:
    async def scenario(world: World) -> None:
        async with books(migrated) as ledger:
            refused = ledger.event("a")
            await ledger.arrived(refused)
            await ledger.sent(refused, "refused")
            async with world.connector():
                await world.publish(refused)
                await ledger.becomes(arrived=1, dead=1)

    play(migrated, scenario, lambda _: Reply(422))


def test_a_message_that_somebody_deleted_is_missed_and_said(migrated: Endpoints) -> None:
    async def scenario(world: World) -> None:
        async with books(migrated) as ledger:
            lost = ledger.event("a")
            await ledger.arrived(lost)
            async with world.connector(ledger_grace_seconds=GRACE, tries_before_parking=1):
                await world.publish(lost)
                await world.rows_become("parked", 1)
                await ledger.becomes(arrived=1, parked=1)
            await world.forget("parked")
            async with world.connector(ledger_grace_seconds=GRACE):
                await ledger.becomes(arrived=1, overdue=1)
                await until(lambda: missing() > 0)
            await ledger.sent(lost)  # do not alarm the tests that follow

    play(migrated, scenario, lambda _: Reply(503))


def missing() -> float:
    """What the connector shows."""
    lines = metrics.page().decode().splitlines()
    told = [line for line in lines if line.startswith('parley_ledger_missing{direction="inbound"}')]
    return float(told[0].rpartition(" ")[2]) if told else 0.0
