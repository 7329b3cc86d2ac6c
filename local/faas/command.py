"""`faas-local`: runs the functions of stack.yml on this machine, without Docker."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from local.faas import lifecycle, logs, servers, status
from local.faas.errors import FaasError
from local.faas.layout import Layout

EPILOG = """\
examples:
  faas-local up                        servers, sandbox, functions and connector
  faas-local up --port-offset 1000     a second copy (give it a --root of its own)
  faas-local logs -f inbound-transform
  faas-local invoke state --path /state/claim --data @claim.json
  eval "$(faas-local env)"             the addresses and secrets it chose
  faas-local down                      nothing is left running
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry of the command. 0 done, 1 said what went wrong, 2 wrong usage."""
    given = build_parser().parse_args(arguments)
    try:
        return int(given.run(given, Layout(given.root.resolve())))
    except FaasError as error:
        sys.stderr.write(f"faas-local: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; faas-local down ends what was started\n")
        return 130


def build_parser() -> argparse.ArgumentParser:
    """All commands and options."""
    parser = argparse.ArgumentParser(
        prog="faas-local",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(root=Path(".local"))
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--root", type=Path, default=Path(".local"), help="folder of this copy (%(default)s)"
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_up(commands, common)
    down = commands.add_parser("down", parents=[common], help="end everything, in order")
    down.add_argument("--keep-services", action="store_true", help="leave the servers running")
    down.set_defaults(run=_down)
    shown = commands.add_parser("status", parents=[common], help="what runs; 1 if not all ready")
    shown.set_defaults(run=_status)
    _add_logs(commands, common)
    _add_invoke(commands, common)
    services = commands.add_parser("services", parents=[common], help="the four servers alone")
    services.add_argument("action", choices=("up", "down", "status", "start", "stop"))
    services.add_argument("name", nargs="?", help="which one to start or stop")
    services.set_defaults(run=_services)
    env = commands.add_parser("env", parents=[common], help="print what `up` chose, to be sourced")
    env.set_defaults(run=_env)
    return parser


def _add_up(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:  # type: ignore[type-arg]  # generic in the stubs alone
    up = commands.add_parser("up", parents=[common], help="start everything and wait until ready")
    up.add_argument(
        "--yaml", "-f", type=Path, default=Path("stack.yml"), help="stack file (%(default)s)"
    )
    up.add_argument(
        "--port-offset", type=int, default=0, metavar="N", help="add N to every port (0)"
    )
    up.add_argument(
        "--no-sandbox",
        action="store_true",
        help="no simulators: GRAPH_API_BASE_URL and its like come from the environment",
    )
    up.add_argument(
        "--services",
        choices=servers.MODES,
        default="local",
        help="the four servers: private ones, Docker's, or those the environment names (local)",
    )
    up.add_argument(
        "--wait", type=float, default=60.0, metavar="S", help="seconds for all to be ready (60)"
    )
    up.add_argument(
        "--detach",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="go on in the background; with --no-detach, Ctrl-C ends everything",
    )
    up.set_defaults(run=_up)


def _add_logs(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:  # type: ignore[type-arg]  # generic in the stubs alone
    shown = commands.add_parser("logs", parents=[common], help="print a process's log")
    shown.add_argument("name", help="a function, connector, sandbox or supervisor")
    shown.add_argument("-f", "--follow", action="store_true", help="and what is written from now")
    shown.add_argument("-n", "--lines", type=int, default=0, help="only the last N lines (all)")
    shown.set_defaults(run=_logs)


def _add_invoke(commands: argparse._SubParsersAction, common: argparse.ArgumentParser) -> None:  # type: ignore[type-arg]  # generic in the stubs alone
    call = commands.add_parser(
        "invoke", parents=[common], help="call a function, with a service token"
    )
    call.add_argument("name", help="a function")
    call.add_argument("--path", default="/", help="path and query (%(default)s)")
    call.add_argument("--data", help="body: the text, @file, or - for standard input")
    call.add_argument("--method", help="POST with --data, else GET")
    call.add_argument(
        "-H", "--header", action="append", default=[], metavar="NAME:VALUE", help="further header"
    )
    call.set_defaults(run=_invoke)


def _up(given: argparse.Namespace, layout: Layout) -> int:
    options = lifecycle.Options(
        yaml=given.yaml,
        port_offset=given.port_offset,
        with_sandbox=not given.no_sandbox,
        services=given.services,
        wait=given.wait,
    )
    if not given.detach:
        return _stay(layout, options)
    ready = lifecycle.up(layout, options, _say)
    _say(f"{'all ready; ' if ready else ''}faas-local down --root {given.root} ends everything")
    return 0 if ready else 1


def _stay(layout: Layout, options: lifecycle.Options) -> int:
    """Start, wait for Ctrl-C or SIGTERM, end; an interrupted start is ended too."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell in the background ignores the first
        signal.signal(number, signal.default_int_handler)
    try:
        if lifecycle.up(layout, options, _say):
            _say("all ready; Ctrl-C ends everything")
            lifecycle.stay(layout)
    except KeyboardInterrupt:
        return 0
    finally:
        lifecycle.down(layout, _say)
    return 1  # not ready, or ended by somebody else


def _down(given: argparse.Namespace, layout: Layout) -> int:
    lifecycle.down(layout, _say, keep_services=given.keep_services)
    return 0


def _status(given: argparse.Namespace, layout: Layout) -> int:
    del given
    if not layout.plan_file.is_file():
        _say("nothing has been started here; faas-local up does")
        return 1
    rows = status.rows(layout)
    for line in status.table(rows):
        _say(line)
    return 0 if all(row.good for row in rows) else 1


def _logs(given: argparse.Namespace, layout: Layout) -> int:
    path = logs.path_of(layout, given.name)
    for line in logs.tail(path, given.lines):
        _say(line)
    if given.follow:
        for line in logs.follow(path):
            _say(line)
    return 0


def _invoke(given: argparse.Namespace, layout: Layout) -> int:
    from local.faas.invoke import Call, body_of, invoke  # noqa: PLC0415  # half a second of HTTP

    headers = dict(_header(text) for text in given.header)
    call = Call(given.path, given.method, body_of(given.data), headers)
    answer = invoke(layout, given.name, call)
    sys.stderr.write(f"{answer.status_code} {answer.reason}\n")
    sys.stdout.buffer.write(answer.content)
    if answer.content and not answer.content.endswith(b"\n"):
        sys.stdout.buffer.write(b"\n")
    sys.stdout.buffer.flush()
    return 0 if answer.ok else 1


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise FaasError(f"--header {text!r}: write it as NAME:VALUE")
    return name.strip(), value.strip()


def _services(given: argparse.Namespace, layout: Layout) -> int:
    from local.services import command  # noqa: PLC0415  # half a second that `logs` does not need

    name = [given.name] if given.name else []
    return command.main([given.action, "--root", str(layout.root), *name])


def _env(given: argparse.Namespace, layout: Layout) -> int:
    del given
    if not layout.env_file.is_file():
        raise FaasError(f"{layout.env_file} is not there yet: faas-local up writes it")
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(layout.env_file.read_text(encoding="utf-8"))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
