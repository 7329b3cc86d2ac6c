"""Who gives way while a function is late, how far, and when it is over."""

import heapq
import random
from collections import Counter

import pytest

from connector.pace import LOOK_S, LOOKS, Pace, Yielding
from connector.tenants import Tenants

LATE, IN_TIME = 0.5, 0.01
STEPS = 5
HOUR_S = 3600.0
CROWDS = frozenset({"burst"})


def look(pace: Pace, late: float, **events: int) -> list[str]:
    """Half a second in which the tenants start so many events, as far as they are let.

    `burst` fills its half of the slots, the others do not.
    """
    pace.heard(late)
    slowed = []
    for step in range(STEPS):
        for tenant, count in events.items():
            for _ in range(step, count, STEPS):
                if pace.admits(tenant):
                    pace.took(tenant, crowds=tenant in CROWDS)
        slowed += pace.passed(LOOK_S / STEPS)
    return slowed


def storm(pace: Pace, looks: int = LOOKS) -> list[str]:
    """As many looks at a burst beside another tenant as slow it."""
    return [tenant for _ in range(looks) for tenant in look(pace, LATE, burst=50, calm=2)]


def test_who_fills_its_half_for_a_while_gives_way_while_the_function_is_late() -> None:
    pace = Pace()
    assert storm(pace, LOOKS - 1) == []
    assert storm(pace, 1) == ["burst"]
    before = pace.slowed["burst"]
    assert before == pytest.approx(70.0)
    assert storm(pace, 1) == [], "it does already"
    assert pace.slowed["burst"] < before
    assert pace.admits("calm")


def test_nobody_gives_way_while_the_function_is_in_time() -> None:
    pace = Pace()
    for _ in range(4 * LOOKS):
        assert look(pace, IN_TIME, burst=50, calm=2) == []
    assert not pace.slowed


def test_who_fills_its_half_for_a_moment_does_not_give_way() -> None:
    pace = Pace()
    for _ in range(10):
        assert storm(pace, LOOKS - 1) == []
        assert look(pace, LATE, calm=2, other=50) == []
        pace = Pace()
    for _ in range(10):
        storm(pace, LOOKS - 1)
        look(pace, IN_TIME, burst=50, calm=2)
    assert not pace.slowed


def test_whose_work_is_done_as_it_comes_is_not_slowed_however_much_it_is() -> None:
    pace = Pace()
    for _ in range(10 * LOOKS):
        assert look(pace, LATE, large=200, calm=1) == []


def test_who_is_alone_does_not_give_way_until_another_comes() -> None:
    pace = Pace(Yielding(memory=2.0))
    for _ in range(2 * LOOKS):
        assert look(pace, LATE, burst=50) == []
    assert look(pace, LATE, burst=50, calm=1) == ["burst"]


def test_it_is_slowed_to_an_equal_share_and_no_further() -> None:
    pace = Pace(Yielding(least=8.0))
    storm(pace)
    for _ in range(60):
        look(pace, LATE, burst=50, calm=2)
    assert 8.0 <= pace.slowed["burst"] <= 9.0
    fair = Pace(Yielding(least=8.0))
    storm(fair)
    for _ in range(60):
        look(fair, LATE, burst=50, one=30, two=30)
    assert fair.slowed["burst"] > 35, "a quarter of what all do"


def test_it_does_more_again_while_the_others_flow_although_the_function_stays_late() -> None:
    pace = Pace()
    storm(pace)
    for _ in range(30):
        look(pace, LATE, burst=50, calm=2)
    slow = pace.slowed["burst"]
    for _ in range(30):
        look(pace, LATE, burst=50, one=30, two=30)
    assert pace.slowed["burst"] > 3 * slow


def test_it_is_let_go_step_by_step_when_the_function_is_in_time() -> None:
    pace = Pace()
    storm(pace)
    before = pace.slowed["burst"]
    look(pace, IN_TIME, burst=50, calm=2)
    assert pace.slowed["burst"] == pytest.approx(before * 1.1)


@pytest.mark.parametrize("late", [IN_TIME, LATE])
@pytest.mark.parametrize("events", [{}, {"calm": 2}, {"burst": 1, "calm": 2}])
def test_who_wants_no_more_is_free_after_a_while(late: float, events: dict[str, int]) -> None:
    pace = Pace()
    storm(pace)
    for _ in range(LOOKS + 1):
        look(pace, late, **events)
    assert not pace.slowed
    assert pace.admits("burst")


def test_the_latest_of_several_replicas_counts() -> None:
    pace = Pace()
    storm(pace, LOOKS - 1)
    pace.heard(LATE)
    assert look(pace, IN_TIME, burst=50, calm=2) == ["burst"]


def test_a_part_of_one_is_never_reached() -> None:
    pace = Pace(Yielding(late=1.0))
    for _ in range(2 * LOOKS):
        assert look(pace, 1.0, burst=50, calm=2) == []


def test_a_slowed_tenant_leaves_its_slots_to_the_others() -> None:
    tenants = Tenants(8)
    for _ in range(LOOKS):
        for _ in range(4):
            tenants.took("burst")
        tenants.took("calm")
        for tenant in ("calm", *["burst"] * 4):
            tenants.released(tenant)
        tenants.pace.heard(LATE)
        tenants.pace.passed(LOOK_S)
    assert not tenants.admits("burst")
    assert tenants.admits("calm")
    tenants.pace.passed(0.1)
    assert tenants.admits("burst")


@pytest.mark.parametrize(("rate", "seed"), [(20.0, 0), (50.0, 1), (50.0, 2), (100.0, 3)])
def test_in_an_hour_of_healthy_load_nobody_is_slowed(rate: float, seed: int) -> None:
    """Random arrivals 4:3:3, calls of a tenth of a second; the function is late all the time."""
    rng = random.Random(seed)
    tenants, started = Tenants(48), Counter[str]()
    ends: list[tuple[float, str]] = []
    looked = now = 0.0
    while now < HOUR_S:
        now += rng.expovariate(rate)
        while ends and ends[0][0] <= now:
            tenants.released(heapq.heappop(ends)[1])
        while looked + 0.1 <= now:
            looked += 0.1
            tenants.pace.heard(rng.uniform(0.0, 0.5))
            assert tenants.pace.passed(0.1) == []
        tenant = rng.choices("abc", (4, 3, 3))[0]
        if tenants.admits(tenant):
            tenants.took(tenant)
            started[tenant] += 1
            heapq.heappush(ends, (now + rng.expovariate(10.0), tenant))
    assert min(started.values()) > 1000
