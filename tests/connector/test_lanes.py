"""What waits behind what: statuses hold no message up, a parked head its own key until it ends."""

from local.services import Endpoints
from shared.messaging.envelope import Event
from shared.messaging.topology import INBOUND_WHATSAPP_STATUSES
from tests.connector.harness import EXCHANGE, OK, Function, Reply, World, in_order, play
from tests.messaging.broker import event, until

STATUSES = 120
AWAY = Reply(503, {"Retry-After": "0"})
NEVER = Reply(422, problem={"code": "bad_input", "detail": "no such thing"})


def test_a_flood_of_slow_statuses_holds_no_message_of_the_same_customers(
    migrated: Endpoints,
) -> None:
    async def scenario(world: World) -> None:
        slow = Function(lambda _: Reply(seconds=30))
        routes = f"{EXCHANGE}={world.function.url};{INBOUND_WHATSAPP_STATUSES}={slow.url}"
        messages: list[Event] = [event(f"m{n}", f"k{n % 8}") for n in range(80)]
        async with slow.serving(), world.connector(routes=routes, stop_seconds=0):
            for n in range(STATUSES):
                await world.publisher.publish(
                    INBOUND_WHATSAPP_STATUSES, event(f"s{n}", f"k{n % 8}")
                )
            await until(lambda: slow.under_way >= 8)
            await world.publish(*messages)
            await until(lambda: len(world.function.all_taken) == len(messages))
            assert slow.all_taken == set()
        in_order(world, messages)

    play(migrated, scenario, lambda _: OK)


def test_behind_a_parked_head_that_dies_its_key_goes_on_in_order(migrated: Endpoints) -> None:
    """Also when another connector takes over while it is parked."""
    mended = False

    def behaviour(item: Event) -> Reply:
        if not item.id.startswith("head"):
            return OK
        return NEVER if mended else AWAY

    async def scenario(world: World) -> None:
        nonlocal mended
        events = [event(f"{name}-{key}", key) for name in ("head", "b", "c") for key in "xy"]
        others = [event(f"o{n}", "z") for n in range(5)]
        async with world.connector(tries_before_parking=2):
            await world.publish(*events)
            await world.rows_become("parked", len(events))
            await world.publish(*others)
            await until(lambda: len(world.function.taken["z"]) == len(others))
            assert not world.function.taken["x"]
        async with world.connector(tries_before_parking=2):
            mended = True
            last = [event(f"d-{key}", key) for key in "xy"]
            await world.publish(*last)
            await world.rows_become("dead_letters", 2)
            await world.rows_become("parked", 0)
            await until(
                lambda: len(world.function.taken["y"]) == len(world.function.taken["x"]) == 3
            )
        in_order(world, [*(one for one in events if not one.id.startswith("head")), *last, *others])

    play(migrated, scenario, behaviour)
