"""Runs the simulators: `python -m local.sandbox --port 3100`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import uvicorn
from pydantic import ValidationError

from local.sandbox import words
from local.sandbox.app import application
from local.sandbox.control.answers import worded
from local.sandbox.room.protocol import AbortableProtocol
from local.sandbox.room.settings import Settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.sandbox",
        description=words.introduction().replace("%", "%%"),
        epilog=words.settings().replace("%", "%%"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=3100, help="port (%(default)s; 0: any free)")
    parser.add_argument("--no-limits", action="store_true", help="lift rates and the window")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=JSON",
        dest="pairs",
        help="change a setting of the list below; may be repeated",
    )
    return parser


def _changes(pairs: list[str]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        part, _, rest = name.partition(".")
        if rest:
            changes.setdefault(part, {})[rest] = value
        else:
            changes[part] = value
    return changes


# What cloud load balancers give an idle connection: clients that keep theirs shorter lose none.
KEEP_ALIVE_S = 60


class Server(uvicorn.Server):
    """Says where it listens, on standard output, once it does."""

    async def startup(self, sockets: list[Any] | None = None) -> None:
        """Listen, then tell."""
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            sys.stdout.write(f"sandbox listening on http://{host}:{port}\n")
            sys.stdout.flush()


def main(arguments: list[str] | None = None) -> int:
    """Run until told to stop; 2 when a setting is wrong."""
    given = _parser().parse_args(arguments)
    settings = Settings()
    try:
        settings.change(_changes(given.pairs))
    except ValidationError as wrong:
        sys.stderr.write(f"wrong setting: {worded(wrong)}\n")
        return 2
    if given.no_limits:
        settings.limits = "off"
    config = uvicorn.Config(
        application(settings),
        host=given.host,
        port=given.port,
        http=AbortableProtocol,
        loop="uvloop",
        ws="none",
        access_log=False,
        proxy_headers=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=3,
    )
    server = Server(config)
    server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
