"""`parley keys rotate`: every stored secret sealed anew under the ring's newest key.

Done batch by batch by the tenancy function while messages flow; if it stops, give it again.
"""

from __future__ import annotations

import argparse

from parley.environment import Environment
from parley.progress import Progress
from parley.tenancy import Tenancy
from shared.command.output import print_items, say, wants_json
from shared.services.upkeep import Place, Renewed, Seals

DONE, LEFT = 0, 1


def rotate(given: argparse.Namespace, environment: Environment) -> int:
    """Renew, with progress, and say what is left; 1 when something is."""
    tenancy = Tenancy(environment)
    seals = tenancy.call("GET", "/tenancy/seals", Seals)
    outdated = sum(one.values for one in seals.old)
    if not wants_json(given):
        say(f"{seals.total} secrets are stored, {outdated} not under {seals.current!r}")
    renewed, broken = 0, list[str]()
    if outdated and not given.dry_run:
        renewed, broken = _renew_all(tenancy, outdated)
        seals = tenancy.call("GET", "/tenancy/seals", Seals)
    if wants_json(given):
        beside = {"renewed": renewed, "broken": broken}
        print_items(seals.counts, current=seals.current, total=seals.total, **beside)
        return LEFT if seals.old else DONE
    if renewed:
        say(f"sealed anew: {renewed} rows")
    for words in broken:
        say(f"  does not open: {words}")
    return _left(seals)


def _renew_all(tenancy: Tenancy, rows: int) -> tuple[int, list[str]]:
    progress, broken = Progress("rows sealed anew:", rows), list[str]()
    place: Place | None = None
    while True:
        batch = tenancy.call("POST", "/tenancy/seals/renew", Renewed, place)
        broken += batch.broken
        for _ in range(batch.renewed):
            progress.step()
        if batch.next is None:
            return progress.done, broken
        place = batch.next


def _left(seals: Seals) -> int:
    for one in seals.old:
        known = "" if one.known else ", which the ring does not hold: add it, or apply them again"
        say(f"  {one.values} of {one.table}.{one.column} are under {one.key!r}{known}")
    idle = [key for key in seals.keys if key not in {one.key for one in seals.counts}]
    idle = [key for key in idle if key != seals.current]
    if idle:
        say(f"no secret is under {', '.join(map(repr, idle))} any more: take it from the ring")
        say("(`parley keys ring FILE --drop KEY`), unless another database needs it")
    return LEFT if seals.old else DONE
