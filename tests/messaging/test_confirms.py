"""Which publish an answer of the broker is for."""

import asyncio
from collections.abc import Callable

import pytest

from shared.messaging.confirms import Confirms
from shared.runtime.errors import Unavailable


def play(scenario: Callable[[Confirms], None]) -> None:
    async def main() -> None:
        scenario(Confirms())

    asyncio.run(main())


def failed(future: asyncio.Future[None]) -> bool:
    return future.done() and isinstance(future.exception(), Unavailable)


def stored(future: asyncio.Future[None]) -> bool:
    return future.done() and future.exception() is None


def test_an_ack_of_many_answers_all_up_to_it() -> None:
    def scenario(confirms: Confirms) -> None:
        first, second, third = (confirms.sent(f"m{n}", 9.0) for n in range(3))
        confirms.answered(2, multiple=True, stored=True)
        assert stored(first)
        assert stored(second)
        assert not third.done()
        assert len(confirms) == 1

    play(scenario)


def test_a_nack_is_not_stored() -> None:
    def scenario(confirms: Confirms) -> None:
        future = confirms.sent("m", 9.0)
        confirms.answered(1, multiple=False, stored=False)
        assert failed(future)

    play(scenario)


def test_each_return_spoils_one_ack_of_that_message() -> None:
    def scenario(confirms: Confirms) -> None:
        first, second, third = (confirms.sent("same", 9.0) for _ in range(3))
        confirms.returned("same")
        confirms.returned("same")
        confirms.answered(3, multiple=True, stored=True)
        assert [failed(first), failed(second), stored(third)] == [True, True, True]

    play(scenario)


def test_what_is_over_its_time_fails_and_a_late_ack_is_nothing() -> None:
    def scenario(confirms: Confirms) -> None:
        early, late = confirms.sent("a", 1.0), confirms.sent("b", 3.0)
        confirms.expire(2.0)
        assert failed(early)
        assert not late.done()
        confirms.answered(2, multiple=True, stored=True)
        assert stored(late)

    play(scenario)


def test_a_channel_that_is_gone_fails_all() -> None:
    def scenario(confirms: Confirms) -> None:
        futures = [confirms.sent(f"m{n}", 9.0) for n in range(3)]
        confirms.fail_all("gone")
        assert all(failed(future) for future in futures)

    play(scenario)


def test_a_caller_that_has_gone_away_is_no_trouble() -> None:
    async def main() -> None:
        confirms = Confirms()
        future = confirms.sent("m", 9.0)
        future.cancel()
        confirms.answered(1, multiple=False, stored=False)
        with pytest.raises(asyncio.CancelledError):
            await future

    asyncio.run(main())
