"""`faas-local`: runs the functions of stack.yml on this machine, without Docker."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from local.faas.errors import FaasError, typed
from local.faas.layout import Layout
from local.faas.names import MODES, SERVERS
from shared.command.completion import add_completion
from shared.command.ending import run_to_its_end
from shared.command.late import late
from shared.command.moments import FORMS, count, moment, seconds
from shared.command.output import JSON, add_output
from shared.command.parser import CommandParser, VersionAction, add_command, add_group, finish

EPILOG = """\
exit codes:
  0  done, or all is ready
  1  it could not be done; status: not all is ready; invoke: the function refused
  2  the command or a name is wrong; nothing was done
"""
EXAMPLES = (
    "faas-local up  # servers, sandbox, functions and connector",
    "faas-local up --port-offset 1000 --root .local/second  # a second copy",
    "faas-local logs -f inbound-transform",
    "faas-local restart wa-api",
    "faas-local invoke state --path /state/claim --data @claim.json",
    'eval "$(faas-local env)"  # the addresses and secrets it chose',
    "faas-local down  # nothing is left running",
)
ROOT = Path(".local")
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of the command; answers its exit code."""
    return run_to_its_end(partial(_run, arguments))


def _run(arguments: Sequence[str] | None, go_on: Callable[[], None]) -> int:
    given = build_parser().parse_args(arguments)
    if given.changes:
        go_on()
    try:
        return int(given.run(given, Layout(given.root.resolve())))
    except FaasError as error:
        sys.stderr.write(f"faas-local: {error}\n")
        return error.code
    except KeyboardInterrupt:
        sys.stderr.write(f"interrupted; {typed('down')} ends what was started\n")
        return INTERRUPTED


def build_parser() -> CommandParser:
    """All commands and options."""
    parser = CommandParser(prog="faas-local", description=__doc__, epilog=EPILOG, examples=EXAMPLES)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_up(commands)
    down = add_command(
        commands,
        "down",
        help="end everything, in order",
        examples=("faas-local down", "faas-local down --keep-services"),
        changes=True,
        run=late("local.faas.actions", "down"),
    )
    down.add_argument("--keep-services", action="store_true", help="leave the servers running")
    status = add_command(
        commands,
        "status",
        help="what runs; 1 if not all is ready",
        examples=("faas-local status", "faas-local status -o json | jq '.items[].state'"),
        run=late("local.faas.actions", "status_"),
    )
    add_output(status)
    _add_logs(commands)
    _add_restart(commands)
    _add_invoke(commands)
    _add_services(commands)
    env = add_command(
        commands,
        "env",
        help="print what `up` chose, to be sourced",
        examples=('eval "$(faas-local env)"', "faas-local env -o json"),
        run=late("local.faas.actions", "env"),
    )
    add_output(env, "shell", JSON)
    add_completion(commands, build_parser)
    return finish(parser, _general)


def _general(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--root", type=Path, default=ROOT, help="folder of this copy (.local unless told)"
    )
    group.add_argument("--version", action=VersionAction, help="print the version")


def _add_up(commands: Any) -> None:
    up = add_command(
        commands,
        "up",
        help="start everything and wait until all is ready",
        description="Starts everything and waits until all is ready. On a copy that runs it starts "
        "the servers that have died.",
        examples=(
            "faas-local up",
            "faas-local up --port-offset 1000",
            "faas-local up --services docker --no-sandbox",
        ),
        changes=True,
        run=late("local.faas.actions", "up"),
    )
    _add_what(up)
    up.add_argument(
        "--detach",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="go on in the background; with --no-detach, Ctrl-C ends everything",
    )
    _add_wait(up)
    up.add_argument(
        "--new-key-ring",
        action="store_true",
        help="make a key ring although secrets are stored under one that is lost",
    )


