"""`python -m local.services`: the servers from the command line."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from local.services.errors import ServicesError
from local.services.services import NAMES, Services
from shared.command.ending import run_to_its_end

DESCRIPTION = """\
PostgreSQL, Redis, RabbitMQ and an S3 server as private children of this machine: data, logs,
passwords and ports live under one root folder, they listen on 127.0.0.1 alone, and they go on
running after the command ends, until `down`.
"""
EPILOG = """\
exit status: 0 done; 1 a server failed (its log's end is shown) or, for `status`, one does not
run; 2 a program is missing (the command that brings it is shown) or the words are wrong.

files: ROOT/logs/NAME.log, ROOT/services/ports.json, ROOT/services/secrets/ (0600).
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and answer the exit status, also where nobody reads its words."""

    def to_its_end(go_on: Callable[[], None]) -> int:
        go_on()
        return run(argv)

    return run_to_its_end(to_its_end)


def run(argv: Sequence[str] | None) -> int:
    """The same for another command's own arguments."""
    words = _parser().parse_args(argv)
    services = Services(words.root, report=_say)
    try:
        return _run(services, words)
    except ServicesError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted; what had been started is stopped again", file=sys.stderr)
        return 130


def _run(services: Services, words: argparse.Namespace) -> int:
    match words.command:
        case "up":
            _say(_addresses(services, words.root))
        case "down":
            services.down()
        case "start":
            services.start(words.name)
        case "stop":
            services.stop(words.name)
        case "status":
            return _status(services)
    return 0


def _addresses(services: Services, root: Path) -> str:
    shown = repr(services.up()).removeprefix("Endpoints(").removesuffix(")")
    lines = [f"  {line.replace('=', '  ', 1)}" for line in shown.split(", ")]
    return "\n".join([*lines, f"  passwords are in {root / 'services' / 'secrets'}"])


def _status(services: Services) -> int:
    rows = services.status()
    for row in rows:
        port = row.port or "-"
        pid = f"pid {row.pid}" if row.pid else ""
        _say(f"{row.name:<9} {row.state:<14} port {port:<6} {pid}".rstrip())
    return 0 if all(row.state == "running" for row in rows) else 1


def _say(line: str) -> None:
    print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(add_help=False)
    root.add_argument(
        "--root",
        type=Path,
        default=Path(".local"),
        help="folder that holds everything (default: .local)",
    )
    parser = argparse.ArgumentParser(
        prog="python -m local.services",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (
        ("up", "start what does not run yet, wait until all are ready, print the addresses"),
        ("down", "stop all that was started under the root"),
        ("status", "ask each server by its own protocol"),
    ):
        commands.add_parser(name, parents=[root], help=text, description=text)
    for name, text in (
        ("start", "start one server on its old data and port"),
        ("stop", "stop one server; the others go on"),
    ):
        one = commands.add_parser(name, parents=[root], help=text, description=text)
        one.add_argument("name", choices=NAMES, metavar="NAME", help=" | ".join(NAMES))
    return parser
