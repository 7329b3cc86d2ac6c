"""A tenant is suspended while its customers write: it is silent soon, and nobody else is."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

import yaml

from local.demo.world import Company, World
from local.sandbox.client import Conversation
from tests.e2e.traffic import drive
from tests.stack import Stack
from tests.waits import WAIT_S

RATE = 20.0
LINES = 280
PEOPLE = [str(4_915_880_000_000 + number) for number in range(10)]
QUIET = 10  # of another tenant's lines, since the last one of this


def test_a_tenant_suspended_under_load_is_silent(stack: Stack) -> None:
    world = World.made_up([("load-bank", "Load Bank"), ("load-air", "Load Air")])
    stack.employ(world)
    bank, air = world.companies
    writer = threading.Thread(target=drive, args=(lines(stack, world), RATE))
    writer.start()
    stack.sandbox.wait_for(lambda _: len(arrivals(stack, bank)) >= 20, WAIT_S)
    asked = time.time()
    apply(stack, world, bank, "suspended")
    stack.sandbox.wait_for(lambda _: since_the_last(stack, bank, air) >= QUIET, WAIT_S)
    silent = time.time()
    stack.sandbox.wait_for(lambda _: since_the_last(stack, bank, air) >= 3 * QUIET, WAIT_S)
    back = time.time()
    apply(stack, world, bank, "active")
    writer.join()
    stack.sandbox.wait_for(lambda _: len(arrivals(stack, air)) == LINES // 2, WAIT_S)
    came = [moment for _, moment in arrivals(stack, bank)]
    assert [moment for moment in came if silent < moment < back] == []
    assert [moment for moment in came if moment > back], "it did not come back"
    before = {text for text, moment in written(stack, bank) if moment < asked}
    stack.sandbox.wait_for(lambda _: before <= {text for text, _ in arrivals(stack, bank)}, WAIT_S)
    for talk in talks(stack, bank):
        texts = [str(text) for text in talk.texts("got")]
        assert texts == sorted(set(texts)), "each once, and in order"


def lines(stack: Stack, world: World) -> list[Callable[[], None]]:
    """What the customers of both write, in turn."""

    def say(company: Company, number: int) -> None:
        person = PEOPLE[number % len(PEOPLE)]
        stack.sandbox.customer_says(company.phone_number_id, person, f"line {number:04}")

    return [partial(say, world.companies[n % 2], n // 2) for n in range(LINES)]


def apply(stack: Stack, world: World, company: Company, status: str) -> None:
    [tenant] = [t for t in world.for_parley()["tenants"] if t["tenant"] == company.slug]
    file = stack.root / "under-load.yml"
    file.write_text(yaml.safe_dump({"tenants": [{**tenant, "status": status}]}))
    stack.parley("tenants", "apply", str(file))


def talks(stack: Stack, company: Company) -> list[Conversation]:
    return stack.sandbox.conversations(side="genesys", line=company.integration_id)


def arrivals(stack: Stack, company: Company) -> list[tuple[str, float]]:
    """Text and time of what its agents have."""
    return timed(talks(stack, company), "got")


def since_the_last(stack: Stack, company: Company, other: Company) -> int:
    """How many lines another company got since this one got its last."""
    last = max(moment for _, moment in arrivals(stack, company))
    return sum(moment > last for _, moment in arrivals(stack, other))


def written(stack: Stack, company: Company) -> list[tuple[str, float]]:
    """Text and time of what its customers wrote."""
    found = stack.sandbox.conversations(side="whatsapp", line=company.phone_number_id)
    return timed(found, "written")


def timed(found: list[Conversation], direction: str) -> list[tuple[str, float]]:
    return [
        (str(message.text), datetime.fromisoformat(message.time).timestamp())
        for talk in found
        for message in talk.messages
        if message.direction == direction
    ]
