"""The window keeps order and loses nothing, whatever fails and whenever it is killed."""

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.lane import Rules
from connector.tenants import Tenants
from connector.window import Window
from tests.connector.model import Model, held

RULES = Rules(prefetch=6, patience=1.0)


def fresh(slots: int = 8, **rules: float) -> tuple[Window, Tenants]:
    tenants = Tenants(slots)
    return Window(tenants, Rules(**({"prefetch": 6} | rules))), tenants  # type: ignore[arg-type]


def deliver(
    window: Window, names: list[tuple[str, str]], tenant: str = "t", now: float = 0.0
) -> None:
    for tag, (event_id, key) in enumerate(names, start=1):
        window.deliver(held(event_id, key, tenant, tag=tag, now=now), now)


def all_taken(window: Window) -> list[str]:
    return [taken.event_id for taken in iter(window.take, None)]


@settings(max_examples=300, deadline=None)
@given(
    keys=st.lists(st.integers(0, 3), min_size=10, max_size=40),
    seed=st.integers(0, 2**32),
    crashes=st.lists(st.integers(0, 400), max_size=4),
    outage=st.tuples(st.integers(0, 300), st.integers(0, 300)),
)
def test_every_event_is_delivered_in_the_order_of_its_key(
    keys: list[int], seed: int, crashes: list[int], outage: tuple[int, int]
) -> None:
    published = [(f"e{n}", f"k{key}", f"t{key % 2}") for n, key in enumerate(keys)]
    model = Model(published, seed, rules=RULES)
    for step in range(20_000):
        model.down = {"t0"} if outage[0] <= step < sum(outage) else set()
        if step in crashes:
            model.start()
        if step > 700 and model.settled():
            break
        model.step()
    expected = {f"k{key}": [e for e, k, _ in published if k == f"k{key}"] for key in set(keys)}
    assert model.settled()
    assert dict(model.delivered) == expected


def test_later_events_of_a_key_wait_and_other_keys_flow() -> None:
    window, _ = fresh()
    deliver(window, [("a1", "a"), ("a2", "a"), ("b1", "b")])
    assert all_taken(window) == ["a1", "b1"]


def test_a_retried_head_goes_again_after_its_wait_and_before_its_followers() -> None:
    window, _ = fresh()
    deliver(window, [("a1", "a"), ("a2", "a")])
    head = window.take()
    assert head is not None
    head.attempts = 1
    window.again(head, 1.0, 0.0)
    assert all_taken(window) == []
    window.tick(1.0)
    assert all_taken(window) == ["a1"]


def test_after_three_tries_the_key_is_parked_with_what_is_behind_it() -> None:
    window, _ = fresh()
    deliver(window, [("a1", "a"), ("a2", "a"), ("b1", "b")])
    head = window.take()
    assert head is not None
    head.attempts = 3
    window.again(head, 1.0, 0.0)
    batch = window.take_unsaved()
    assert [item.event_id for item in batch] == ["a1", "a2"]
    assert window.saved(batch, 0.0) == [1, 2]
    assert all_taken(window) == ["b1"]


def test_a_long_wait_is_spent_in_the_park() -> None:
    window, _ = fresh()
    deliver(window, [("a1", "a")])
    head = window.take()
    assert head is not None
    window.again(head, 30.0, 0.0)
    assert [item.event_id for item in window.take_unsaved()] == ["a1"]


def test_what_comes_for_a_parked_key_is_parked_until_its_last_row_is_gone() -> None:
    window, _ = fresh()
    window.adopt([("a", "t")], 0.0)
    assert window.take_turn(8).keys == ["a"]
    deliver(window, [("a2", "a")])
    window.read("a", [held("a1", "a", "t", tag=None)], 0.0)
    first = window.take()
    assert first is not None
    assert first.event_id == "a1"
    window.done(first, 0.0)
    batch = window.take_unsaved()
    window.saved(batch, 0.0)
    turn = window.take_turn(8)
    assert (turn.gone, turn.keys) == (["a1"], ["a"])
    window.read("a", [held("a2", "a", "t", tag=None)], 0.0)
    assert all_taken(window) == ["a2"]


def test_a_key_without_rows_is_open_again() -> None:
    window, _ = fresh()
    window.adopt([("a", "t")], 0.0)
    window.take_turn(8)
    window.read("a", [], 0.0)
    deliver(window, [("a1", "a")])
    assert all_taken(window) == ["a1"]


