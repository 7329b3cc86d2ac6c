"""Commands about people's data, as one types them: `parley erase`, `parley retention`."""

from __future__ import annotations

import argparse
from typing import Any

from parley.out import add_out
from shared.command.late import late
from shared.command.moments import count, seconds
from shared.command.output import JSON, add_output
from shared.command.parser import add_command

SETTLE_S = 5.0
MESSAGES_DAYS = 365


def add_commands(commands: Any) -> None:
    """Add them to the command's parser."""
    _add_erase(
        add_command(
            commands,
            "erase",
            help="remove one person of one tenant from everywhere; prints a certificate",
            description="Removes rows, objects, keys and waiting events of one person. Safe to "
            "stop and to repeat. What comes in afterwards is a new person's. `-` for a number or "
            "an id asks for it, or reads it from standard input; `@FILE` reads it from a file: so "
            "the shell's history does not hold it.",
            examples=(
                "parley erase --tenant acme-bank --phone - --dry-run",
                "parley erase --tenant acme-bank --phone @number --out certificate.json",
            ),
            changes=True,
            run=late("parley.erase", "erase"),
        )
    )
    _add_retention(
        add_command(
            commands,
            "retention",
            help="remove what is past its tenant's days; to be run once a day",
            description="Messages, raw webhooks and files that are older than their tenant keeps "
            "them (options.retention of a tenants file), a batch at a time. Safe to repeat.",
            examples=("parley retention --dry-run", "parley retention --messages-days 365"),
            changes=True,
            run=late("parley.retention", "run"),
        )
    )


def _add_retention(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tenant", metavar="SLUG", help="of this tenant alone")
    parser.add_argument(
        "--messages-days",
        type=count,
        default=MESSAGES_DAYS,
        metavar="DAYS",
        help="for tenants that chose none (%(default)s)",
    )
    parser.add_argument("--dry-run", action="store_true", help="count, change nothing")
    add_output(parser)


def _add_erase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tenant", metavar="SLUG", required=True, help="of this tenant")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--phone", metavar="NUMBER", help="international, such as '+49 151 1234567'")
    who.add_argument("--wa-id", metavar="DIGITS", help="the number as WhatsApp writes it")
    who.add_argument("--user-id", metavar="ID", help="WhatsApp's user id of the business")
    parser.add_argument("--dry-run", action="store_true", help="count, change nothing")
    add_out(parser, "the certificate")
    parser.add_argument("--asked-by", metavar="NAME", help="for the certificate (your user name)")
    parser.add_argument(
        "--settle",
        type=seconds,
        default=SETTLE_S,
        metavar="SECONDS",
        help="time for the connectors to learn of it before anything goes (%(default)s)",
    )
    add_output(parser, JSON)