def _add_what(up: argparse.ArgumentParser) -> None:
    """What is started, and where."""
    up.add_argument(
        "--yaml", "-f", type=Path, default=Path("stack.yml"), help="stack file (%(default)s)"
    )
    up.add_argument(
        "--port-offset",
        type=int,
        metavar="N",
        help="add N to every port (0, or that of the copy that runs)",
    )
    up.add_argument(
        "--no-sandbox",
        action="store_true",
        help="no simulators: GRAPH_API_BASE_URL and its like come from the environment",
    )
    up.add_argument(
        "--services",
        choices=MODES,
        default="local",
        help="the four servers: private ones, Docker's, or those the environment names (local)",
    )


def _add_wait(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--wait",
        type=seconds,
        default=180.0,
        metavar="S",
        help="seconds for all to be ready (%(default).0f)",
    )


def _add_logs(commands: Any) -> None:
    logs = add_command(
        commands,
        "logs",
        help="print the log of a process, of several, or of all",
        description="Lines of several logs come in the order of their times, each with its name.",
        examples=(
            "faas-local logs -f inbound-transform",
            "faas-local logs --since 5m --pretty",
            "faas-local logs wa-api genesys-api -n 50",
        ),
        run=late("local.faas.actions", "show_logs"),
    )
    logs.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="functions, connector, sandbox, supervisor or servers (all)",
    )
    logs.add_argument("-f", "--follow", action="store_true", help="and what is written from now")
    logs.add_argument("-n", "--lines", type=count, metavar="N", help="only the last N lines (all)")
    logs.add_argument("--since", type=moment, metavar="MOMENT", help=f"only since then: {FORMS}")
    logs.add_argument("--pretty", action="store_true", help="events in words instead of JSON")


def _add_restart(commands: Any) -> None:
    restart = add_command(
        commands,
        "restart",
        help="end processes and start them again, each with its secrets as they are now",
        description="Ends the named processes and starts them again; waits until they are ready. "
        "Each gets its secrets as they are now, and its variables as `up` took them.",
        examples=("faas-local restart wa-api", "faas-local restart tenancy auth"),
        changes=True,
        run=late("local.faas.actions", "restart"),
    )
    restart.add_argument(
        "names", nargs="+", metavar="NAME", help="functions, connector, sandbox or servers"
    )
    _add_wait(restart)


def _add_invoke(commands: Any) -> None:
    call = add_command(
        commands,
        "invoke",
        help="call a function, with a service token",
        examples=(
            "faas-local invoke tenancy --path /tenancy/tenants",
            "faas-local invoke state --path /state/claim --data @claim.json",
        ),
        run=late("local.faas.actions", "invoke"),
    )
    call.add_argument("name", metavar="NAME", help="a function")
    call.add_argument("--path", default="/", help="path and query (%(default)s)")
    call.add_argument("--data", help="body: the text, @file, or - for standard input")
    call.add_argument("--method", help="POST with --data, else GET")
    call.add_argument(
        "-H", "--header", action="append", default=[], metavar="NAME:VALUE", help="further header"
    )


def _add_services(commands: Any) -> None:
    services = add_group(
        commands,
        "services",
        help="the four servers alone",
        description="PostgreSQL, Redis, RabbitMQ and an S3 server, as private ones of this copy.",
        examples=("faas-local services up", "faas-local services start redis"),
    )
    run = late("local.faas.actions", "services")
    for name, words in (
        ("up", "start what does not run yet, wait until all are ready, print the addresses"),
        ("down", "stop all that was started under the root"),
    ):
        example = f"faas-local services {name}"
        add_command(services, name, help=words, examples=(example,), changes=True, run=run)
    status = add_command(
        services,
        "status",
        help="ask each server by its own protocol; 1 if one does not run",
        examples=("faas-local services status", "faas-local services status -o json"),
        run=late("local.faas.actions", "services_status"),
    )
    add_output(status)
    for name, words in (
        ("start", "start one server on its old data and port"),
        ("stop", "stop one server; the others go on"),
    ):
        example = f"faas-local services {name} redis"
        one = add_command(services, name, help=words, examples=(example,), changes=True, run=run)
        one.add_argument("name", choices=SERVERS, help="which server")


if __name__ == "__main__":
    sys.exit(main())
