"""`python -m tests.faults.isolation`: one tenant down, one in a burst; does a third notice?

With the real limits of both clouds. The calm figure and the other come from one run.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from local.demo.world import Company, World
from local.sandbox.client import Sandbox
from tests.e2e.traffic import drive
from tests.faults.field import wait_for
from tests.faults.house import house
from tests.faults.tally import Got, Row, Tally, Written
from tests.faults.traffic import Person, Traffic
from tests.stack import ROOT, Stack

COMPANIES = (("down-bank", "Down Bank"), ("calm-shop", "Calm Shop"), ("burst-air", "Burst Air"))
RATE_PER_MINUTE = 3000  # of each OAuth client at the simulator; 300 is what a new one has
PACE = 4.0  # lines a second of the tenant that is watched
SETTLE_S = 600.0
LONGEST_S = 1.0  # the watched tenant's p95 beside more than the processors can do


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    calm_lines: int
    storm_lines: int
    waiting: int
    burst: int
    burst_rate: float  # lines a second
    together: int  # lines of the burst in a webhook: Meta merges what comes at once


# The load, both clouds and the four servers are on the same processors: two carry 40 to 60
# messages a second from door to agent, all told, so this burst is more than they can do.
FULL = Size(calm_lines=240, storm_lines=400, waiting=2000, burst=5000, burst_rate=50.0, together=1)
SHORT = Size(calm_lines=80, storm_lines=120, waiting=300, burst=800, burst_rate=50.0, together=1)
WARM_LINES = 80


class Limited(World):
    """Companies whose OAuth clients have a limit."""

    def for_sandbox(self, gateway_url: str) -> dict[str, Any]:
        told = super().for_sandbox(gateway_url)
        for org in told["orgs"]:
            org["clients"][0]["rate_per_minute"] = RATE_PER_MINUTE
        return told


def main() -> int:
    """Measure. 0 when the third tenant's p95 stays under a second and all arrive."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.isolation", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a smaller outage, a smaller burst")
    parser.add_argument("--burst-rate", type=float, help="lines a second of the burst")
    parser.add_argument("--together", type=int, help="lines of the burst in a webhook")
    parser.add_argument("--root", type=Path, default=ROOT / ".local" / "faults")
    given = parser.parse_args()
    with house(given.root / "isolation", print, gated=False) as (stack, _):
        world = Limited.made_up(COMPANIES)
        stack.employ(world)
        size = SHORT if given.short else FULL
        size = replace(
            size,
            burst_rate=given.burst_rate or size.burst_rate,
            together=given.together or size.together,
        )
        told = measure(stack, world, size)
    (given.root / "isolation.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(f"written to {given.root / 'isolation.json'}")
    return 0 if told["good"] else 1


def measure(stack: Stack, world: World, size: Size) -> dict[str, Any]:
    """Calm, then the storm; then everything must have arrived."""
    down, calm, burst = world.companies
    sandbox = stack.sandbox
    watched = Lines(sandbox, calm, people=40)
    watched.write(WARM_LINES, 2 * PACE)
    watched.write(size.calm_lines, PACE)
    watched.arrive()
    before = watched.p95(since=WARM_LINES)
    print(f"calm: p95 {before * 1000:.0f} ms of {size.calm_lines} lines at {PACE:g}/s")

    fault = sandbox.fault(
        "genesys", "status", status=503, match={"integration_id": down.integration_id}
    )
    silent = Lines(sandbox, down, people=100)
    silent.write(size.waiting, 100.0)
    print(f"{down.name}: Genesys is down, {size.waiting} messages wait")

    crowd = Lines(sandbox, burst, people=500)
    mark = watched.count
    with ThreadPoolExecutor(1) as pool:
        bursting = pool.submit(crowd.write, size.burst, size.burst_rate, size.together)
        watched.write(size.storm_lines, PACE)
        bursting.result()
    watched.arrive()
    during = watched.p95(since=mark)
    ratio = during / before
    burst_was = f"{size.burst} messages at {size.burst_rate:g}/s, {size.together} in a webhook"
    print(f"{burst.name}: {burst_was}, meanwhile")
    print(f"storm: p95 {during * 1000:.0f} ms of {size.storm_lines} lines; ratio {ratio:.2f}")

    sandbox.clear_faults(fault)
    healed = time.time()
    rows = [lines.row(healed) for lines in (silent, watched, crowd)]
    for row in rows:
        print(f"{row.scenario:<12}{json.dumps(row.record())}")
    good = during < LONGEST_S and all(row.good for row in rows)
    figures = {"calm_p95_ms": before * 1000, "storm_p95_ms": during * 1000, "ratio": ratio}
    return {"good": good, **figures, "rows": [row.record() for row in rows]}


class Lines:
    """Customers of one company, who write in turn."""

    def __init__(self, sandbox: Sandbox, company: Company, people: int) -> None:
        self.company = company
        first = 4_940_000_000_000
        crowd = [Person(company, str(first + number)) for number in range(people)]
        self.traffic = Traffic(sandbox, crowd, 0.0, 0)

    @property
    def count(self) -> int:
        """Lines written so far."""
        return len(self.traffic.sent)

    def write(self, lines: int, rate: float, together: int = 1) -> None:
        """Write so many more, at a fixed rate, `together` in a webhook."""
        people, end = self.traffic.people, self.count + lines

        def post(first: int) -> None:
            numbers = range(first, min(first + together, end))
            self.traffic.say_together([(people[n % len(people)], f"line {n:05}") for n in numbers])

        posts = [partial(post, first) for first in range(self.count, end, together)]
        late = drive(posts, rate / together)
        if late > 1.0:
            print(f"{self.company.name}: lines were written up to {late:.1f} s late")

    def arrive(self) -> None:
        """Wait until all have arrived."""
        words = f"{self.company.name}: not all have arrived"
        wait_for(lambda: self.traffic.arrived() >= self.count, SETTLE_S, words)

    def p95(self, since: int = 0) -> float:
        """Seconds from a webhook's first try to the agent, of lines after the first `since`."""
        wanted = {f"line {number:05}" for number in range(since, self.count)}
        began = {(w.thread, w.text): w.first for w in self.traffic.written() if w.text in wanted}
        ended = arrivals(self.traffic.got())
        times = [ended[key] - began[key] for key in began]
        return statistics.quantiles(times, n=20)[-1]

    def row(self, healed: float) -> Row:
        """What became of all of them."""
        self.arrive()
        written: Sequence[Written] = self.traffic.written()
        return Tally(written, self.traffic.got()).row(self.company.name, healed)


def arrivals(got: dict[str, list[Got]]) -> dict[tuple[str, str], float]:
    """When each line arrived first."""
    found: dict[tuple[str, str], float] = {}
    for thread, lines in got.items():
        for line in lines:
            found.setdefault((thread, line.text), line.at)
    return found


if __name__ == "__main__":
    sys.exit(main())
