"""What is given up stays one row however often it dies, comes back by command, and is told."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

from local.services import Endpoints, clock
from shared.messaging.envelope import Event, EventType
from shared.messaging.topology import OUTBOUND_GENESYS_MESSAGES
from tests.connector.harness import OK, Reply, World, eventually, in_order, play
from tests.messaging.broker import TENANT, event, settings_of, until
from tests.programs import run

REFUSED = Reply(422, problem={"code": "bad_input", "detail": "no such thing"})


async def parley(world: World, *arguments: str) -> tuple[int, str]:
    """The command beside a running connector: its exit code and what it printed."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL_CONNECTOR": world.endpoints.database_url("connector"),
        **settings_of(world.topology, world.endpoints.amqp_url),
        **clock.moved(),
    }
    done = await asyncio.to_thread(run, "parley", *arguments, environment=environment)
    return done.returncode, done.stdout + done.stderr


def mine(world: World) -> tuple[str, str]:
    """The filter that keeps to this test's queues: those of its one exchange."""
    return "--queue", f"{world.topology.prefix}INBOUND_WHATSAPP_MESSAGES"


def dead(world: World, **wanted: Any) -> Callable[[], Awaitable[bool]]:
    async def is_so() -> bool:
        rows = await world.rows("dead_letters")
        return len(rows) == 1 and all(rows[0][name] == value for name, value in wanted.items())

    return is_so


def test_replayed_while_the_cause_persists_it_dies_again_in_the_same_row_and_then_lives(
    migrated: Endpoints,
) -> None:
    mended = False

    async def scenario(world: World) -> None:
        nonlocal mended
        async with world.connector():
            await world.publish(event("e1"))
            await eventually(dead(world, attempts=1))
            [first] = await world.rows("dead_letters")
            code, said = await parley(world, "dlq", "replay", *mine(world))
            assert (code, "replayed 1 dead letters" in said) == (0, True), said
            await eventually(dead(world, attempts=2, replayed_at=None))
            [second] = await world.rows("dead_letters")
            assert second["first_seen"] == first["first_seen"]
            assert second["last_seen"] > first["last_seen"]
            mended = True
            await parley(world, "dlq", "replay", *mine(world))
            await until(lambda: world.function.all_taken == {"e1"})
            [third] = await world.rows("dead_letters")
            assert third["replayed_at"] is not None
            code, said = await parley(world, "dlq", "replay", *mine(world))
            assert "replayed 0" in said
        assert world.function.tries["e1"] == 3

    play(migrated, scenario, lambda _: OK if mended else REFUSED)


def test_a_replay_under_traffic_keeps_each_conversations_order(migrated: Endpoints) -> None:
    mended = False

    async def scenario(world: World) -> None:
        nonlocal mended
        lost = [event(f"k{k}-{n}", f"k{k}") for n in range(4) for k in range(5)]
        later = [event(f"other{n}", "somebody else") for n in range(30)]
        async with world.connector():
            await world.publish(*lost)
            await world.rows_become("dead_letters", len(lost))
            mended = True
            traffic = asyncio.create_task(world.publish(*later))
            code, said = await parley(world, "dlq", "replay", *mine(world))
            await traffic
            assert code == 0, said
            await until(lambda: len(world.function.all_taken) == len(lost) + len(later))
        in_order(world, [*lost, *later])

    play(migrated, scenario, lambda one: OK if mended or "other" in one.id else REFUSED)


def test_an_agents_message_that_is_given_up_is_told_to_its_side(migrated: Endpoints) -> None:
    broken = event("gc:m:1").model_copy(update={"type": EventType.GENESYS_MESSAGE})

    async def scenario(world: World) -> None:
        route = f"{OUTBOUND_GENESYS_MESSAGES}=inbound-transform@{world.function.url}"
        async with world.connector(routes=route, max_attempts=2):
            await world.publisher.publish(OUTBOUND_GENESYS_MESSAGES, broken)
            await until(lambda: world.function.all_taken == {"gc:m:1:buried"})
            [row] = await world.rows("dead_letters")
            assert (row["event_id"], row["reason_code"]) == ("gc:m:1", "attempts_exhausted")

    def behaviour(one: Event) -> Reply:
        if one.type == EventType.GENESYS_BURIED:
            assert one.data["buried"] == {"code": "attempts_exhausted"}
            assert (one.tenantid, one.partitionkey) == (TENANT, broken.partitionkey)
            return OK
        return Reply(500)

    play(migrated, scenario, behaviour)
