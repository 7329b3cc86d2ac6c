"""Commands of the upkeep: tenants checked and audited, secrets sealed anew, rings changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from parley.late import late
from parley.moments import FORMS, moment
from parley.out import add_out

MOST = 100


def add_tenant_commands(commands: Any) -> None:
    """What follows `parley tenants`."""
    check = commands.add_parser(
        "check",
        help="hold a tenant, or all active ones, against Meta and Genesys; say what to mend",
        description="Only asks, changes nothing. 1 when anything is wrong.",
    )
    check.add_argument("tenant", metavar="SLUG", nargs="?")
    check.add_argument("--json", action="store_true", help="a JSON line each")
    check.set_defaults(run=late("parley.check", "check"))
    audit = commands.add_parser("audit", help="who changed what, and when; the newest last")
    audit.add_argument("tenant", metavar="SLUG", nargs="?", help="of one tenant alone")
    audit.add_argument("--since", type=moment, metavar="MOMENT", help=FORMS)
    audit.add_argument("--limit", type=int, default=MOST, metavar="N", help="lines (%(default)s)")
    audit.add_argument("--json", action="store_true", help="a JSON line each")
    audit.set_defaults(run=late("parley.audit", "audit"))


def add_key_commands(commands: Any) -> None:
    """What follows `parley keys`."""
    rotate = commands.add_parser(
        "rotate",
        help="seal every stored secret anew under the ring's newest key, while messages flow",
        description="Works in batches; cut anywhere, type it again. 1 when something is left.",
    )
    rotate.add_argument("--dry-run", action="store_true", help="only say what is under which key")
    rotate.set_defaults(run=late("parley.rotation", "rotate"))
    ring = commands.add_parser(
        "ring", help="make the ring of a file with another current key, or without one"
    )
    ring.add_argument("file", type=Path, metavar="FILE")
    ring.add_argument("--use", metavar="KEY", help="this one seals from now on")
    ring.add_argument("--drop", metavar="KEY", help="what lies under it can not be opened any more")
    add_out(ring, "the ring")
    ring.set_defaults(run=late("parley.keys", "ring"))
