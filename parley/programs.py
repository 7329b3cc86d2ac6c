"""Commands about programs that call the API, as one types them: `parley keys create` and so on."""

from __future__ import annotations

import argparse
from typing import Any

from parley.out import add_out
from shared.command.late import late
from shared.command.output import add_output
from shared.command.parser import add_command
from shared.tenancy.roles import ROLES, SCOPES

TENANTS = [role for role in ROLES if role != "platform-admin"]
DAYS, LONGEST_DAYS = 90, 730


def add_key_commands(commands: Any) -> None:
    """What follows `parley keys`."""
    _add_create(commands)
    list_ = _of_whom(
        add_command(
            commands,
            "list",
            help="API keys, without the keys themselves",
            examples=("parley keys list --tenant acme-bank", "parley keys list --platform -o json"),
            run=late("parley.api_keys", "list_"),
        )
    )
    add_output(list_)
    revoke = _of_whom(
        add_command(
            commands,
            "revoke",
            help="take an API key back, for good",
            examples=(
                "parley keys revoke --tenant acme-bank 7d0c5a52-5e0c-4a5e-9a57-0d3c2f6b1a11",
            ),
            changes=True,
            run=late("parley.api_keys", "revoke"),
        )
    )
    revoke.add_argument("id", metavar="ID", help="as `list` has it: the id, not the name")


def _add_create(commands: Any) -> None:
    create = _of_whom(
        add_command(
            commands,
            "create",
            help="make an API key; it is shown this once",
            description="Prints the key on standard output and what it is on standard error. A key "
            "is never shown again.",
            epilog="scopes:\n" + "\n".join(f"  {scope}" for scope in sorted(SCOPES)),
            examples=(
                "parley keys create --tenant acme-bank --name crm-nightly --role viewer",
                "parley keys create --tenant acme-bank --name crm --scope messages:read --days 30",
            ),
            changes=True,
            run=late("parley.api_keys", "create"),
        )
    )
    create.add_argument("--name", required=True, help="what for, such as crm-nightly")
    create.add_argument("--role", choices=TENANTS, default="viewer", help="(%(default)s)")
    create.add_argument(
        "--scope",
        action="append",
        choices=sorted(SCOPES),
        metavar="SCOPE",
        help="less than the role; repeatable; below",
    )
    create.add_argument(
        "--days", type=_days, default=DAYS, help=f"until it ends, 1 to {LONGEST_DAYS} (%(default)s)"
    )
    add_out(create, "the key")
    add_output(create)


def _of_whom(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    whom = parser.add_mutually_exclusive_group(required=True)
    whom.add_argument("--tenant", metavar="SLUG", help="a key of this tenant")
    whom.add_argument("--platform", action="store_true", help="a key over all tenants")
    return parser


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= LONGEST_DAYS):
        raise argparse.ArgumentTypeError(f"must be 1 to {LONGEST_DAYS}")
    return int(text)
