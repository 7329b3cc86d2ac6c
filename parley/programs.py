"""Commands about programs that call the API, as one types them: `parley keys create` and so on."""

from __future__ import annotations

import argparse
from typing import Any

from parley.late import late
from parley.out import add_out
from shared.tenancy.roles import ROLES, SCOPES

TENANTS = [role for role in ROLES if role != "platform-admin"]
DAYS, LONGEST_DAYS = 90, 730


def add_key_commands(commands: Any) -> None:
    """What follows `parley keys`."""
    create = _of_whom(commands.add_parser("create", help="make an API key; it is shown this once"))
    create.add_argument("--name", required=True, help="what for, such as crm-nightly")
    create.add_argument("--role", choices=TENANTS, default="viewer", help="(%(default)s)")
    create.add_argument(
        "--scope", action="append", choices=sorted(SCOPES), help="less than the role; repeatable"
    )
    create.add_argument(
        "--days", type=_days, default=DAYS, help=f"until it ends, 1 to {LONGEST_DAYS} (%(default)s)"
    )
    add_out(create, "the key")
    create.set_defaults(run=late("parley.api_keys", "create"))
    list_ = _of_whom(commands.add_parser("list", help="API keys, without the keys themselves"))
    list_.add_argument("--json", action="store_true", help="as JSON")
    list_.set_defaults(run=late("parley.api_keys", "list_"))
    revoke = _of_whom(commands.add_parser("revoke", help="take an API key back, for good"))
    revoke.add_argument("id", metavar="ID", help="as `list` has it")
    revoke.set_defaults(run=late("parley.api_keys", "revoke"))


def _of_whom(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    whom = parser.add_mutually_exclusive_group(required=True)
    whom.add_argument("--tenant", metavar="SLUG")
    whom.add_argument("--platform", action="store_true", help="a key over all tenants")
    return parser


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= LONGEST_DAYS):
        raise argparse.ArgumentTypeError(f"must be 1 to {LONGEST_DAYS}")
    return int(text)
