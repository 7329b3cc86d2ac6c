"""A line whose send may have arrived goes on as soon as a status may have told its fate."""

import asyncio

import pytest

from local.services import Endpoints
from shared.messaging.envelope import Event
from shared.messaging.topology import INBOUND_WHATSAPP_STATUSES, OUTBOUND_GENESYS_MESSAGES
from shared.runtime.errors import Busy, Unsettled
from tests.connector.harness import FUNCTION, OK, Reply, World, play
from tests.messaging.broker import OTHER_TENANT, event, until

LONGEST_HOLD_S = 60  # what may be set; a longer wait is spent in the park
LONG_S = 3600  # no timer ends it before the test does


def settles(name: str) -> Reply:
    """The answer to a status of this message."""
    return Reply(problem={"outcome": "changed", "settles": name})


def unsettled(code: str, wait: int, seconds: float = 0.0) -> Reply:
    """The answer to a message of open fate. `wait`: when to ask again; `seconds`: when it comes."""
    problem = {"code": code, "detail": "an earlier send is not settled"}
    return Reply(503, {"Retry-After": str(wait)}, problem, seconds)


class Fates:
    """Some messages are of open fate until a status of theirs was taken."""

    def __init__(self, *names: str, code: str, wait: int) -> None:
        self._open = set(names)
        self._answer = unsettled(code, wait)

    def __call__(self, item: Event) -> Reply:
        if item.id.startswith("status-of-"):
            name = item.id.removeprefix("status-of-")
            self._open.discard(name)
            return settles(name)
        if item.id not in self._open:
            return OK
        return self._answer


def routes(world: World) -> str:
    to = f"{FUNCTION}@{world.function.url}"
    return f"{OUTBOUND_GENESYS_MESSAGES}={to};{INBOUND_WHATSAPP_STATUSES}={to}"


@pytest.mark.parametrize("code", [Busy.code, Unsettled.code])
@pytest.mark.parametrize("wait", [LONGEST_HOLD_S, LONG_S], ids=["held in the window", "parked"])
@pytest.mark.parametrize("named", ["mine", "my-user-id"])
def test_a_status_ends_the_wait_of_its_message_whatever_id_it_names_and_of_no_other(
    migrated: Endpoints, code: str, wait: int, named: str
) -> None:
    """The agent writes to a number; the status may name the same person by a user id."""

    async def scenario(world: World) -> None:
        mine = [event(f"m{n}", "mine") for n in range(3)]
        others = [event(f"o{n}", "other") for n in range(2)]
        free = event("free", "free", tenant=OTHER_TENANT)
        hold = LONGEST_HOLD_S
        async with world.connector(routes=routes(world), longest_hold_seconds=hold):
            for line in (others, mine):  # a timer would end the others' wait first
                for one in line:
                    await world.publisher.publish(OUTBOUND_GENESYS_MESSAGES, one)
                await until(lambda: world.function.tries[line[0].id])  # noqa: B023  # at once
            await world.rows_become("parked", 5 if wait > hold else 0)
            await world.publisher.publish(OUTBOUND_GENESYS_MESSAGES, free)
            for name in ("elsewhere", "m0"):
                status = event(f"status-of-{name}", named)
                await world.publisher.publish(INBOUND_WHATSAPP_STATUSES, status)
            await until(lambda: {"m0", "m1", "m2", "free"} <= world.function.all_taken)
            assert [one for one in world.function.taken["mine"] if one[0] == "m"] == [
                one.id for one in mine
            ]
            assert world.function.tries["o0"] == 1
            assert world.function.taken["other"] == []

    play(migrated, scenario, Fates("m0", "o0", code=code, wait=wait))


def test_a_status_that_comes_while_the_message_is_tried_is_not_lost(migrated: Endpoints) -> None:
    told = asyncio.Event()

    def fates(item: Event) -> Reply:
        if item.id == "status":
            return settles("m")
        if told.is_set():
            return OK
        told.set()
        return unsettled(Busy.code, LONG_S, seconds=2.0)

    async def scenario(world: World) -> None:
        async with world.connector(routes=routes(world)):
            await world.publisher.publish(OUTBOUND_GENESYS_MESSAGES, event("m", "mine"))
            await until(told.is_set)
            await world.publisher.publish(INBOUND_WHATSAPP_STATUSES, event("status", "my-user-id"))
            await until(lambda: world.function.taken["mine"] == ["m"])

    play(migrated, scenario, fates)
