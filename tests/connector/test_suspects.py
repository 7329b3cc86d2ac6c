"""An event that stops the function: nobody else pays for it, and it is given up alone."""

import asyncio

from aiohttp import web

from connector.policy import Answer
from connector.suspects import STRIKES, Suspects
from connector.tenants import Tenants
from connector.window import Window
from local.services import Endpoints
from shared.messaging.envelope import Event
from tests.connector.harness import OK, Function, World, in_order, play
from tests.connector.model import held
from tests.messaging.broker import OTHER_TENANT, event, until

SILENCE = Answer(trouble="no_answer", detail="f gave no answer")
STOPS_S = 4.0  # longer than a call may take with the look at /healthz after it


class Fragile(Function):
    """One that answers nobody for a while after it took an event whose id begins with `bad`."""

    def __init__(self) -> None:
        super().__init__(lambda _: OK)
        self._free = asyncio.Event()
        self._free.set()
        self.beside: list[int] = []  # at each stop: how many others were under way

    async def _take(self, request: web.Request) -> web.Response:
        item = Event.decode(await request.read())
        await self._free.wait()
        if item.id.startswith("bad"):
            self.beside.append(self.under_way)
            self._free.clear()
            asyncio.get_running_loop().call_later(STOPS_S, self._free.set)
            await self._free.wait()
            return web.Response()
        return await super()._take(request)

    async def _health(self, request: web.Request) -> web.Response:
        await self._free.wait()
        return await super()._health(request)


def test_nobody_pays_for_an_event_that_stops_the_function_and_it_ends_alone(
    migrated: Endpoints,
) -> None:
    async def scenario(world: World) -> None:
        others = [event(f"o{n}", f"k{n % 8}", tenant=OTHER_TENANT) for n in range(60)]
        # Two faults would end any of them.
        async with world.connector(call_seconds=1, max_attempts=2):
            await world.publish(*others[:30], event("bad", "b"), event("after", "b"), *others[30:])
            await until(lambda: {one.id for one in others} <= world.function.all_taken)
            await until(lambda: "after" in world.function.all_taken)
        in_order(world, others)
        (letter,) = await world.rows("dead_letters")
        assert (letter["event_id"], letter["reason_code"]) == ("bad", "stops_the_function")
        assert isinstance(world.function, Fragile)
        assert len(world.function.beside) == 1 + STRIKES

    play(migrated, scenario, function=Fragile())


class Pulse:
    """Whether the function lives, as a test says: the answers in turn, then yes."""

    def __init__(self, *answers: bool) -> None:
        self.answers = list(answers)

    async def __call__(self) -> bool:
        return self.answers.pop(0) if self.answers else True


def test_no_answer_from_a_function_that_lives_speaks_against_the_event() -> None:
    async def main() -> None:
        suspects = Suspects("E", Pulse(True))
        assert await suspects.judged("e1", SILENCE, alone=False) is SILENCE
        assert "e1" not in suspects

    asyncio.run(main())


def test_nothing_is_sent_until_a_stopped_function_lives_and_all_who_waited_are_suspects() -> None:
    async def main() -> None:
        pulse = Pulse(False, False, False)
        suspects = Suspects("E", pulse)
        waiting = [
            asyncio.create_task(suspects.judged(name, SILENCE, alone=False)) for name in "abc"
        ]
        await until(lambda: suspects.halted)
        told = {answer.trouble for answer in await asyncio.gather(*waiting)}
        assert told == {"nobody_answered"}
        assert not suspects.halted
        assert not pulse.answers
        assert all(name in suspects for name in "abc")
        await suspects.judged("a", Answer(503), alone=True)
        assert "a" not in suspects

    asyncio.run(main())


def test_one_that_stops_it_alone_is_given_up_after_the_strikes() -> None:
    async def main() -> None:
        pulse = Pulse()
        suspects, told = Suspects("E", pulse), []
        for turn in range(1 + STRIKES):
            pulse.answers = [False]
            told.append((await suspects.judged("e1", SILENCE, alone=turn > 0)).trouble)
        assert told == ["nobody_answered"] * STRIKES + ["stops_the_function"]
        assert "e1" not in suspects

    asyncio.run(main())


def test_a_suspect_goes_when_all_have_landed_and_nobody_goes_beside_it() -> None:
    suspects, tenants = {"b1"}, Tenants(8)
    one, two = (Window(tenants, suspects=suspects) for _ in range(2))
    one.deliver(held("a1", "a", "t", tag=1), 0.0)
    first = one.take()
    assert first is not None
    two.deliver(held("b1", "b", "u", tag=1), 0.0)
    one.deliver(held("c1", "c", "v", tag=2), 0.0)
    assert two.take() is None
    assert one.take() is None
    one.done(first, 0.0)
    suspect = two.take()
    assert suspect is not None
    assert one.take() is None
    two.done(suspect, 0.0)
    assert one.take() is not None


def test_a_suspect_whose_queue_is_lost_holds_up_nobody() -> None:
    tenants = Tenants(8)
    lost = Window(tenants, suspects={"b1"})
    one = Window(tenants)
    one.deliver(held("a1", "a", "t", tag=1), 0.0)
    first = one.take()
    assert first is not None
    lost.deliver(held("b1", "b", "u", tag=1), 0.0)
    assert lost.take() is None
    one.deliver(held("c1", "c", "v", tag=2), 0.0)
    one.done(first, 0.0)
    assert one.take() is not None
