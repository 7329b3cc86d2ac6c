"""`parley tenants audit`: who changed what and when. Secrets are named, never shown."""

from __future__ import annotations

import argparse
from typing import Any
from urllib.parse import quote

from parley.environment import Environment
from parley.tenancy import Tenancy
from shared.command.moments import short
from shared.command.output import print_items, say, wants_json
from shared.services.upkeep import AuditLine, AuditPage

DONE = 0


def audit(given: argparse.Namespace, environment: Environment) -> int:
    """The newest changes, the oldest of them first."""
    tenancy = Tenancy(environment)
    where = "/tenancy/audit" + (f"/{quote(given.tenant, safe='')}" if given.tenant else "")
    params = {} if given.since is None else {"since": given.since.isoformat()}
    lines: list[AuditLine] = []
    while len(lines) < given.limit:
        page = tenancy.call("GET", where, AuditPage, params=params)
        lines += page.lines
        if page.before is None:
            break
        params["before"] = str(page.before)
    shown = lines[: given.limit][::-1]
    if wants_json(given):
        print_items(shown)
        return DONE
    for line in shown:
        say(_words(line))
    return DONE


def _words(line: AuditLine) -> str:
    changes = [f"{name} {_pair(pair)}" for name, pair in line.values.items()]
    changes += [name for name in line.fields if name not in line.values]
    told = f": {', '.join(changes)}" if changes else ""
    return f"{short(line.at)}  {line.actor}  {line.action}  {line.subject}{told}"


def _pair(pair: list[Any]) -> str:
    old, new = pair
    return f"{new}" if old is None else f"{old} -> {new}"
