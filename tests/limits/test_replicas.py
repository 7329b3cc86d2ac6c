"""Several processes on one Redis: never over a limit together, and not far under it either."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from redis import Redis

from tests.limits.sender import Sent
from tests.programs import run
from tests.storage.redis_server import RedisServer

REPLICAS = 4


def replicas(server: RedisServer, tries: int, rate: float, customers: int) -> list[Sent]:
    """What so many replicas sent, in order, when each of their senders had so many tries."""
    with Redis.from_url(server.url) as client:
        client.flushall()
    words = ("tests.limits.sender", server.url, str(tries), str(rate), str(customers))
    with ThreadPoolExecutor(REPLICAS) as pool:
        running = [pool.submit(run, *words, environment={}) for _ in range(REPLICAS)]
    done = [one.result() for one in running]
    assert [(one.returncode, one.stderr) for one in done] == [(0, "")] * REPLICAS
    lines = [line.split(" ", 3) for one in done for line in one.stdout.splitlines()]
    sent = [Sent(float(first), float(last), float(wait), who) for first, last, wait, who in lines]
    return sorted(sent, key=lambda one: one.earliest)


def most_within(sent: list[Sent], seconds: float) -> int:
    """The most messages that were surely within such a time, wherever it begins."""
    return max(
        sum(
            begin.earliest <= one.earliest and one.latest < begin.earliest + seconds for one in sent
        )
        for begin in sent
    )


def test_no_second_of_a_number_has_more_than_its_limit(redis: RedisServer) -> None:
    sent = replicas(redis, 10, 80.0, 1000)
    assert most_within(sent, 1.0) <= 80
    took = sent[-1].latest - sent[0].earliest
    assert 150 < len(sent) <= 77 * took + 5


def test_no_turn_is_left_unused_while_somebody_waits(redis: RedisServer) -> None:
    """Who waits has the turn right behind another, at some 80 a second."""
    sent = replicas(redis, 10, 80.0, 1000)
    waited = [one for one in sent if one.waited]
    assert len(waited) > 100
    for one in waited:
        before = [other for other in sent if other is not one and other.earliest < one.latest]
        assert max(other.latest for other in before) >= one.earliest - 1 / 75


def test_a_number_of_1000_is_used_and_not_overrun(redis: RedisServer) -> None:
    sent = replicas(redis, 20, 1000.0, 100_000)
    assert most_within(sent, 0.1) <= 49 + 96
    assert len(sent) > 300


def test_no_customer_gets_more_than_the_burst(redis: RedisServer) -> None:
    sent = replicas(redis, 30, 1000.0, 3)
    counts = Counter(one.customer for one in sent)
    assert counts == dict.fromkeys(counts, 45)
    assert len(counts) == 3


def test_a_number_of_20_leaves_one_after_the_other(redis: RedisServer) -> None:
    """It is one line for all replicas."""
    sent = replicas(redis, 10, 20.0, 1000)
    for steps in (1, 5, 20):
        assert most_within(sent, steps / 20) <= steps
