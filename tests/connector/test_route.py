"""A route whose function can not be reached: what is not called for tells nothing of it."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from connector.admission import Admission
from connector.dead import Undertaker
from connector.dispatch import Target
from connector.erased import Erased
from connector.limits import Limits
from connector.notes import Notes
from connector.park import Park
from connector.policy import Answer
from connector.route import Route
from connector.suspended import Suspended
from connector.values import Held
from local.services import Endpoints
from shared.erasure.marks import Marker
from shared.messaging.envelope import Event
from shared.messaging.publisher import Publisher
from shared.runtime.service_auth import ServiceTokens
from shared.storage.database import Database
from tests.connector.harness import (
    EXCHANGE,
    FUNCTION,
    OK,
    TOKEN_KEY,
    Function,
    Reply,
    World,
    eventually,
    play,
)
from tests.connector.test_erased import ANN, LONG_AGO, event_of
from tests.connector.test_suspended import company
from tests.messaging.broker import OTHER_TENANT, event, until
from tests.migrations.asking import ask
from tests.waits import WAIT_S

NOBODY = "postgresql://nobody:x@127.0.0.1:1/x"
UNREACHABLE = Answer(trouble="unreachable", detail="it can not be reached")


def test_a_route_opens_again_although_the_next_event_is_a_suspended_tenants(
    migrated: Endpoints,
) -> None:
    async def scenario(world: World) -> None:
        back = Function(lambda _: OK)
        async with company(world) as acme:
            await acme.become("suspended")
            mine = [acme.event(f"m{n}", f"m{n}") for n in range(12)]
            others = [event(f"o{n}", f"o{n}", tenant=OTHER_TENANT) for n in range(12)]
            async with world.connector(routes=f"{EXCHANGE}={back.url}") as routes:
                await world.publish(*others)
                await until(lambda: not routes[0].gate.is_open)
                await world.publish(*mine)
                await eventually(lambda: any_parked(world))
                async with back.serving():
                    await until(lambda: {one.id for one in others} == back.all_taken)
                    await world.rows_become("parked", len(mine))
            assert set(back.tries.values()) == {1}

    play(migrated, scenario, lambda _: OK)


async def any_parked(world: World) -> bool:
    return bool(await world.rows("parked"))


def erase_ann(endpoints: Endpoints, tenant: str) -> None:
    begin = "select erasure_begin(:tenant, 'p', 'me', -1e7, :marks, '{}') as begun"
    marks = (Marker(TOKEN_KEY, tenant).of("address", ANN),)
    ask(endpoints.database_owner_url, begin, tenant=tenant, marks=marks)


async def dropped(world: World, gone: Event) -> None:
    """Wait until the ledger was told that this event is over."""
    answers = "select answer from ledger_answers where event_id = :id"
    told: list[dict[str, object]] = []
    async with Database.open(world.endpoints.database_owner_url) as owner, asyncio.timeout(WAIT_S):
        while not told:
            told = await owner.rows(answers, id=gone.id)
    assert told == [{"answer": "erased"}]


def test_an_erased_persons_event_does_not_open_a_closed_gate(
    migrated: Endpoints, capsys: pytest.CaptureFixture[str]
) -> None:
    tenant = event("e").tenantid or ""
    erase_ann(migrated, tenant)
    gone = event_of(tenant, ANN, LONG_AGO)

    async def scenario(world: World) -> None:
        nobody = Function(lambda _: OK)
        async with world.connector(routes=f"{EXCHANGE}={nobody.url}") as routes:
            await world.publish(event("e1"))
            await until(lambda: not routes[0].gate.is_open)
            await world.publish(gone)
            await dropped(world, gone)
            assert not routes[0].gate.is_open
        assert "function_unreachable" in (logged := capsys.readouterr().out)
        assert "function_reached" not in logged

    play(migrated, scenario, lambda _: OK)


def test_an_erased_persons_event_does_not_free_a_held_tenant(migrated: Endpoints) -> None:
    tenant = event("e").tenantid or ""
    erase_ann(migrated, tenant)
    gone = event_of(tenant, ANN, LONG_AGO)

    async def scenario(world: World) -> None:
        async with world.connector() as routes:
            await world.publish(*(event(f"e{n}", f"k{n}") for n in range(6)))
            await until(lambda: routes[0].tenants.held == 1)
            await world.publish(gone)
            await dropped(world, gone)
            assert routes[0].tenants.held == 1

    play(migrated, scenario, lambda _: Reply(503))


class Scripted(Target):
    """A function that answers, or fails in the connector's own code, as it is told."""

    def __init__(
        self, session: aiohttp.ClientSession, script: list[Answer | BaseException]
    ) -> None:
        super().__init__(session, ServiceTokens("c", TOKEN_KEY), name=FUNCTION, url="", seconds=1)
        self._script = script
        self.called = 0

    async def post(self, held: Held) -> Answer:
        del held
        self.called += 1
        step = self._script.pop(0) if self._script else Answer(200, outcome="delivered")
        if isinstance(step, BaseException):
            raise step
        return step


class Link:
    """A channel that gives what was not acknowledged to a new worker when it is dropped."""

    def __init__(self) -> None:
        self.acked: list[int] = []
        self.dropped = 0

    def ack(self, tag: int) -> None:
        self.acked.append(tag)

    def drop(self) -> None:
        self.dropped += 1


class NoRows(Park):
    """A park without a database, in which nothing is."""

    async def keys(self, queue: str) -> list[tuple[str, str]]:
        del queue
        return []


def play_alone(
    script: list[Answer | BaseException], scenario: Callable[[Route, Scripted], Awaitable[None]]
) -> None:
    """A route without servers, whose function's calls end as the script says."""

    async def main() -> None:
        database = Database(NOBODY)
        admission = Admission(Erased(database, [TOKEN_KEY], 1.0), Suspended(database))
        undertaker = Undertaker(NoRows(database), Publisher("amqp://nobody:x@127.0.0.1:1/%2F"))
        async with aiohttp.ClientSession() as session, asyncio.timeout(WAIT_S):
            target = Scripted(session, script)
            route = Route(EXCHANGE, admission, target, undertaker, Limits(), Notes(database))
            await scenario(route, target)
            await route.stop(5)
        await database.close()

    asyncio.run(main())


def delivering(route: Route) -> Link:
    """A channel whose queue brings one event."""
    link = Link()
    route.work("q", link).on_delivery(1, event("e1").encode(), 0)
    return link


async def ticking(route: Route, condition: Callable[[], object]) -> None:
    """Let time pass for the route until it is so."""

    def so() -> object:
        route.tick()
        return condition()

    await until(so)


def test_a_probe_that_fails_in_our_own_code_ends_and_the_route_opens_again() -> None:
    async def scenario(route: Route, target: Scripted) -> None:
        link = delivering(route)
        await until(lambda: target.called == 1)
        await until(lambda: not route.gate.is_open)
        await ticking(route, lambda: link.acked == [1])
        assert route.gate.is_open

    play_alone([UNREACHABLE, KeyError("ours"), KeyError("ours")], scenario)


def test_a_probe_that_is_cancelled_ends_and_its_event_comes_again() -> None:
    async def scenario(route: Route, target: Scripted) -> None:
        link = delivering(route)
        await ticking(route, lambda: link.dropped)
        assert target.called == 2
        route.leave(route.workers[0])
        again = delivering(route)
        await ticking(route, lambda: again.acked == [1])
        assert route.gate.is_open

    play_alone([UNREACHABLE, asyncio.CancelledError()], scenario)
