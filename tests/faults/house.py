"""Starts the whole stack with a gate before every function, both clouds and S3; and ends it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from local.faas import environment
from local.faas.stack import load
from local.sandbox.client import Sandbox
from local.services import Services
from tests.faults.gates import Gates
from tests.ports import free_offset
from tests.stack import ROOT, Stack

CLOUDS = {"graph": "/graph", "genesys": "/genesys"}
# What steers the run: no limit of ours beside those that the faults bring, and quick mending.
SETTINGS = {
    "RATE_LIMITS": "off",
    "CLAIM_LEASE_SECONDS": "40",  # 60: no shorter than a call of 30 s and its making
    "RESEND_UNKNOWN_SECONDS": "45",  # 300; no shorter than the claim
    "LONGEST_WAIT_SECONDS": "5",  # 60
}
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z0-9_]+_URL)(?::-[^}]*)?\}")

Say = Callable[[str], None]


@contextmanager
def house(root: Path, say: Say, *, gated: bool = True) -> Iterator[tuple[Stack, Gates]]:
    """The running stack and, if it is to have any, its gates.

    Afterwards nothing of it runs. Its logs stay in `root`.
    """
    if root.exists():
        _faas_local("down", root, say)
        shutil.rmtree(root)
    servers = Services(root, report=say)
    with ExitStack() as stack:
        gates = stack.enter_context(Gates().open())
        stack.callback(_faas_local, "down", root, say)
        s3 = servers.up().s3_endpoint_url
        say("starting the functions" + ", each behind a gate" * gated)
        shift = free_offset()
        offset = ("--port-offset", str(shift))
        if gated:
            gates.add("s3", lambda: s3)
            file = root / "stack.yml"
            file.write_text(_gated(gates, root, shift), encoding="utf-8")
            options = ("--yaml", str(file), *offset)
            _faas_local("up", root, say, *options, ROUTES=_routes(gates), **SETTINGS)
        else:
            _faas_local("up", root, say, *offset)
        variables = environment.read(root / "env")
        if gated:  # so that the clouds, too, come by a gate
            variables["API_GATEWAY_URL"] = gates["api-gateway"].url
        sandbox = stack.enter_context(Sandbox(variables["SANDBOX_URL"]))
        yield Stack(root, variables, sandbox, servers, servers.endpoints()), gates


def _gated(gates: Gates, root: Path, shift: int) -> str:
    """stack.yml with the gates' addresses in place of the functions'."""
    text = (ROOT / "stack.yml").read_text(encoding="utf-8")
    addresses: dict[str, str] = {"S3_ENDPOINT_URL": gates["s3"].url}
    for spec in load(ROOT / "stack.yml", {}).functions:
        url = environment.address(spec.port + shift)
        gate = gates.add(spec.name, lambda url=url: url)  # type: ignore[misc]  # bound at once
        addresses[f"{spec.name.upper().replace('-', '_')}_URL"] = gate.url
    sandbox = environment.address(environment.SANDBOX_PORT + shift)
    for name, path in CLOUDS.items():
        gate = gates.add(name, lambda: sandbox)
        addresses[f"{name.upper()}_API_BASE_URL"] = gate.url + path

    def gated(match: re.Match[str]) -> str:
        return addresses.get(match["name"], match[0])

    for link in ("functions", "template", "shared"):
        (root / link).symlink_to(ROOT / link)
    return _VARIABLE.sub(gated, text)


def _routes(gates: Gates) -> str:
    """The connector's way to the transforms, through their gates."""
    functions = load(ROOT / "stack.yml", {}).functions
    pairs = [(queue, spec.name) for spec in functions for queue in spec.queues]
    return ";".join(f"{queue}={name}@{gates[name].url}" for queue, name in pairs)


def _faas_local(command: str, root: Path, say: Say, *more: str, **variables: str) -> None:
    program = str(Path(sys.executable).parent / "faas-local")
    done = subprocess.run(
        [program, command, "--root", str(root), *more],
        cwd=ROOT,
        env={**environment.basics(), **variables},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if done.returncode:
        say(done.stdout + done.stderr)
        done.check_returncode()
