"""`make faults`: breaks everything in turn, prints a table and keeps it; ends with 1 if it hurt."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from local.demo.world import World
from tests.faults import clouds, connectors, kills, servers, upkeep
from tests.faults.field import Field
from tests.faults.house import house
from tests.faults.scenario import Outcome, Scenario, play
from tests.faults.tally import Row
from tests.stack import ROOT

SCENARIOS: Sequence[Scenario] = (
    *kills.SCENARIOS,
    *servers.SCENARIOS,
    *clouds.SCENARIOS,
    *connectors.SCENARIOS,
    *upkeep.SCENARIOS,
)
COMPANIES = (("north-bank", "North Bank"), ("sky-air", "Sky Air"))
RATE = 30.0
FULL_OUTAGE_S, SHORT_OUTAGE_S = 60.0, 8.0
WEBHOOK_S = 10.0  # 5 to 10 are told of Meta; two cores are slow when a server has just come back
LATE_S = 2.0  # a line written later than this was not written at a fixed rate
SHOWN = 12  # of what was wrong
HEADS = ("in", "out", "lost", "doubled", "misordered", "unknown", "recovery_s")


def main() -> int:
    """Run them. 0 when nothing was lost, doubled or out of order; 1 when something was."""
    given = _parser().parse_args()
    chosen = [one for one in SCENARIOS if _wanted(one, given)]
    if given.list or not chosen:
        for one in chosen or SCENARIOS:
            print(f"{one.name}: {one.lines} lines; short: {one.short_lines or 'not in it'}")
        return 0 if given.list else 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end what was started, then end
    began = time.monotonic()
    outcomes: list[Outcome] = []
    with house(given.root / "stack", print) as (stack, gates):
        world = World.made_up(COMPANIES)
        stack.sandbox.settings(limits="off", graph={"webhook_timeout_s": WEBHOOK_S})
        stack.employ(world)
        field = Field(stack, gates, world, SHORT_OUTAGE_S if given.short else FULL_OUTAGE_S)
        print(f"{len(chosen)} scenarios at {given.rate:g} lines a second, both ways\n")
        _head()
        for number, one in enumerate(chosen):
            outcome = _played(field, one, number, given)
            outcomes.append(outcome)
            _tell(outcome)
            _keep(given.root / "latest.json", [outcome.row for outcome in outcomes])
    good = _sum(outcomes, time.monotonic() - began)
    print(f"written to {given.root / 'latest.json'}")
    return 0 if good else 1


def _played(field: Field, one: Scenario, number: int, given: argparse.Namespace) -> Outcome:
    """Run one; what keeps it from being run is told with it, and the next ones go on."""
    try:
        return play(field, one, number, given.rate, short=given.short)
    except Exception as error:  # noqa: BLE001  # whatever it is, it belongs into the table
        row = Row(one.name, 0, 0, 0, 0, 0, 0, 0.0)
        return Outcome(row, [f"could not be run: {type(error).__name__}: {error}"[:500]], 0.0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--short", action="store_true", help="the few-minute form")
    parser.add_argument("--only", nargs="+", default=(), metavar="WORDS", help="names with these")
    parser.add_argument("--list", action="store_true", help="name the scenarios and end")
    parser.add_argument("--rate", type=float, default=RATE, help="lines a second (%(default)s)")
    parser.add_argument(
        "--root", type=Path, default=ROOT / ".local" / "faults", help="logs and figures"
    )
    return parser


def _wanted(one: Scenario, given: argparse.Namespace) -> bool:
    named = not given.only or any(words.lower() in one.name.lower() for words in given.only)
    return named and bool(one.short_lines or not given.short)


def _head() -> None:
    print(f"{'scenario':<48}" + "".join(f"{head:>11}" for head in HEADS))


def _tell(outcome: Outcome) -> None:
    record = outcome.row.record()
    print(f"{outcome.row.scenario:<48}" + "".join(f"{record[head]:>11}" for head in HEADS))
    if outcome.late_s > LATE_S:
        print(f"    lines were written up to {outcome.late_s:.1f} s late")
    for fault in outcome.faults[:SHOWN]:
        print(f"    {fault}")
    if len(outcome.faults) > SHOWN:
        print(f"    and {len(outcome.faults) - SHOWN} more")
    sys.stdout.flush()


def _sum(outcomes: Sequence[Outcome], seconds: float) -> bool:
    rows = [outcome.row for outcome in outcomes]
    total = sum(row.came_in for row in rows)
    bad = [o for o in outcomes if not o.row.good or o.faults]
    print(f"\n{total} messages in {len(rows)} scenarios and {seconds / 60:.1f} minutes: ", end="")
    print("nothing lost, doubled or out of order" if not bad else f"{len(bad)} scenarios FAILED")
    for one in bad:
        print(f"  {one.row.scenario}")
    return not bad


def _keep(path: Path, rows: Sequence[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([row.record() for row in rows], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
