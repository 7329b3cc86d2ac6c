"""The room for bodies: who gives way to whom, and that all is given back."""

import pytest

from shared.runtime.errors import NotTaken
from shared.runtime.room import LARGE, Room, Share


def share(room: Room, size: int, *, whole: bool = False) -> Share:
    one = room.share(lambda: None)
    one.grow(size)
    if whole:
        one.whole()
    return one


def test_the_unfinished_one_that_came_first_gives_way() -> None:
    room = Room(for_small=LARGE, for_large=4 * LARGE)
    first, second = share(room, 2 * LARGE), share(room, 2 * LARGE)
    third = share(room, 2 * LARGE)
    assert [one.given_way for one in (first, second, third)] == [True, False, False]


def test_what_is_read_whole_keeps_its_place() -> None:
    room = Room(for_small=LARGE, for_large=4 * LARGE)
    first, second = (share(room, 2 * LARGE, whole=True) for _ in range(2))
    with pytest.raises(NotTaken) as refused:
        share(room, 2 * LARGE)
    assert refused.value.retry_after == 1
    first.leave()
    assert share(room, 2 * LARGE).bytes == 2 * LARGE
    assert not second.given_way


def test_large_ones_never_take_the_place_of_small_ones() -> None:
    room = Room(for_small=LARGE, for_large=4 * LARGE)
    share(room, 4 * LARGE, whole=True)
    share(room, LARGE, whole=True)
    with pytest.raises(NotTaken):
        share(room, LARGE)


def test_small_ones_may_use_what_large_ones_leave() -> None:
    room = Room(for_small=LARGE, for_large=4 * LARGE)
    kept = [share(room, LARGE, whole=True) for _ in range(5)]
    with pytest.raises(NotTaken):
        share(room, 1)
    for one in kept:
        one.leave()
    share(room, 4 * LARGE, whole=True)


def test_one_that_grows_large_gives_way_among_the_large_ones() -> None:
    room = Room(for_small=2 * LARGE, for_large=3 * LARGE)
    small, large = share(room, LARGE), share(room, 3 * LARGE)
    growing = share(room, LARGE)
    growing.grow(1)
    assert [one.given_way for one in (small, large, growing)] == [False, True, False]
    with pytest.raises(NotTaken):
        growing.grow(3 * LARGE)
