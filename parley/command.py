"""`parley`: what an operator of the platform types."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from parley import people, programs, queues, upkeep
from parley.environment import LOCAL_FILE, Environment
from parley.late import late
from parley.out import add_out
from parley.tenant_shape import SHAPE
from shared.command.parser import finish
from shared.runtime.errors import ParleyError, SettingsError, Unavailable, Unknown

EPILOG = """\
exit codes:
  0  done, or all is well
  1  refused, not found; doctor: something is wrong; ledger: it does not balance; replay and
     dlq replay: something was left out
  2  the command, a file or a setting is wrong
  3  a service did not answer

settings come from the environment, then from --env-file (or .local/env, where there is one and
the environment has no other values), then from secret files in SECRETS_DIR:
  TENANCY_URL, SERVICE_TOKEN_KEY     tenants, doctor
  S3_ENDPOINT_URL, S3_ACCESS_KEY, S3_SECRET_KEY   buckets, doctor
  DATABASE_URL_CONNECTOR, AMQP_URL   dlq, ledger, replay
  those of dlq, buckets and migrate, REDIS_URL, SERVICE_TOKEN_KEY   erase
  those of buckets and migrate, DATABASE_URL_CONNECTOR   retention
  DATABASE_OWNER_URL, DATABASE_URL   migrate, erase, retention, doctor (the first that is set;
                                     the owner's address)
  all others                         `parley doctor` names each, and where it comes from

examples:
  parley doctor
  parley tenants list --env-file .local/second/env
  parley tenants apply tenants.yml --dry-run
  parley keys new key-ring --out .secrets/key-ring
  parley dlq list --tenant acme-bank --from 2h
  parley ledger
  parley erase --tenant acme-bank --phone - --dry-run      asks for the number
"""
WRONG, USAGE, NO_ANSWER = 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of the command; answers its exit code."""
    given = build_parser().parse_args(arguments)
    try:
        return int(given.run(given, Environment(given.env_file)))
    except SettingsError as error:
        return _say(error, USAGE)
    except (Unavailable, Unknown) as error:
        return _say(error, NO_ANSWER)
    except ParleyError as error:
        return _say(error, WRONG)
    except KeyboardInterrupt:
        return 130


def build_parser() -> argparse.ArgumentParser:
    """All commands and options."""
    parser = argparse.ArgumentParser(
        prog="parley",
        description="Operates Parley: schema, tenants, keys, messages, and what is wrong.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    migrate = commands.add_parser(
        "migrate", help="bring the database to the schema of this code; safe to repeat"
    )
    migrate.set_defaults(run=late("parley.schema", "migrate"))
    make = commands.add_parser(
        "buckets", help="make the S3 buckets that are missing and set their retention"
    )
    make.set_defaults(run=late("parley.buckets", "make"))
    _add_tenants(commands.add_parser("tenants", help="apply a tenants file, list, show"))
    _add_keys(commands.add_parser("keys", help="keys of the platform, and API keys"))
    queues.add_commands(commands)
    people.add_commands(commands)
    doctor = commands.add_parser(
        "doctor",
        help="name every setting, ask every dependency, say what is wrong",
        description="Asks everything at once, for two seconds at most. 1 if anything is wrong.",
    )
    doctor.set_defaults(run=late("parley.doctor", "doctor"))
    return finish(parser, _general)


def _general(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--env-file",
        type=Path,
        metavar="FILE",
        help=f"NAME=value lines with settings ({LOCAL_FILE}, where there is one)",
    )


def _add_tenants(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    apply = commands.add_parser(
        "apply",
        help="make tenants as a file declares them; the same file twice changes nothing",
        description="Makes tenants as FILE declares them, through the tenancy function.",
        epilog=SHAPE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    apply.add_argument("file", type=Path, metavar="FILE", help="the tenants file; its shape: below")
    apply.add_argument(
        "--dry-run", action="store_true", help="say what would change, change nothing"
    )
    apply.add_argument(
        "--forget-previous",
        action="store_true",
        help="stop accepting the secrets that the current ones have replaced",
    )
    apply.set_defaults(run=late("parley.tenants", "apply"))
    list_ = commands.add_parser("list", help="all tenants")
    list_.set_defaults(run=late("parley.tenants", "list_"))
    show = commands.add_parser("show", help="one tenant; its secrets as set or missing")
    show.add_argument("tenant", metavar="SLUG")
    show.set_defaults(run=late("parley.tenants", "show"))
    for command in (list_, show):
        command.add_argument("--json", action="store_true", help="as JSON")
    upkeep.add_tenant_commands(commands)


def _add_keys(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    new = commands.add_parser("new", help="make a fresh key, to be put where secrets live")
    new.add_argument("kind", choices=("key-ring", "service-token-key"))
    new.add_argument("--id", default="k1", help="name of the key in the ring (%(default)s)")
    new.add_argument(
        "--add-to", type=Path, metavar="FILE", help="a ring whose keys stay readable beside it"
    )
    new.add_argument("--standby", action="store_true", help="it opens, the ring's own seals on")
    add_out(new, "the key")
    new.set_defaults(run=late("parley.keys", "new"))
    upkeep.add_key_commands(commands)
    programs.add_key_commands(commands)


def _say(error: ParleyError, code: int) -> int:
    print(f"parley: {error.detail}", file=sys.stderr)
    return code
