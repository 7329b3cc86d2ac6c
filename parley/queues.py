"""Commands about messages, as one types them.

`parley dlq`, `parley replay`, `parley ledger`, `parley refused`.
"""

from __future__ import annotations

import argparse
from typing import Any

from shared.command.late import late
from shared.command.moments import FORMS, count, day, moment, seconds
from shared.command.output import add_output
from shared.command.parser import add_command, add_group

GRACE_S = 900.0


def add_commands(commands: Any) -> None:
    """Add them to the command's parser."""
    _add_dlq(
        add_group(
            commands,
            "dlq",
            help="list, show and replay dead letters",
            description="Messages that were given up, with the reason; back into their queues.",
            examples=("parley dlq list --tenant acme-bank --from 2h",),
        )
    )
    _add_replay(
        add_command(
            commands,
            "replay",
            help="make the events of stored webhooks again, from the raw archive in S3",
            description="Bodies of the archive become the same events with the same ids: what was "
            "delivered is a duplicate and goes no further, what was not is delivered.",
            examples=(
                "parley replay --tenant acme-bank --from 2h --dry-run",
                "parley replay --tenant acme-bank --day 2026-11-23 --direction inbound",
            ),
            changes=True,
            run=late("parley.archive", "replay"),
        )
    )
    _add_refused(commands)
    _add_ledger(
        add_command(
            commands,
            "ledger",
            help="what came in, and what of it is done, refused, parked, dead or waiting",
            description="Counts messages by tenant. 1 when it does not balance: then something "
            "was lost, and the command says what to look at.",
            examples=("parley ledger", "parley ledger --tenant acme-bank --from 1d -o json"),
            run=late("parley.ledger", "ledger"),
        )
    )


def _add_dlq(commands: Any) -> None:
    list_ = add_command(
        commands,
        "list",
        help="a line each, and how many of each reason",
        examples=("parley dlq list", "parley dlq list --reason bad_input --from 1d -o json"),
        run=late("parley.dead_letters", "list_"),
    )
    _add_filters(list_)
    list_.add_argument("--limit", type=count, default=50, help="(%(default)s)")
    list_.add_argument("--replayed", action="store_true", help="those too that were replayed")
    show = add_command(
        commands,
        "show",
        help="all that is known of one",
        examples=("parley dlq show 01a2b3c4", "parley dlq show 01a2b3c4 --body"),
        run=late("parley.dead_letters", "show"),
    )
    show.add_argument("id", metavar="ID", help="its id, or its event's")
    show.add_argument(
        "--body", action="store_true", help="the event too, WITH WHAT A PERSON WROTE in it"
    )
    for command in (list_, show):
        add_output(command)
    _add_dlq_replay(commands)


def _add_dlq_replay(commands: Any) -> None:
    replay = add_command(
        commands,
        "replay",
        help="publish them into their queues again; safe to repeat, also under traffic",
        description="Without --tenant, --reason, --queue, --id, --from or --to all dead letters of "
        "all tenants go; then it asks, or wants --yes.",
        examples=(
            "parley dlq replay --tenant acme-bank --reason bad_input --dry-run",
            "parley dlq replay --tenant acme-bank --reason bad_input",
            "parley dlq replay --yes  # all, from a script",
        ),
        changes=True,
        run=late("parley.dead_replay", "replay"),
    )
    _add_filters(replay)
    replay.add_argument("--limit", type=count, help="at most so many")
    replay.add_argument("--dry-run", action="store_true", help="count, change nothing")
    replay.add_argument("--yes", action="store_true", help="replay all without a question")
    add_output(replay)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tenant", metavar="SLUG", help="of this tenant")
    parser.add_argument("--reason", metavar="CODE", help="given up for this reason code")
    parser.add_argument("--queue", metavar="NAME", help="of this queue, or of all of an exchange")
    parser.add_argument("--id", help="this one, by its id or its event's; replayed or not")
    _add_span(parser, "given up")


def _add_replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tenant", metavar="SLUG", help="of this tenant")
    parser.add_argument(
        "--direction", choices=("inbound", "outbound", "both"), default="both", help="(%(default)s)"
    )
    parser.add_argument("--day", type=day, metavar="DATE", help="of this day, UTC")
    _add_span(parser, "received")
    parser.add_argument("--key", metavar="BUCKET/KEY", help="one body, as raw_ref names it")
    parser.add_argument("--dry-run", action="store_true", help="count, publish nothing")
    add_output(parser)


def _add_refused(commands: Any) -> None:
    refused = add_group(
        commands,
        "refused",
        help="list messages that WhatsApp or Genesys did not take, and why",
        description="Messages of which a part was refused at once, or failed later, and has not "
        "arrived since. Customers' messages that Genesys refused at once are dead letters too, and "
        "can be replayed.",
        examples=("parley refused list --tenant acme-bank --from 1d",),
    )
    list_ = add_command(
        refused,
        "list",
        help="the newest first, each with its reason",
        examples=("parley refused list", "parley refused list --direction outbound -o json"),
        run=late("parley.refused", "list_"),
    )
    list_.add_argument("--tenant", metavar="SLUG", help="of this tenant")
    list_.add_argument("--channel", metavar="NAME", help="of this channel, by name or id")
    list_.add_argument(
        "--direction", choices=("inbound", "outbound"), help="customers' messages, or agents'"
    )
    _add_span(list_, "refused")
    list_.add_argument("--limit", type=count, default=50, help="(%(default)s)")
    list_.add_argument("--cursor", metavar="TEXT", help="go on where a page has ended: its `next`")
    add_output(list_)


def _add_ledger(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tenant", metavar="SLUG", help="of this tenant")
    _add_span(parser, "arrived (whole hours)")
    parser.add_argument(
        "--grace",
        type=seconds,
        default=GRACE_S,
        metavar="SECONDS",
        help="age at which what is nowhere is overdue (%(default)s)",
    )
    add_output(parser)


def _add_span(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        "--from", dest="since", type=moment, metavar="MOMENT", help=f"{what} since: {FORMS}"
    )
    parser.add_argument("--to", dest="until", type=moment, metavar="MOMENT", help=f"{what} before")