def test_a_held_tenants_events_are_parked_and_only_a_probe_leaves() -> None:
    window, tenants = fresh()
    for _ in range(5):
        tenants.failed("t", 0.0)
    deliver(window, [("a1", "a"), ("b1", "b")])
    window.saved(window.take_unsaved(), 0.0)
    assert not window.wants_park()
    assert window.probe("t")
    assert window.take_turn(8).keys == ["a"]
    window.read("a", [held("a1", "a", "t", tag=None)], 0.0)
    assert all_taken(window) == ["a1"]


def test_a_call_under_way_is_parked_with_its_key_and_its_success_drops_the_row() -> None:
    window, _ = fresh()
    deliver(window, [("a1", "a"), ("a2", "a")])
    flying = window.take()
    assert flying is not None
    window.park_tenant("t", 0.0)
    batch = window.take_unsaved()
    assert [item.event_id for item in batch] == ["a1", "a2"]
    assert window.saved(batch, 0.0) == [1, 2]
    assert window.done(flying, 0.0) is None
    assert window.take_turn(8).gone == ["a1"]


def test_a_slow_tenant_that_fills_the_window_makes_room_for_the_others() -> None:
    window, _ = fresh(patience=1.0)
    window.deliver(held("o1", "o", "other", tag=9), 0.0)
    other = window.take()
    assert other is not None
    window.done(other, 0.0)
    deliver(window, [(f"s{n}", f"k{n}") for n in range(6)], "slow")
    window.tick(0.5)
    assert window.take_unsaved() == []
    window.tick(1.5)
    assert len(window.take_unsaved()) == 6


def test_a_slow_tenant_that_is_alone_is_left_in_the_window() -> None:
    window, _ = fresh(patience=1.0)
    deliver(window, [(f"s{n}", f"k{n}") for n in range(6)], "slow")
    window.tick(9.0)
    assert window.take_unsaved() == []


def test_an_event_that_came_back_too_often_is_handled_alone() -> None:
    window, _ = fresh()
    deliver(window, [("a1", "a")])
    suspect = held("b1", "b", "t", tag=2)
    suspect.alone = True
    window.deliver(suspect, 0.0)
    window.deliver(held("c1", "c", "t", tag=3), 0.0)
    first = window.take()
    assert first is not None
    assert window.take() is None
    window.done(first, 0.0)
    assert window.take() is suspect
    assert window.take() is None
    window.done(suspect, 0.0)
    assert all_taken(window) == ["c1"]


def test_an_event_that_never_left_is_first_again_and_nothing_is_counted() -> None:
    window, _ = fresh()
    deliver(window, [("a1", "a"), ("a2", "a")])
    head = window.take()
    assert head is not None
    window.unsent(head, 0.0)
    assert head.attempts == 0
    assert all_taken(window) == ["a1"]


def test_rows_that_were_read_are_forgotten_when_their_tenant_is_held() -> None:
    window, tenants = fresh()
    window.adopt([("a", "t")], 0.0)
    window.take_turn(8)
    window.read("a", [held("a1", "a", "t", tag=None)], 0.0)
    for _ in range(5):
        tenants.failed("t", 0.0)
    window.park_tenant("t", 0.0)
    assert all_taken(window) == []
    assert window.probe("t"), "the key must be there to be tried"


def test_a_wake_ends_the_wait_of_an_open_fate_and_of_nothing_else() -> None:
    window, _ = fresh()
    deliver(window, [("open", "o"), ("limited", "l")])
    first, second = iter(window.take, None)
    window.again(first, 4.0, 0.0, fate_open=True)
    window.again(second, 4.0, 0.0)
    for one in ("open", "limited", "an unknown event"):
        window.wake(one, 1.0)
    assert all_taken(window) == ["open"]
    window.tick(4.0)
    assert all_taken(window) == ["limited"]


def test_a_wake_counts_for_one_wait() -> None:
    window, _ = fresh()
    deliver(window, [("e", "k")])
    for now in (0.0, 1.0):
        taken = window.take()
        assert taken is not None
        window.wake("e", now)
        window.again(taken, 4.0, now, fate_open=True)
    taken = window.take()
    assert taken is not None
    window.again(taken, 4.0, 2.0, fate_open=True)
    assert all_taken(window) == []


def test_a_wake_for_an_event_that_is_over_wakes_nobody() -> None:
    window, _ = fresh()
    deliver(window, [("first", "k"), ("second", "k")])
    first = window.take()
    assert first is not None
    window.done(first, 0.0)
    second = window.take()
    assert second is not None
    window.again(second, 4.0, 0.0, fate_open=True)
    window.wake("first", 1.0)
    assert all_taken(window) == []
    window.wake("second", 1.0)
    assert all_taken(window) == ["second"]
    window.wake("second", 1.0)
    assert all_taken(window) == []
