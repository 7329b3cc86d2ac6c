"""A stack of tiny real functions under a temporary folder, run by the command as a person would."""

import json
import subprocess
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from local.faas.layout import Layout
from local.faas.plan import Plan
from local.faas.state import State
from local.services import clock
from tests.ports import free_port
from tests.programs import run
from tests.waits import WAIT_S

# Answers /readyz; tells its environment and secrets; dies when asked to.
HANDLER = textwrap.dedent("""
    import http.server, json, os, pathlib, signal, sys

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path == "/die":
                os._exit(3)
            secrets = pathlib.Path(os.environ["SECRETS_DIR"])
            told = {
                "environment": dict(os.environ),
                "secrets": sorted(p.name for p in secrets.iterdir()),
                "authorization": self.headers.get("Authorization"),
            }
            self.answer(json.dumps(told).encode())

        def do_POST(self):
            self.answer(self.rfile.read(int(self.headers["Content-Length"])))

        def answer(self, body):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    if os.environ.get("STUBBORN"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.environ.get("BROKEN"):
        sys.exit("LOG_LEVEL: what is wrong is told here")
    print("serving", flush=True)
    address = (os.environ["HOST"], int(os.environ["PORT"]))
    http.server.ThreadingHTTPServer(address, Handler).serve_forever()
""")


@dataclass
class Room:
    """One root with its stack file."""

    folder: Path
    ports: dict[str, int]
    layout: Layout = field(init=False)

    def __post_init__(self) -> None:
        self.layout = Layout(self.folder / ".local")

    def command(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `faas-local ARGUMENTS` to its end."""
        variables = {"PATH": "/usr/bin:/bin", **clock.moved(), **environment}
        return run("local.faas.command", *arguments, environment=variables, folder=self.folder)

    def up(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """`faas-local up` without servers and simulators."""
        given = ("up", "--services", "none", "--no-sandbox", *arguments)
        return self.command(*given, **environment)

    def down(self) -> subprocess.CompletedProcess[str]:
        """`faas-local down`."""
        return self.command("down")

    def state(self) -> State:
        """What the supervisor tells."""
        return State.read(self.layout.state_file)

    def plan(self) -> Plan:
        """What it was told."""
        return Plan.read(self.layout.plan_file)

    def get(self, name: str, path: str = "/", offset: int = 0) -> Any:
        """JSON that a function answers."""
        url = f"http://127.0.0.1:{self.ports[name] + offset}{path}"
        return requests.get(url, timeout=WAIT_S).json()

    def die(self, name: str) -> None:
        """Make a function's process end by itself with exit code 3."""
        with pytest.raises(requests.ConnectionError):
            requests.get(f"http://127.0.0.1:{self.ports[name]}/die", timeout=WAIT_S)


MakeRoom = Callable[..., Room]


def stack_text(ports: dict[str, int], **changes: Any) -> str:
    functions = {
        name: {
            "lang": "tiny",
            "handler": f"./functions/{name}",
            "image": name,
            "fprocess": f"python functions/{name}/handler.py",
            "environment": {"GREETING": "${GREETING:-hello}", "ONE_URL": "${ONE_URL:-http://one}"},
            "annotations": {"parley.port": str(port)},
            **changes.get(name, {}),
        }
        for name, port in ports.items()
    }
    return yaml.safe_dump({"version": "1.0", "functions": functions})


@pytest.fixture
def make_room(tmp_path: Path) -> Iterator[MakeRoom]:
    """Lays out a stack of the named functions; whatever it left running is ended after the test."""
    rooms: list[Room] = []

    def make(*names: str, **changes: Any) -> Room:
        folder = tmp_path / f"room{len(rooms)}"
        ports = {name: free_port() for name in names}
        for name in names:
            (folder / "functions" / name).mkdir(parents=True)
            (folder / "functions" / name / "handler.py").write_text(HANDLER)
        (folder / "stack.yml").write_text(stack_text(ports, **changes))
        rooms.append(Room(folder, ports))
        return rooms[-1]

    yield make
    for room in rooms:
        if room.layout.plan_file.is_file():
            room.down()


def file_mode(path: Path) -> int:
    """The permission bits."""
    return path.stat().st_mode & 0o777


def write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))
