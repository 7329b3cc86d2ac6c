"""`parley`: what an operator of the platform types."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from parley import people, programs, queues, upkeep
from parley.environment import LOCAL_FILE, Environment
from parley.tenant_shape import SHAPE
from shared.command.completion import add_completion
from shared.command.ending import run_to_its_end
from shared.command.late import late
from shared.command.output import add_output, remark
from shared.command.parser import CommandParser, VersionAction, add_command, add_group, finish
from shared.runtime.errors import ParleyError, SettingsError, Unavailable, Unknown
from shared.runtime.faults import said

EPILOG = """\
exit codes:
  0  done, or all is well
  1  refused, not found; doctor, tenants check: something is wrong; ledger: it does not balance;
     replay, dlq replay, erase, keys rotate: something was left out
  2  the command, a file or a setting is wrong
  3  a service did not answer

settings come from the environment, then from --env-file (or .local/env, where there is one and
the environment has no other values), then from secret files in SECRETS_DIR:
  TENANCY_URL, SERVICE_TOKEN_KEY     tenants, keys, doctor
  S3_ENDPOINT_URL, S3_ACCESS_KEY, S3_SECRET_KEY   buckets, doctor
  DATABASE_URL_CONNECTOR, AMQP_URL   dlq, ledger, replay
  those of dlq, buckets and migrate, REDIS_URL, SERVICE_TOKEN_KEY   erase
  those of buckets and migrate, DATABASE_URL_CONNECTOR   retention
  DATABASE_OWNER_URL, DATABASE_URL   migrate, erase, retention, doctor (the first that is set;
                                     the owner's address)
  all others                         `parley doctor` names each, and where it comes from
"""
EXAMPLES = (
    "parley doctor",
    "parley tenants apply tenants.yml --dry-run",
    "parley tenants list --env-file .local/second/env",
    "parley keys new key-ring --out .secrets/key-ring",
    "parley dlq list --tenant acme-bank --from 2h",
    "parley ledger -o json",
    "parley erase --tenant acme-bank --phone - --dry-run  # asks for the number",
)
WRONG, USAGE, NO_ANSWER, INTERRUPTED = 1, 2, 3, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of the command; answers its exit code."""
    return run_to_its_end(partial(_run, arguments))


def _run(arguments: Sequence[str] | None, go_on: Callable[[], None]) -> int:
    given = build_parser().parse_args(arguments)
    if given.changes:
        go_on()
    try:
        _check_log_level()
        return int(given.run(given, Environment(given.env_file)))
    except SettingsError as error:
        return _say(error, USAGE)
    except (Unavailable, Unknown) as error:
        return _say(error, NO_ANSWER)
    except ParleyError as error:
        return _say(error, WRONG)
    except ValueError as error:
        if not hasattr(error, "errors"):  # pydantic's: what was typed is none of what is sent
            raise
        return _say(SettingsError(said(error.errors(include_input=False))), USAGE)
    except KeyboardInterrupt:
        return INTERRUPTED


def _check_log_level() -> None:
    """Raises SettingsError for a LOG_LEVEL that is none."""
    if os.environ.get("LOG_LEVEL"):
        from shared.runtime.logging import level_fault  # noqa: PLC0415  # a tenth of a second

        fault = level_fault()
        if fault is not None:
            raise SettingsError(fault)


def build_parser() -> CommandParser:
    """All commands and options."""
    parser = CommandParser(
        prog="parley",
        description="Operates Parley: schema, tenants, keys, messages, and what is wrong.",
        epilog=EPILOG,
        examples=EXAMPLES,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    add_command(
        commands,
        "migrate",
        help="bring the database to the schema of this code; safe to repeat",
        examples=("parley migrate", "DATABASE_OWNER_URL=postgresql://... parley migrate"),
        changes=True,
        run=late("parley.schema", "migrate"),
    )
    add_command(
        commands,
        "buckets",
        help="make the S3 buckets that are missing and set their retention",
        examples=("parley buckets",),
        changes=True,
        run=late("parley.buckets", "make"),
    )
    _add_tenants(commands)
    _add_keys(commands)
    queues.add_commands(commands)
    people.add_commands(commands)
    doctor = add_command(
        commands,
        "doctor",
        help="name every setting, ask every dependency, say what is wrong",
        description="Asks everything at once, for two seconds at most. 1 if anything is wrong.",
        examples=("parley doctor", "parley doctor -o json | jq '.items[] | select(.well | not)'"),
        run=late("parley.doctor", "doctor"),
    )
    add_output(doctor)
    add_completion(commands, build_parser)
    return finish(parser, _general)


def _general(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--env-file",
        type=Path,
        metavar="FILE",
        help=f"NAME=value lines with settings ({LOCAL_FILE}, where there is one)",
    )
    group.add_argument("--version", action=VersionAction, help="print the version")


def _add_tenants(commands: argparse._SubParsersAction[CommandParser]) -> None:
    tenants = add_group(
        commands,
        "tenants",
        help="apply a tenants file; list, show, check tenants; who changed what",
        examples=("parley tenants list", "parley tenants check acme-bank"),
    )
    apply = add_command(
        tenants,
        "apply",
        help="make tenants as a file declares them; the same file twice changes nothing",
        description="Makes tenants as FILE declares them, through the tenancy function.",
        epilog=SHAPE,
        examples=(
            "parley tenants apply tenants.yml --dry-run",
            "parley tenants apply tenants.yml",
        ),
        changes=True,
        run=late("parley.tenants", "apply"),
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
    add_output(apply)
    _add_looks(tenants)
    upkeep.add_tenant_commands(tenants)


def _add_looks(tenants: argparse._SubParsersAction[CommandParser]) -> None:
    list_ = add_command(
        tenants,
        "list",
        help="all tenants",
        examples=("parley tenants list", "parley tenants list -o json | jq -r '.items[].tenant'"),
        run=late("parley.tenants", "list_"),
    )
    show = add_command(
        tenants,
        "show",
        help="one tenant; its secrets as set or missing",
        examples=("parley tenants show acme-bank",),
        run=late("parley.tenants", "show"),
    )
    show.add_argument("tenant", metavar="SLUG", help="as `list` has it")
    for command in (list_, show):
        add_output(command)


def _add_keys(commands: argparse._SubParsersAction[CommandParser]) -> None:
    keys = add_group(
        commands,
        "keys",
        help="keys of the platform, and API keys",
        description="`new`, `ring` and `rotate`: keys of the platform, which seal secrets and sign "
        "calls. `create`, `list` and `revoke`: API keys, with which programs call the API.",
        examples=("parley keys new service-token-key", "parley keys list --tenant acme-bank"),
    )
    upkeep.add_key_commands(keys)
    programs.add_key_commands(keys)


def _say(error: ParleyError, code: int) -> int:
    first, *more = error.detail.split("\n")
    remark(f"parley: {first}")
    for line in more:
        remark(f"  {line}")
    return code
