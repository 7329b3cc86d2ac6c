"""Commands of the upkeep: tenants checked and audited, secrets sealed anew, rings changed."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from parley.out import add_out
from shared.command.late import late
from shared.command.moments import FORMS, count, moment
from shared.command.output import add_output
from shared.command.parser import add_command

MOST = 100


def add_tenant_commands(commands: Any) -> None:
    """What follows `parley tenants`."""
    check = add_command(
        commands,
        "check",
        help="hold a tenant, or all active ones, against Meta and Genesys; say what to mend",
        description="Only asks, changes nothing. 1 when anything is wrong.",
        examples=("parley tenants check acme-bank", "parley tenants check -o json"),
        run=late("parley.check", "check"),
    )
    check.add_argument("tenant", metavar="SLUG", nargs="?", help="this one alone")
    audit = add_command(
        commands,
        "audit",
        help="who changed what, and when; the newest last",
        description="Changes of tenants and keys with old and new values. Secrets are named, never "
        "shown.",
        examples=("parley tenants audit acme-bank --since 7d", "parley tenants audit --limit 10"),
        run=late("parley.audit", "audit"),
    )
    audit.add_argument("tenant", metavar="SLUG", nargs="?", help="of one tenant alone")
    audit.add_argument("--since", type=moment, metavar="MOMENT", help=FORMS)
    audit.add_argument("--limit", type=count, default=MOST, metavar="N", help="lines (%(default)s)")
    for command in (check, audit):
        add_output(command)


def add_key_commands(commands: Any) -> None:
    """What follows `parley keys`."""
    _add_new(commands)
    rotate = add_command(
        commands,
        "rotate",
        help="seal every stored secret anew under the ring's newest key, while messages flow",
        description="Works in batches; if it stops, give it again. 1 when something is left.",
        examples=("parley keys rotate --dry-run", "parley keys rotate"),
        changes=True,
        run=late("parley.rotation", "rotate"),
    )
    rotate.add_argument("--dry-run", action="store_true", help="only say what is under which key")
    add_output(rotate)
    _add_ring(commands)


def _add_new(commands: Any) -> None:
    new = add_command(
        commands,
        "new",
        help="make a fresh key, to be put where secrets live",
        description="Prints a key ring (JSON) or a key for tokens between functions, or writes it "
        "with --out. Nothing else is changed.",
        examples=(
            "parley keys new key-ring --out .secrets/key-ring",
            "parley keys new key-ring --id k2 --add-to ring --standby --out ring.2",
            "parley keys new service-token-key --out .secrets/service-token-key",
            "parley keys new auth-token-key --out .secrets/auth-token-key",
        ),
        run=late("parley.keys", "new"),
    )
    new.add_argument(
        "kind",
        choices=("key-ring", "service-token-key", "auth-token-key"),
        help="which kind of key",
    )
    new.add_argument(
        "--id", type=_key_id, default="k1", help="name of the key in the ring (%(default)s)"
    )
    new.add_argument(
        "--add-to", type=Path, metavar="FILE", help="a ring whose keys stay readable beside it"
    )
    new.add_argument("--standby", action="store_true", help="it opens, the ring's own seals on")
    add_out(new, "the key")


def _add_ring(commands: Any) -> None:
    ring = add_command(
        commands,
        "ring",
        help="make the ring of a file with another current key, or without one",
        examples=(
            "parley keys ring .secrets/key-ring --use k2 --out ring.2",
            "parley keys ring .secrets/key-ring --drop k1 --out ring.2",
        ),
        run=late("parley.keys", "ring"),
    )
    ring.add_argument("file", type=Path, metavar="FILE", help="the ring as it is")
    ring.add_argument("--use", metavar="KEY", help="this one seals from now on")
    ring.add_argument("--drop", metavar="KEY", help="what lies under it can not be opened any more")
    add_out(ring, "the ring")


def _key_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,32}", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no name of a key: up to 32 letters, digits, '.', '_' and '-'"
        )
    return text
