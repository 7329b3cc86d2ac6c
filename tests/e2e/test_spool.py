"""RabbitMQ stopped under traffic both ways: 200s, all delivered in order after it, none doubled."""

import json
from collections.abc import Callable

from local.demo.world import Company, World
from local.sandbox.client import Sandbox
from tests.stack import Stack
from tests.waits import WAIT_S

PEOPLE = [str(4_915_770_000_000 + number) for number in range(6)]
BEFORE, AWAY, AFTER = 1, 3, 2  # rounds


def text(who: str, person: str, number: int) -> str:
    return f"{who} {person} line {number}"


def say(sandbox: Sandbox, company: Company, person: str, number: int) -> None:
    """One line each way; the next one is written when these were answered."""
    customer = text("customer", person, number)
    taken = sandbox.customer_says(company.phone_number_id, person, customer, wait=True)
    assert (taken.webhook["state"], taken.webhook["tries"]) == ("delivered", 1), taken.webhook
    agent = text("agent", person, number)
    taken = sandbox.agent_says(company.integration_id, "+" + person, agent, wait=True)
    assert (taken.webhook["state"], taken.webhook["tries"]) == ("delivered", 1), taken.webhook


def play(sandbox: Sandbox, company: Company, numbers: range) -> None:
    for number in numbers:
        for person in PEOPLE:
            say(sandbox, company, person, number)


def arrived(company: Company, lines: int) -> Callable[[Sandbox], bool]:
    def all_of_them(sandbox: Sandbox) -> bool:
        for person in PEOPLE:
            agents = sandbox.conversation("genesys", company.integration_id, "+" + person)
            theirs = sandbox.conversation("whatsapp", company.phone_number_id, person)
            if agents is None or theirs is None:
                return False
            if min(len(agents.texts("got")), len(theirs.texts("got"))) < lines:
                return False
        return True

    return all_of_them


def test_an_outage_of_rabbitmq_costs_time_alone(stack: Stack) -> None:
    world = World.made_up([("spool-bank", "Spool Bank")])
    stack.employ(world)
    [company] = world.companies
    sandbox, lines = stack.sandbox, BEFORE + AWAY + AFTER
    play(sandbox, company, range(BEFORE))
    stack.servers.stop("rabbitmq")
    try:
        play(sandbox, company, range(BEFORE, BEFORE + AWAY))
    finally:
        stack.servers.start("rabbitmq")
    play(sandbox, company, range(BEFORE + AWAY, lines))
    sandbox.wait_for(arrived(company, lines), WAIT_S)
    for person in PEOPLE:
        agents = sandbox.conversation("genesys", company.integration_id, "+" + person)
        theirs = sandbox.conversation("whatsapp", company.phone_number_id, person)
        assert agents is not None
        assert theirs is not None
        assert agents.texts("got") == [text("customer", person, n) for n in range(lines)]
        assert theirs.texts("got") == [text("agent", person, n) for n in range(lines)]
    assert sum(stack.log_of(door).count('"spooled"') for door in ("wa-webhook", "genesys-webhook"))
    sandbox.wait_for(lambda _: _done(stack, company) == 2 * lines * len(PEOPLE), WAIT_S)


def _done(stack: Stack, company: Company) -> int:
    """What the ledger calls done; it must balance at any time."""
    told = json.loads(stack.parley("ledger", "--tenant", company.slug, "--json").stdout)
    assert told["balanced"]
    return sum(row["done"] for row in told["items"])
