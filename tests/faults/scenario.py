"""One scenario: traffic at a fixed rate, something breaks in the midst of it, all is counted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from local.sandbox.client import Sandbox
from tests.faults.field import Field, wait_for
from tests.faults.tally import Row, Tally
from tests.faults.traffic import Traffic, crowd

LEAD_S = 2.0  # of good weather before it breaks
GREETED_S = 60.0
QUIET_S = 2.0  # with nothing open, before it is said that nothing more will come
_OPEN = "select ledger_settle(), (select count(*) from ledger_open)"
_LEFT = "select (select count(*) from parked), (select count(*) from dead_letters)"

Break = Callable[[Field], None]


@dataclass(frozen=True)
class Scenario:
    """Something that breaks, and how it is judged.

    `breaks` returns when all is mended. `lines` are written at `rate` a second; with `short_lines`
    the short form has it too. `unknowable`: it may hide from us what a provider did. `settle_s`:
    within it everything must have arrived, once all is mended.
    """

    name: str
    breaks: Break
    lines: int = 400
    short_lines: int = 0
    short: Break | None = None  # what breaks in the short form, if less
    unknowable: bool = False
    settle_s: float = 180.0
    graph: dict[str, Any] | None = None  # settings of the simulators, for its length
    genesys: dict[str, Any] | None = None
    receipts: bool = True  # whether every line of an agent gets its receipt
    unbroken: bool = False  # whether every webhook must be taken at its first try


@dataclass(frozen=True)
class Outcome:
    """A row, what was wrong in words, and by how many seconds the worst line was written late."""

    row: Row
    faults: list[str]
    late_s: float


def play(field: Field, scenario: Scenario, number: int, rate: float, *, short: bool) -> Outcome:
    """Run one. Raises what the break raised, once the traffic has ended."""
    sandbox = field.stack.sandbox
    sandbox.clear()
    field.over.clear()
    field.cut_answers = 0
    lines = scenario.short_lines if short else scenario.lines
    breaks = scenario.short or scenario.breaks if short else scenario.breaks
    traffic = Traffic(sandbox, crowd(field.companies, number), rate, lines)
    traffic.greet()
    wait_for(lambda: traffic.arrived() == len(traffic.people), GREETED_S, "greetings are missing")
    with _weather(sandbox, scenario):
        late, healed = _storm(field, breaks, traffic)
    trouble = _settle(field, traffic, scenario)
    tally = Tally(
        traffic.written(),
        traffic.got(),
        scenario.unknowable,
        field.cut_answers,
        traffic.unreceipted() if scenario.receipts else (),
    )
    row = tally.row(scenario.name, healed)
    trouble += traffic.repeated() if scenario.unbroken else []
    return Outcome(row, [*tally.faults, *trouble], late)


@contextmanager
def _weather(sandbox: Sandbox, scenario: Scenario) -> Iterator[None]:
    """The simulators' settings for one scenario; afterwards they are as they were."""
    wanted = {"graph": scenario.graph or {}, "genesys": scenario.genesys or {}}
    now = sandbox.settings()
    before = {part: {name: now[part][name] for name in names} for part, names in wanted.items()}
    sandbox.settings(**wanted)
    try:
        yield
    finally:
        sandbox.settings(**before)


def _storm(field: Field, breaks: Break, traffic: Traffic) -> tuple[float, float]:
    """Traffic, and what breaks in it. Gives the worst lateness and when the last was mended."""
    lates: list[float] = []

    def write() -> None:
        try:
            lates.append(traffic.run())
        finally:
            field.over.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        field.rest(LEAD_S)
        breaks(field)
    finally:
        field.stack.sandbox.clear_faults()
        healed = time.time()
        writer.join()
    return lates[0], healed


def _settle(field: Field, traffic: Traffic, scenario: Scenario) -> list[str]:
    """Wait until nothing is open any more; what is left after the limit, in words."""

    def calm() -> bool:
        if field.stack.sandbox.counters()["webhooks_pending"] or _open(field):
            return False
        if traffic.arrived() < len(traffic.sent):
            return False
        return not (scenario.receipts and traffic.unreceipted())

    try:
        wait_for(calm, scenario.settle_s, "")
        threading.Event().wait(QUIET_S)
    except TimeoutError:
        left = _open(field)
        [[parked, dead]] = field.stack.query(_LEFT)
        pending = field.stack.sandbox.counters()["webhooks_pending"]
        words = f"{left} open, {parked} parked, {dead} dead, {pending} webhooks not taken"
        return [f"not settled after {scenario.settle_s:.0f} s: {words}"]
    return []


def _open(field: Field) -> int:
    [[_, count]] = field.stack.query(_OPEN)
    return int(count)
