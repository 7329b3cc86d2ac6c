"""Single flight: one call however many ask, and nobody's impatience harms another."""

import asyncio

import pytest

from shared.storage.single_flight import SingleFlight


def test_concurrent_callers_share_one_call_and_later_ones_do_not() -> None:
    calls = 0

    async def ask() -> int:
        nonlocal calls
        calls += 1
        mine = calls
        await asyncio.sleep(0)
        return mine

    async def run() -> None:
        flight: SingleFlight[str, int] = SingleFlight()
        assert await asyncio.gather(*(flight.join("a", ask) for _ in range(100))) == [1] * 100
        later = await asyncio.gather(flight.join("a", ask), flight.join("b", ask))
        assert list(later) == [2, 3]

    asyncio.run(run())


def test_the_first_caller_giving_up_does_not_cancel_the_others() -> None:
    async def run() -> None:
        flight: SingleFlight[str, str] = SingleFlight()
        answer = asyncio.get_running_loop().create_future()

        async def ask() -> str:
            return str(await answer)

        first = asyncio.create_task(flight.join("a", ask))
        second = asyncio.create_task(flight.join("a", ask))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        answer.set_result("here")
        assert await second == "here"

    asyncio.run(run())


def test_everyone_gets_the_error_and_the_next_call_tries_again() -> None:
    async def fail() -> str:
        await asyncio.sleep(0)
        raise LookupError("not there")

    async def good() -> str:
        return "good"

    async def run() -> None:
        flight: SingleFlight[str, str] = SingleFlight()
        outcomes = await asyncio.gather(
            *(flight.join("a", fail) for _ in range(5)), return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes] == [LookupError] * 5
        with pytest.raises(LookupError):
            await flight.join("a", fail)
        assert await flight.join("a", good) == "good"

    asyncio.run(run())
