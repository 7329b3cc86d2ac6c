"""What each command of `faas-local` does: from its arguments to words and an exit code."""

from __future__ import annotations

import argparse
import itertools
import signal
import sys
from collections.abc import Iterator

from local.faas import environment, lifecycle, logs, reading, restarting, status
from local.faas.errors import FaasError, UsageFault, typed
from local.faas.layout import Layout
from local.faas.servers import Servers
from local.faas.state import State
from shared.command.output import print_items, print_json, wants_json
from shared.wire.printed import shown

DONE, FAILED = 0, 1


def up(given: argparse.Namespace, layout: Layout) -> int:
    """Start, and say how to end it."""
    options = lifecycle.Options(
        yaml=given.yaml,
        port_offset=given.port_offset,
        with_sandbox=not given.no_sandbox,
        services=given.services,
        wait=given.wait,
        new_key_ring=given.new_key_ring,
    )
    if not given.detach:
        return _stay(layout, options)
    ready = lifecycle.up(layout, options, _say)
    _say(f"{'all ready; ' if ready else ''}{typed('down')}{_root(given)} ends everything")
    return DONE if ready else FAILED


def _root(given: argparse.Namespace) -> str:
    """As it was typed."""
    return "" if str(given.root) == ".local" else f" --root {given.root}"


def _stay(layout: Layout, options: lifecycle.Options) -> int:
    """Start, wait for Ctrl-C or SIGTERM, end; an interrupted start is ended too."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell in the background ignores the first
        signal.signal(number, signal.default_int_handler)
    try:
        if lifecycle.up(layout, options, _say):
            _say("all ready; Ctrl-C ends everything")
            lifecycle.stay(layout)
    except KeyboardInterrupt:
        return DONE
    finally:
        lifecycle.down(layout, _say)
    return FAILED  # not ready, or ended by somebody else


def down(given: argparse.Namespace, layout: Layout) -> int:
    """End everything."""
    lifecycle.down(layout, _say, keep_services=given.keep_services)
    return DONE


def status_(given: argparse.Namespace, layout: Layout) -> int:
    """The table, or a line where nothing is meant to run."""
    rows = status.rows(layout) if layout.plan_file.is_file() else []
    nothing = not State.read(layout.state_file).entries and not any(row.pid for row in rows)
    good = not nothing and all(row.good for row in rows)
    if wants_json(given):
        print_items([] if nothing else [row.record() for row in rows], ready=good)
    elif nothing:
        _say(f"nothing runs here; {typed('up')}{_root(given)} starts it")
    else:
        for line in status.table(rows):
            _say(line)
    return DONE if good else FAILED


def show_logs(given: argparse.Namespace, layout: Layout) -> int:
    """One log as it is; several with a name before each line."""
    names = given.names or logs.known(layout)
    paths = {name: logs.path_of(layout, name) for name in dict.fromkeys(names)}
    followed = logs.follow(paths) if given.follow else iter(())
    several = len(paths) > 1
    width = max((len(name) for name in paths), default=0)

    def told(lines: Iterator[logs.Line]) -> Iterator[str]:
        for line in lines:
            words = reading.words(line.text) if given.pretty else line.text
            yield f"{line.name:<{width}}  {words}" if several else words

    found = logs.lines(paths, since=given.since, last=given.lines)
    for text in itertools.chain(told(iter(found)), told(followed)):
        _say(shown(text))
    return DONE


def restart(given: argparse.Namespace, layout: Layout) -> int:
    """End and start again."""
    return DONE if restarting.restart(layout, given.names, given.wait, _say) else FAILED


def invoke(given: argparse.Namespace, layout: Layout) -> int:
    """Call a function; its answer on standard output, its status on standard error."""
    from local.faas.invoke import Call, body_of, invoke  # noqa: PLC0415  # half a second of HTTP

    headers = dict(_header(text) for text in given.header)
    call = Call(given.path, given.method, body_of(given.data), headers)
    answer = invoke(layout, given.name, call)
    sys.stderr.write(f"{answer.status_code} {answer.reason}\n")
    newline = b"" if not answer.content or answer.content.endswith(b"\n") else b"\n"
    _write(answer.content + newline)
    return DONE if answer.ok else FAILED


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise UsageFault(f"--header {text!r}: write it as NAME:VALUE")
    return name.strip(), value.strip()


def services(given: argparse.Namespace, layout: Layout) -> int:
    """`up`, `down`, `start NAME`, `stop NAME`."""
    from local.services import command  # noqa: PLC0415  # half a second that `logs` does not need

    action = given.parser.prog.rpartition(" ")[2]
    name = [given.name] if "name" in given else []
    return command.run([action, "--root", str(layout.root), *name])


def services_status(given: argparse.Namespace, layout: Layout) -> int:
    """Each server, asked by its own protocol."""
    rows = status.server_rows(Servers("local", layout.root, layout.root))
    if wants_json(given):
        print_items([row.record() for row in rows])
    else:
        for line in status.table(rows):
            _say(line)
    return DONE if rows and all(row.good for row in rows) else FAILED


def env(given: argparse.Namespace, layout: Layout) -> int:
    """What `up` chose."""
    if not layout.env_file.is_file():
        raise FaasError(f"{layout.env_file} is not there yet: {typed('up')} writes it")
    if wants_json(given):
        print_json(environment.read(layout.env_file))
    else:
        sys.stdout.write(layout.env_file.read_text(encoding="utf-8"))
    return DONE


def _write(body: bytes) -> None:
    """Bytes as they are."""
    write = getattr(sys.stdout, "write_bytes", None) or sys.stdout.buffer.write
    write(body)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
