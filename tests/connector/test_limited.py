"""A message over a limit, or in work elsewhere: its key waits, and its tenant is not held."""

from collections import Counter

import pytest

from connector.policy import Again, Answer, Past, Policy, decide
from local.services import Endpoints
from shared.messaging.envelope import Event
from shared.runtime.errors import Busy, Limited, ParleyError, Unsettled
from tests.connector.harness import OK, Reply, World, in_order, play
from tests.messaging.broker import OTHER_TENANT, event, until

LIMITED = Reply(
    429, {"Retry-After": "2"}, {"code": Limited.code, "detail": "not taken yet: its turn"}
)


BUSY = Reply(503, {"Retry-After": "2"}, {"code": Busy.code, "detail": "in work elsewhere"})


class Crowded:
    """Keys that begin with `much` are over a limit at their head's first tries."""

    def __init__(self, refusals: int, refusal: Reply) -> None:
        self.tries: Counter[str] = Counter()
        self._refusals = refusals
        self._refusal = refusal

    def __call__(self, item: Event) -> Reply:
        key = item.partitionkey.rpartition(":")[2]
        self.tries[key] += 1
        over = key.startswith("much") and self.tries[key] <= self._refusals
        return self._refusal if over else OK


@pytest.mark.parametrize(
    ("longest_hold", "refusal"),
    [(5.0, LIMITED), (0.5, LIMITED), (0.5, BUSY)],
    ids=["held in the window", "parked", "busy"],
)
def test_a_limit_holds_its_keys_in_order_and_nobody_else(
    migrated: Endpoints, longest_hold: float, refusal: Reply
) -> None:
    async def scenario(world: World) -> None:
        much = [
            event(f"much{key}-{n}", f"much{key}", tenant=OTHER_TENANT)
            for n in range(3)
            for key in range(10)
        ]
        async with world.connector(longest_hold_seconds=longest_hold) as routes:
            await world.publish(*much)
            await until(lambda: sum(world.function.tries.values()) >= 10)
            assert world.function.all_taken == set()
            few = [event(f"few{n}", f"few{n}", tenant=OTHER_TENANT) for n in range(20)]
            await world.publish(*few)
            await until(lambda: {item.id for item in few} <= world.function.all_taken)
            assert routes[0].tenants.held == 0
            await until(lambda: len(world.function.all_taken) == 50)
            await world.rows_become("parked", 0)
        assert all(world.function.tries[item.id] == 1 for item in few)
        assert world.function.tries["much0-0"] == 2
        first, second = world.function.times["much0-0"]
        assert second - first >= 2
        in_order(world, [*much, *few])
        assert await world.rows("dead_letters") == []

    play(migrated, scenario, Crowded(refusals=1, refusal=refusal))


@pytest.mark.parametrize("kind", [Limited, Busy])
@pytest.mark.parametrize("attempts", [0, 7, 100])
def test_a_line_is_waited_for_as_long_as_it_says_and_no_longer(
    attempts: int, kind: type[ParleyError]
) -> None:
    answer = Answer(kind.status, code=kind.code, retry_after=3.0)
    decision = decide(answer, Past(attempts, 0, 60.0), Policy(), 0.9)
    assert isinstance(decision, Again)
    assert (decision.delay, decision.fault, decision.limited) == (3.0, False, True)
    assert decision.fate_open == (kind is Busy)


def test_an_open_fate_counts_for_its_tenant_and_a_status_may_end_its_wait() -> None:
    answer = Answer(Unsettled.status, code=Unsettled.code, retry_after=1.0)
    decision = decide(answer, Past(0, 0, 60.0), Policy(), 0.1)
    assert isinstance(decision, Again)
    assert (decision.delay, decision.fault, decision.limited) == (1.0, False, False)
    assert decision.fate_open


def test_a_gateways_own_429_is_an_outage() -> None:
    decision = decide(Answer(429, retry_after=3.0), Past(0, 0, 0.0), Policy(), 0.5)
    assert isinstance(decision, Again)
    assert (decision.fault, decision.limited) == (False, False)
