"""An idempotent call is repeated for a while; what was refused is not."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shared.runtime.errors import BadInput, ParleyError, Unavailable, Unknown
from shared.services.patience import insist


def calls(*results: ParleyError | str) -> Callable[[], Awaitable[str]]:
    left = list(results)

    async def call() -> str:
        result = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(result, ParleyError):
            raise result
        return result

    return call


def test_it_repeats_until_answered() -> None:
    call = calls(Unavailable("away"), Unknown("cut"), "answer")
    assert asyncio.run(insist(call, 5)) == "answer"


def test_without_patience_it_asks_once() -> None:
    with pytest.raises(Unavailable, match="away"):
        asyncio.run(insist(calls(Unavailable("away"), "answer")))


def test_what_was_never_answered_is_an_outage_and_no_fault() -> None:
    with pytest.raises(Unavailable, match="cut") as raised:
        asyncio.run(insist(calls(Unknown("cut")), 0.25))
    assert raised.value.status == 503


def test_when_to_come_back_is_passed_on() -> None:
    with pytest.raises(Unavailable) as raised:
        asyncio.run(insist(calls(Unavailable("away", retry_after=9))))
    assert raised.value.retry_after == 9


def test_a_refusal_is_an_answer() -> None:
    with pytest.raises(BadInput):
        asyncio.run(insist(calls(BadInput("no"), "answer"), 5))
