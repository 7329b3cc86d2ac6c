"""A line whose send may have arrived goes on as soon as a status may have told its fate."""

import asyncio

import pytest

from local.services import Endpoints
from shared.messaging.envelope import Event
from shared.messaging.topology import INBOUND_WHATSAPP_STATUSES, OUTBOUND_GENESYS_MESSAGES
from shared.runtime.errors import Busy, Unsettled
from tests.connector.harness import FUNCTION, OK, Reply, World, play
from tests.messaging.broker import OTHER_TENANT, event, until

LONG_S = "50"  # longer than any limit below


class Fates:
    """Messages to a customer are of open fate until a status of theirs was taken."""

    def __init__(self, code: str) -> None:
        self.told: set[str] = set()
        self._code = code

    def __call__(self, item: Event) -> Reply:
        if item.id.startswith("status"):
            self.told.add(item.partitionkey)
            return OK
        if item.partitionkey in self.told or item.id.startswith("free"):
            return OK
        problem = {"code": self._code, "detail": "an earlier send is not settled"}
        return Reply(503, {"Retry-After": LONG_S}, problem)


def routes(world: World) -> str:
    to = f"{FUNCTION}@{world.function.url}"
    return f"{OUTBOUND_GENESYS_MESSAGES}={to};{INBOUND_WHATSAPP_STATUSES}={to}"


@pytest.mark.parametrize("code", [Busy.code, Unsettled.code])
@pytest.mark.parametrize("hold", [60, 0.2], ids=["held in the window", "parked"])
def test_a_status_ends_the_wait_of_its_customers_line_and_of_no_other(
    migrated: Endpoints, code: str, hold: float
) -> None:
    async def scenario(world: World) -> None:
        mine = [event(f"m{n}", "mine") for n in range(3)]
        others = [event(f"o{n}", "other") for n in range(2)]
        free = event("free", "free", tenant=OTHER_TENANT)
        async with world.connector(routes=routes(world), longest_hold_seconds=hold):
            for one in [*mine, *others]:
                await world.publisher.publish(OUTBOUND_GENESYS_MESSAGES, one)
            await until(lambda: world.function.tries["m0"] and world.function.tries["o0"])
            if hold < 1:
                await world.rows_become("parked", 5)
            await world.publisher.publish(OUTBOUND_GENESYS_MESSAGES, free)
            await world.publisher.publish(INBOUND_WHATSAPP_STATUSES, event("status", "mine"))
            await until(lambda: world.function.taken["mine"] == ["status", "m0", "m1", "m2"])
            await until(lambda: world.function.taken["free"] == ["free"])
            assert world.function.tries["o0"] == 1
            assert world.function.taken["other"] == []

    play(migrated, scenario, Fates(code))


def test_a_status_that_comes_while_the_message_is_tried_is_not_lost(migrated: Endpoints) -> None:
    told = asyncio.Event()

    def fates(item: Event) -> Reply:
        if item.id == "status":
            return OK
        if told.is_set():
            return OK
        told.set()
        problem = {"code": Busy.code, "detail": "an earlier send is not settled"}
        return Reply(503, {"Retry-After": LONG_S}, problem, seconds=2.0)

    async def scenario(world: World) -> None:
        async with world.connector(routes=routes(world)):
            await world.publisher.publish(OUTBOUND_GENESYS_MESSAGES, event("m", "mine"))
            await until(told.is_set)
            await world.publisher.publish(INBOUND_WHATSAPP_STATUSES, event("status", "mine"))
            await until(lambda: world.function.taken["mine"] == ["status", "m"])

    play(migrated, scenario, fates)
