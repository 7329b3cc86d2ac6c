"""A number that may send twenty a second, and agents who write more than that, at once."""

import time
from functools import partial
from typing import Any

import pytest

from local.demo.world import Company, World
from local.sandbox.client import Sandbox
from tests.e2e.conftest import Stack
from tests.e2e.traffic import drive

RATE = 20
CUSTOMERS = [str(4_915_400_000_000 + number) for number in range(40)]
LINES = 4
SETTLE_S = 60.0

pytestmark = pytest.mark.timeout(240)


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


def test_meta_is_never_asked_for_more_than_the_number_may_send(stack: Stack, slow: Company) -> None:
    sandbox = stack.sandbox
    usual = sandbox.settings(graph={"number_rate_per_second": RATE})
    assert usual["graph"]["number_rate_per_second"] == RATE
    try:
        for customer in CUSTOMERS:
            sandbox.customer_says(slow.phone_number_id, customer, "hello")
        refused = counted(sandbox, "graph_messages_400")
        texts = [f"line {number}" for number in range(LINES)]
        sends = [
            partial(write, sandbox, slow, customer, text)
            for text in texts
            for customer in CUSTOMERS
        ]
        began = time.monotonic()
        drive(sends, 100.0)
        sandbox.wait_for(lambda room: arrived(room, slow) == len(sends), SETTLE_S)
        assert time.monotonic() - began >= (len(sends) - RATE) / RATE
        assert counted(sandbox, "graph_messages_400") == refused
        for customer in CUSTOMERS:
            thread = sandbox.conversation("whatsapp", slow.phone_number_id, customer)
            agent = sandbox.conversation("genesys", slow.integration_id, "+" + customer)
            assert thread is not None
            assert agent is not None
            assert thread.texts("got") == agent.texts("written")
            assert sorted(map(str, agent.texts("written"))) == texts
    finally:
        sandbox.settings(graph={"number_rate_per_second": 80})


def arrived(sandbox: Sandbox, company: Company) -> int:
    """How many messages its customers have."""
    threads = sandbox.conversations(side="whatsapp", line=company.phone_number_id)
    return sum(len(thread.texts("got")) for thread in threads)
