"""Made-up keys and origins cost tenancy little, and those who are known or made here nothing."""

from __future__ import annotations

import asyncio

import pytest

from gateway_service.strangers import BURST, PER_SECOND, SOURCE_BURST, Strangers
from shared.runtime.errors import Unavailable


class Source:
    """Knows one name, on a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked = 0
        self.strangers = Strangers(lambda: self.now)

    def ask(self, name: str, place: str = "203.0.113.1") -> str | None:
        async def question() -> str | None:
            self.asked += 1
            return name if name == "known" else None

        return asyncio.run(self.strangers.ask(name, place, question))


def crowd(source: Source, count: int, places: int = 1000) -> int:
    """How many of so many strangers, from so many places, were turned away."""
    away = 0
    for number in range(count):
        try:
            assert source.ask(f"x{number}", f"place-{number % places}") is None
        except Unavailable:
            away += 1
    return away


def test_a_crowd_of_strangers_is_turned_away_unasked() -> None:
    source = Source()
    assert crowd(source, int(BURST) + 50) == 50
    assert source.asked == BURST
    source.now += 2.0
    assert crowd(source, 100) == 100 - 2 * PER_SECOND


def test_one_source_takes_half_at_most_and_others_are_asked_for() -> None:
    source = Source()
    assert crowd(source, 500, places=1) == 500 - SOURCE_BURST
    assert source.ask("known", "elsewhere") == "known"
    assert crowd(source, int(BURST - SOURCE_BURST)) == 1  # the one of the first place


def test_a_crowd_that_comes_all_at_once_is_counted_before_it_is_answered() -> None:
    source = Source()

    async def question() -> None:
        source.asked += 1
        await asyncio.sleep(0)

    async def main() -> None:
        crowd = (source.strangers.ask(f"x{number}", str(number), question) for number in range(500))
        await asyncio.gather(*crowd, return_exceptions=True)

    asyncio.run(main())
    assert source.asked == BURST


def test_who_proves_known_costs_the_strangers_nothing() -> None:
    source = Source()
    for _ in range(int(BURST) + 50):
        assert source.ask("known") == "known"
    assert crowd(source, int(BURST)) == 0


def test_who_was_known_before_the_crowd_came_is_asked_for() -> None:
    source = Source()
    assert source.ask("known") == "known"
    crowd(source, int(BURST) + 50)
    assert source.ask("known") == "known"


def test_who_was_not_waits_until_it_has_passed() -> None:
    source = Source()
    crowd(source, int(BURST) + 50)
    with pytest.raises(Unavailable):
        source.ask("known")
    source.now += 1.0
    assert source.ask("known") == "known"
