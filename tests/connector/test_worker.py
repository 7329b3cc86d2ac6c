"""A worker whose park misbehaves does not leave its queue standing."""

import asyncio
from collections.abc import Awaitable, Callable

from connector.lane import Rules, Turn
from connector.park import Park
from connector.suspects import Suspects
from connector.tenants import Tenants
from connector.values import Held, Row
from connector.worker import Worker
from shared.runtime.errors import Unavailable
from tests.messaging.broker import event, until
from tests.waits import WAIT_S


class Link:
    def __init__(self) -> None:
        self.acked: list[int] = []
        self.dropped = False

    def ack(self, tag: int) -> None:
        self.acked.append(tag)

    def drop(self) -> None:
        self.dropped = True


async def _lives() -> bool:
    return True


class Owner:
    exchange = "E"

    def __init__(self) -> None:
        self.tenants = Tenants(8)
        self.suspects = Suspects("E", _lives)
        self.refused: list[int] = []

    def pump(self) -> None:
        pass

    def refuse(self, worker: Worker, tag: int, body: bytes, reason: str) -> None:
        del worker, body, reason
        self.refused.append(tag)


class Rows(Park):
    """A park without a database: one key has rows; it fails as often as it is told."""

    def __init__(self, *, failures: int = 0, wrong_key: bool = False) -> None:
        self.failures = failures
        self.wrong_key = wrong_key
        self.saved: list[str] = []

    def _may_fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise Unavailable("the database does not answer")

    async def keys(self, queue: str) -> list[tuple[str, str]]:
        del queue
        self._may_fail()
        return [(event("x").partitionkey, event("x").tenantid or "")]

    async def save(self, queue: str, events: object) -> None:
        del queue
        self._may_fail()
        assert isinstance(events, list)
        self.saved += [held.event_id for held in events if isinstance(held, Held)]

    async def turn(self, queue: str, turn: Turn) -> dict[str, list[Row]]:
        del queue
        return {"wrong" if self.wrong_key else key: [] for key in turn.keys}


def play(park: Rows, scenario: Callable[[Worker, Link, Owner], Awaitable[None]]) -> None:
    async def main() -> None:
        link, owner = Link(), Owner()
        worker = Worker(owner, "q", park, link, Rules())
        await scenario(worker, link, owner)
        worker.close()

    asyncio.run(main())


def test_nothing_is_taken_in_before_the_parked_keys_are_known() -> None:
    park = Rows(failures=2)

    async def scenario(worker: Worker, link: Link, _: Owner) -> None:
        worker.on_delivery(1, event("e1").encode(), 0)
        await until(lambda: park.failures == 1)
        assert worker.window.unacked == 0
        await until(lambda: link.acked == [1])
        assert park.saved == ["e1"], "its key had rows, so it went behind them"

    play(park, scenario)


def test_a_queue_that_nobody_delivers_to_us_is_left_alone() -> None:
    async def scenario(worker: Worker, _: Link, __: Owner) -> None:
        worker.nudge()
        await asyncio.wait_for(worker.settled(), WAIT_S)
        assert not worker.active
        assert not worker.window.has_parked()

    play(Rows(), scenario)


def test_a_tick_is_swallowed_and_wakes_the_worker() -> None:
    async def scenario(worker: Worker, link: Link, _: Owner) -> None:
        worker.on_tick(7)
        assert link.acked == [7]
        assert worker.active

    play(Rows(), scenario)


def test_a_fault_in_the_keeper_begins_anew_with_a_new_channel() -> None:
    async def scenario(worker: Worker, link: Link, _: Owner) -> None:
        worker.on_tick(1)
        await until(lambda: link.dropped)

    play(Rows(wrong_key=True), scenario)


def test_after_its_channel_is_gone_nothing_is_acked() -> None:
    async def scenario(worker: Worker, link: Link, _: Owner) -> None:
        worker.close()
        worker.ack(3)
        assert link.acked == []

    play(Rows(), scenario)


def test_bytes_that_are_no_event_are_handed_to_the_owner() -> None:
    async def scenario(worker: Worker, _: Link, owner: Owner) -> None:
        worker.on_delivery(1, b"?", 0)
        await until(lambda: owner.refused == [1])

    play(Rows(), scenario)
