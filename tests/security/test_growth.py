"""Nothing that strangers, tenants or providers send costs more than linear time."""

from collections.abc import Callable

import pytest

from shared.messaging.answers import safe_detail
from tests.growth import linear

WORDS = (
    *("a", "@", "a@", "a.@", "value [", "'a ", '"a ', "https:/"),
    *("+1 ", "1", "-", "aa1 ", "x@y. "),
)


@pytest.mark.parametrize("pump", WORDS)
def test_a_providers_words_are_read_once(pump: str) -> None:
    assert linear(lambda size: lambda: safe_detail(pump * (size // len(pump))))


@pytest.mark.parametrize("values", [("a{}", "a"), ("aaa{}", "a"), ("{}", "1"), ("v{} ", "v1 v2 ")])
def test_many_values_that_were_sent_are_looked_for_in_linear_time(values: tuple[str, str]) -> None:
    written, pump = values

    def make(size: int) -> Callable[[], object]:
        private = [written.format(number) for number in range(size // 8)]
        return lambda: safe_detail(pump * size, private)

    assert linear(make)


@pytest.mark.parametrize("pump", ["a", "ab", "é", " a"])
def test_long_values_that_were_sent_are_looked_for_in_linear_time(pump: str) -> None:
    def make(size: int) -> Callable[[], object]:
        private = [pump * size, "b" + pump * size, pump * size + "b"]
        return lambda: safe_detail(pump * size * 2, private)

    assert linear(make)
