"""The running wa-api and genesys-api keep the simulators' real limits, whatever is asked."""

import asyncio
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from redis import Redis

from local.sandbox.client import Sandbox
from tests.delivery.bodies import INTEGRATION
from tests.delivery.conftest import Delivery, launch, token_answer
from tests.delivery.test_sandbox import PHONE_ID, message, receipt
from tests.limits.house import Line, Queue, client_of, codes, nobody_yet, token_of, world
from tests.storage.redis_server import RedisServer, until
from tests.support import sandbox_process
from tests.waits import WAIT_S

TOLD = 'parley_limit_told_total{limit="number"}'
CUSTOMERS = [str(4_915_100_000_000 + number) for number in range(100)]


@pytest.fixture(scope="module")
def simulators() -> Iterator[Sandbox]:
    with sandbox_process() as (client, _):
        yield client


Running = dict[str, list[Delivery]]


@pytest.fixture(scope="module")
def running(
    simulators: Sandbox, redis: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """Two replicas of each."""
    addresses = {
        "GRAPH_API_BASE_URL": simulators.graph_url,
        "GENESYS_API_BASE_URL": simulators.genesys_url,
        "REDIS_URL": f"{redis.url}?socket_timeout=30",
        "PROVIDER_READ_SECONDS": "10",
        "RATE_LIMITS": "on",
    }
    with ExitStack() as stack:
        yield {
            name: [
                launch(stack, tmp_path_factory.mktemp(name), name, **addresses) for _ in range(2)
            ]
            for name in ("wa-api", "genesys-api")
        }


@pytest.fixture
def sandbox(simulators: Sandbox, redis: RedisServer) -> Iterator[Sandbox]:
    """Its limits are the real ones, but for the window; nothing is spent yet."""
    with Redis.from_url(redis.url) as client:
        client.flushall()
    simulators.clear_faults()
    simulators.setup(world())
    limits = {"number_rate_per_second": 80, "pair_seconds": 6, "pair_burst": 45}
    simulators.settings(limits="real", graph={"statuses": [], "window": "off", **limits})
    simulators.clear()
    yield simulators
    simulators.drop_webhooks()


def got(sandbox: Sandbox) -> dict[str, list[str | None]]:
    """What each customer got, in order."""
    threads = sandbox.conversations(side="whatsapp")
    return {thread.customer: thread.texts("got") for thread in threads}


def figure(function: Delivery, name: str) -> float:
    """A figure of /metrics; 0 where it is not there yet."""
    page = requests.get(function.url + "/metrics", timeout=WAIT_S).text
    found = re.search(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE)
    return float(found[1]) if found else 0.0


def rate_of(function: Delivery) -> float:
    return figure(function, f'parley_limit_rate{{number="{PHONE_ID}"}}')


def alone(sandbox: Sandbox, functions: list[Delivery], per_minute: int = 60) -> None:
    """The org has one OAuth client, whose token these functions get."""
    client = client_of(per_minute)
    sandbox.setup(world(client))
    for function in functions:
        function.auth.play(token_answer(token_of(sandbox, client)))


async def told(queue: Queue) -> None:
    """Wait until something of it was held back."""

    async def is_held() -> bool:
        return bool(queue.held)

    await until(is_held)


def test_300_messages_to_100_customers_never_make_meta_say_it_is_too_much(
    sandbox: Sandbox, running: Running
) -> None:
    texts = {who: [f"{who} {number}" for number in range(3)] for who in CUSTOMERS}
    queue, started = Queue(running["wa-api"]), time.monotonic()
    asyncio.run(queue.drain(texts))
    took = time.monotonic() - started
    counters = sandbox.counters()
    assert counters.get("graph_messages_400", 0) == 0
    assert counters["graph_messages_200"] == 300
    assert got(sandbox) == texts
    assert took >= 296 / 80  # 77 a second, and four at once
    assert [rate_of(one) for one in running["wa-api"]] == [80, 80]


def test_a_channels_own_limit_is_kept(sandbox: Sandbox, running: Running) -> None:
    sandbox.settings(graph={"number_rate_per_second": 20})
    texts = {who: [who] for who in CUSTOMERS[:60]}
    queue, started = Queue(running["wa-api"], per_second=20), time.monotonic()
    asyncio.run(queue.drain(texts))
    assert time.monotonic() - started >= 59 / 20
    assert sandbox.counters().get("graph_messages_400", 0) == 0
    assert got(sandbox) == texts
    assert set(queue.held) <= {"limit_number"}


def test_a_customers_burst_is_paid_back_before_more(sandbox: Sandbox, running: Running) -> None:
    somebody, other = nobody_yet(), nobody_yet()
    texts = [f"line {number}" for number in range(45)]
    queue = Queue(running["wa-api"])
    asyncio.run(queue.drain({somebody: texts}))
    assert (queue.held, got(sandbox)) == ([], {somebody: texts})

    async def one_more() -> None:
        waiting = asyncio.create_task(queue.drain({somebody: ["one more"]}))
        await told(queue)
        waiting.cancel()

    asyncio.run(one_more())
    assert queue.held == ["limit_pair"]
    asyncio.run(queue.drain({other: ["not in the way"]}))
    assert got(sandbox) == {somebody: texts, other: ["not in the way"]}
    assert sandbox.counters().get("graph_messages_400", 0) == 0


def test_meta_saying_too_much_halves_the_number_for_all_replicas(
    sandbox: Sandbox, running: Running
) -> None:
    somebody, other = nobody_yet(), nobody_yet()
    sandbox.fault("graph", "status", code=130429, count=1)
    first, second = running["wa-api"]
    told_before = figure(first, TOLD)
    queue = Queue([first])
    asyncio.run(queue.drain({somebody: ["again at once"]}))
    assert (queue.held, got(sandbox)) == ([], {somebody: ["again at once"]})
    asyncio.run(Queue([second]).drain({other: ["slower"]}))
    assert rate_of(second) == pytest.approx(40, abs=10)
    assert figure(first, TOLD) == told_before + 1
    assert "number_slowed" in first.log


def test_meta_saying_too_much_of_a_customer_holds_that_customer_alone(
    sandbox: Sandbox, running: Running
) -> None:
    somebody, other = nobody_yet(), nobody_yet()
    sandbox.fault("graph", "status", code=131056, count=1)
    queue, started = Queue(running["wa-api"]), time.monotonic()

    async def play() -> list[str]:
        held = asyncio.create_task(queue.drain({somebody: ["one", "two"]}))
        await told(queue)
        others = Queue(running["wa-api"])
        await others.drain({other: ["meanwhile"]})
        await held
        return others.held

    assert asyncio.run(play()) == []
    assert time.monotonic() - started >= 4
    assert queue.held == ["131056"]
    assert got(sandbox) == {somebody: ["one", "two"], other: ["meanwhile"]}


@pytest.mark.parametrize("code", [4, 80007, 131048])
def test_a_limit_of_the_whole_account_is_told_once_and_kept(
    sandbox: Sandbox, running: Running, code: int
) -> None:
    sandbox.fault("graph", "status", code=code, count=1)
    queue = Queue(running["wa-api"])
    texts = {who: ["x"] for who in CUSTOMERS[:10]}

    async def all_held() -> bool:
        return len(queue.held) == 1 + len(texts)

    async def play() -> None:
        first = asyncio.create_task(queue.drain({nobody_yet(): ["x"]}))
        await told(queue)
        others = asyncio.create_task(queue.drain(texts))
        await until(all_held)
        first.cancel()
        others.cancel()

    asyncio.run(play())
    assert queue.held == [str(code), *["limit_hold"] * 10]
    assert sandbox.counters()["graph_messages_400"] == 1


def test_what_never_left_is_not_counted(redis: RedisServer, tmp_path: Path) -> None:
    """Meta can not be reached: the customer's messages ahead are not used up by the tries."""
    with Redis.from_url(redis.url) as client:
        client.flushall()
    settings = {"PAIR_BURST": "2", "REDIS_URL": redis.url, "RATE_LIMITS": "on"}
    nowhere = {"GRAPH_API_BASE_URL": "http://127.0.0.1:1"}
    with ExitStack() as stack:
        function = launch(stack, tmp_path, "wa-api", **settings, **nowhere)
        function.auth.play(token_answer("token"))
        request = {"to": nobody_yet(), "type": "text", "text": {"body": "x"}}
        sends = Line(function).whatsapp([request] * 4)
        assert codes(asyncio.run(sends)) == ["connect_failed"] * 4


def test_a_minute_of_genesys_is_never_overrun(sandbox: Sandbox, running: Running) -> None:
    first, second = running["genesys-api"]
    alone(sandbox, [first, second])
    one = Line(first)
    two = Line(second, tenant_id=one.tenant_id)

    async def play() -> list[str]:
        parts = [line.calls("messages", [message() for _ in range(40)]) for line in (one, two)]
        return [code for part in await asyncio.gather(*parts) for code in codes(part)]

    ended = asyncio.run(play())
    assert ended.count("accepted") == 58  # of 60
    assert ended.count("limit_client") == 22
    assert sandbox.counters().get("genesys_message_429", 0) == 0
    assert sandbox.counters()["genesys_message_202"] == 58


def test_receipts_leave_the_last_of_a_minute_to_messages(
    sandbox: Sandbox, running: Running
) -> None:
    function = running["genesys-api"][0]
    alone(sandbox, [function])
    line = Line(function)
    sent = sandbox.agent_says(INTEGRATION, f"+{nobody_yet()}", "hello", wait=False)

    async def play() -> tuple[list[str], list[str]]:
        receipts = await line.calls("receipts", [receipt(sent.id)] * 50)
        return codes(receipts), codes(await line.calls("messages", [message()] * 15))

    receipts, messages = asyncio.run(play())
    assert receipts == ["accepted"] * 46 + ["limit_receipts"] * 4
    assert messages == ["accepted"] * 12 + ["limit_client"] * 3


def test_several_clients_add_their_calls_up(sandbox: Sandbox, running: Running) -> None:
    clients = [client_of(60), client_of(120)]
    sandbox.setup(world(*clients))
    function = running["genesys-api"][0]
    # The first that is asked for is the first that is named; then the one with more left.
    function.auth.play(*(token_answer(token_of(sandbox, client)) for client in clients))
    line = Line(function, "one,two")

    async def play() -> list[str]:
        return codes(await line.calls("messages", [message() for _ in range(180)]))

    ended = asyncio.run(play())
    assert ended.count("accepted") == 58 + 117
    assert sandbox.counters().get("genesys_message_429", 0) == 0


def test_a_429_sends_the_call_by_another_client_and_rests_the_first(
    sandbox: Sandbox, running: Running
) -> None:
    clients = [client_of(600), client_of(600)]
    sandbox.setup(world(*clients))
    first, second = running["genesys-api"]
    for function in (first, second):
        function.auth.play(*(token_answer(token_of(sandbox, client)) for client in clients))
    sandbox.fault("genesys", "status", status=429, retry_after=30, count=1)
    line = Line(first, "one,two")
    assert codes(asyncio.run(line.calls("messages", [message()]))) == ["accepted"]
    resting = Line(second, "one", tenant_id=line.tenant_id)
    outcome = asyncio.run(resting.calls("messages", [message()]))[0]
    assert outcome.error is not None
    assert outcome.error.provider_code == "limit_client"
    assert 20 < (outcome.error.retry_after or 0) <= 30


def test_a_429_with_one_client_is_told_with_its_time(sandbox: Sandbox, running: Running) -> None:
    first, second = running["genesys-api"]
    alone(sandbox, [first, second])
    sandbox.fault("genesys", "status", status=429, retry_after=7, count=1)
    line = Line(first)
    said = asyncio.run(line.calls("messages", [message()]))[0].error
    assert said is not None
    assert (said.provider_code, said.retry_after, said.hold_line) == ("too.many.requests", 7, True)
    later = Line(second, tenant_id=line.tenant_id)
    kept = asyncio.run(later.calls("messages", [message()]))[0].error
    assert kept is not None
    assert (kept.provider_code, kept.hold_line) == ("limit_client", True)
    assert 4 < (kept.retry_after or 0) <= 7
    assert sandbox.counters().get("genesys_message_202", 0) == 0
