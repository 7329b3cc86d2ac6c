"""Who gives way while a function is late, how far, and when it is over."""

import pytest

from connector.pace import LOOK_S, Pace, Yielding
from connector.tenants import Tenants

LATE, IN_TIME = 0.5, 0.01
STEPS = 5


def look(pace: Pace, late: float, **events: int) -> list[str]:
    """Half a second in which the tenants start so many events, as far as they are let."""
    pace.heard(late)
    slowed = []
    for step in range(STEPS):
        for tenant, count in events.items():
            for _ in range(step, count, STEPS):
                if pace.admits(tenant):
                    pace.took(tenant)
        slowed += pace.passed(LOOK_S / STEPS)
    return slowed


def started(pace: Pace, tenant: str, seconds: float) -> int:
    """How many of a tenant that always has one go in so long, told of time every 0.1 s."""
    count = 0
    for _ in range(round(seconds / 0.1)):
        while pace.admits(tenant):
            pace.took(tenant)
            count += 1
        pace.heard(LATE)
        pace.passed(0.1)
    return count


def test_the_busiest_gives_way_while_the_function_is_late() -> None:
    pace = Pace()
    assert look(pace, LATE, burst=50, calm=2) == ["burst"]
    assert pace.slowed == {"burst": pytest.approx(70.0)}
    assert look(pace, LATE, burst=50, calm=2) == []  # already
    assert pace.slowed["burst"] < 70
    assert pace.admits("calm")


def test_nobody_gives_way_while_the_function_is_in_time() -> None:
    pace = Pace()
    assert look(pace, IN_TIME, burst=50, calm=2) == []
    assert not pace.slowed


def test_who_is_alone_does_not_give_way_until_another_comes() -> None:
    pace = Pace(Yielding(memory=2.0))
    assert look(pace, LATE, burst=50) == []
    assert look(pace, IN_TIME, calm=1) == []
    assert look(pace, LATE, burst=50) == ["burst"]
    other = Pace(Yielding(memory=2.0))
    look(other, IN_TIME, calm=1)
    for _ in range(4):
        look(other, IN_TIME)
    assert look(other, LATE, burst=50) == []  # the other one is long gone


def test_of_tenants_alike_none_gives_way() -> None:
    pace = Pace()
    assert look(pace, LATE, one=30, two=30) == []
    assert look(pace, LATE, one=30, two=20, three=20) == []
    assert look(pace, LATE, one=32, two=25) == []
    assert look(pace, LATE, one=60, two=25) == ["one"]


def test_it_is_slowed_to_a_floor_and_no_further() -> None:
    pace = Pace(Yielding(least=8.0))
    look(pace, LATE, burst=50, calm=1)
    started(pace, "burst", 10.0)
    assert pace.slowed == {"burst": 8.0}
    assert 70 <= started(pace, "burst", 10.0) <= 90
    assert look(Pace(Yielding(least=8.0)), LATE, burst=4, calm=1) == []  # never below it


def test_it_is_let_go_step_by_step_and_forgotten_when_it_wants_no_more() -> None:
    pace = Pace()
    look(pace, LATE, burst=50, calm=2)
    before = pace.slowed["burst"]
    look(pace, IN_TIME, burst=50, calm=2)
    assert pace.slowed["burst"] == pytest.approx(before * 1.1)
    look(pace, IN_TIME)  # nobody did anything: that says nothing
    assert pace.slowed
    for _ in range(3):
        look(pace, IN_TIME, burst=1, calm=2)
    assert not pace.slowed
    assert pace.admits("burst")


def test_the_latest_of_several_replicas_counts() -> None:
    pace = Pace()
    pace.heard(LATE)
    assert look(pace, IN_TIME, burst=50, calm=2) == ["burst"]


def test_a_part_of_one_is_never_reached() -> None:
    pace = Pace(Yielding(late=1.0))
    assert look(pace, 1.0, burst=50, calm=2) == []


def test_a_slowed_tenant_leaves_its_slots_to_the_others() -> None:
    tenants = Tenants(8)
    for _ in range(30):
        tenants.took("burst")
        tenants.released("burst")
    tenants.took("calm")
    tenants.released("calm")
    tenants.pace.heard(LATE)
    tenants.pace.passed(LOOK_S)
    assert not tenants.admits("burst")
    assert tenants.admits("calm")
    tenants.pace.passed(0.1)
    assert tenants.admits("burst")
