"""Callers of the API: a bucket each and one for their tenant, the same in Redis and without it."""

import asyncio
from collections.abc import Callable

import pytest
from redis import Redis

from shared.limits.callers import Answer, Callers, Quota
from shared.storage.cache import Cache
from tests.storage.redis_server import PATIENT, RedisServer

Ask = Callable[..., list[Answer]]
NOWHERE = "redis://127.0.0.1:9/0"


@pytest.fixture(params=["in Redis", "in the process"])
def ask(request: pytest.FixtureRequest, redis: RedisServer) -> Ask:
    """Answers of so many calls at once under these quotas, all buckets full at first."""
    shared = request.param == "in Redis"
    with Redis.from_url(redis.url) as client:
        client.delete("limit:{t}:one", "limit:{t}:two", "limit:{t}:all")

    def asked(times: int, *quotas: Quota, calls: int = 1) -> list[Answer]:
        async def main() -> list[Answer]:
            async with Cache.open(redis.url if shared else NOWHERE, PATIENT) as cache:
                callers = Callers(cache, share=1.0)
                return [await callers.take(quotas, calls) for _ in range(times)]

        return asyncio.run(main())

    return asked


ONE = Quota("limit:{t}:one", 10)
TWO = Quota("limit:{t}:two", 10)
ALL = Quota("limit:{t}:all", 15)


def test_a_minutes_calls_may_come_at_once_and_no_more(ask: Ask) -> None:
    answers = ask(12, ONE)
    assert [answer.allowed for answer in answers] == [True] * 10 + [False] * 2
    assert [answer.remaining for answer in answers] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]
    assert (answers[0].limit, answers[0].reset, answers[0].retry_after) == (10, 6, 0)
    assert answers[-1].retry_after == 6


def test_a_dear_call_takes_as_much_as_several(ask: Ask) -> None:
    answers = ask(3, ONE, calls=5)
    assert [answer.allowed for answer in answers] == [True, True, False]
    assert answers[0].remaining == 5
    assert answers[-1].retry_after == 30


def test_the_tightest_bucket_is_told_and_a_refusal_takes_from_none(ask: Ask) -> None:
    tight = Quota("limit:{t}:all", 12)
    answers = ask(14, Quota("limit:{t}:two", 100), tight)
    assert [answer.allowed for answer in answers] == [True] * 12 + [False] * 2
    assert {answer.limit for answer in answers} == {12}


def test_callers_of_one_tenant_share_its_bucket(redis: RedisServer) -> None:
    with Redis.from_url(redis.url) as client:
        client.delete(ONE.name, TWO.name, ALL.name)

    async def main() -> list[bool]:
        async with Cache.open(redis.url, PATIENT) as cache:
            callers = Callers(cache, share=1.0)
            first = [(await callers.take([ONE, ALL])).allowed for _ in range(10)]
            return first + [(await callers.take([TWO, ALL])).allowed for _ in range(10)]

    assert asyncio.run(main()) == [True] * 15 + [False] * 5


def test_without_redis_a_process_keeps_to_its_share() -> None:
    async def main() -> list[bool]:
        async with Cache.open(NOWHERE) as cache:
            callers = Callers(cache, share=0.2)
            return [(await callers.take([ONE])).allowed for _ in range(3)]

    assert asyncio.run(main()) == [True, True, False]


def test_what_was_taken_comes_back_with_time() -> None:
    moment = [1000.0]

    async def main() -> list[bool]:
        async with Cache.open(NOWHERE) as cache:
            callers = Callers(cache, share=1.0, clock=lambda: moment[0])
            taken = [(await callers.take([ONE], 10)).allowed, (await callers.take([ONE])).allowed]
            moment[0] += 6.0
            return [
                *taken,
                (await callers.take([ONE])).allowed,
                (await callers.take([ONE])).allowed,
            ]

    assert asyncio.run(main()) == [True, False, True, False]
