"""A number that may send twenty a second, and agents who write more than that, at once."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from local.demo.world import Company, World
from local.sandbox.client import Sandbox
from tests.e2e.traffic import drive
from tests.stack import Stack
from tests.waits import WAIT_S

RATE = 20
CUSTOMERS = [str(4_915_400_000_000 + number) for number in range(40)]
LINES = 8


class SlowWorld(World):
    """A company whose number is one that the WhatsApp Business app uses too."""

    def for_parley(self) -> dict[str, Any]:
        told = super().for_parley()
        for tenant in told["tenants"]:
            tenant["channels"][0]["limits"] = {"messages_per_second": RATE}
        return told


@pytest.fixture(scope="module")
def slow(stack: Stack) -> Company:
    world = SlowWorld.made_up([("corner-shop", "Corner Shop")])
    stack.employ(world)
    return world.companies[0]


def write(sandbox: Sandbox, company: Company, customer: str, text: str) -> None:
    sandbox.agent_says(company.integration_id, "+" + customer, text)


def counted(sandbox: Sandbox, name: str) -> int:
    return sandbox.counters().get(name, 0)


@pytest.fixture
def slow_meta(stack: Stack) -> Iterator[Sandbox]:
    """The simulator, with what Meta allows such a number."""
    stack.sandbox.settings(graph={"number_rate_per_second": RATE})
    yield stack.sandbox
    stack.sandbox.settings(graph={"number_rate_per_second": 80})


def test_a_slow_number_is_never_overrun_and_slows_nobody_else(
    stack: Stack, slow: Company, company: Company, slow_meta: Sandbox
) -> None:
    assert stack.sandbox is slow_meta
    for customer in CUSTOMERS:
        for one in (slow, company):
            slow_meta.customer_says(one.phone_number_id, customer, "hello")
    refused, earlier = counted(slow_meta, "graph_messages_400"), arrived(slow_meta, company)
    texts = [f"line {number}" for number in range(LINES)]
    crowd = [
        partial(write, slow_meta, slow, customer, text) for text in texts for customer in CUSTOMERS
    ]
    # No more than the simulator lets any number send at once: its setting is one for all.
    few = CUSTOMERS[: RATE - 5]
    others = [partial(write, slow_meta, company, customer, "quick") for customer in few]
    began = time.monotonic()
    drive([*crowd, *others], 100.0)
    slow_meta.wait_for(lambda room: arrived(room, company) == earlier + len(others), WAIT_S)
    assert arrived(slow_meta, slow) < len(crowd), "another number waited for the slow one"
    slow_meta.wait_for(lambda room: arrived(room, slow) == len(crowd), WAIT_S)
    assert time.monotonic() - began >= (len(crowd) - RATE) / RATE
    assert counted(slow_meta, "graph_messages_400") == refused
    for customer in CUSTOMERS:
        thread = slow_meta.conversation("whatsapp", slow.phone_number_id, customer)
        agent = slow_meta.conversation("genesys", slow.integration_id, "+" + customer)
        assert thread is not None
        assert agent is not None
        assert thread.texts("got") == agent.texts("written")
        assert sorted(map(str, agent.texts("written"))) == texts


def arrived(sandbox: Sandbox, company: Company) -> int:
    """How many messages its customers have."""
    threads = sandbox.conversations(side="whatsapp", line=company.phone_number_id)
    return sum(len(thread.texts("got")) for thread in threads)
