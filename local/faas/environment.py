"""The variables that steer stack.yml here: what `up` chose first, then the person's own.

They are kept in `.local/env`, to be sourced, under the names that the settings have.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from local.faas.layout import Layout, write_private
from local.faas.secret_files import variable_of
from local.faas.stack import FunctionSpec

CONNECTOR_PORT = 3012
SANDBOX_PORT = 3100
HOST = "127.0.0.1"

# What a process gets of this machine's own environment; all else it gets from stack.yml.
BASICS = ("HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "SSL_CERT_FILE", "SSL_CERT_DIR")

_ASSIGNMENT = re.compile(r"export (?P<name>[A-Z_][A-Z0-9_]*)=(?P<value>.*)")


def address(port: int) -> str:
    """Where a process of this machine is reached."""
    return f"http://{HOST}:{port}"


def peers(functions: Iterable[FunctionSpec], offset: int) -> dict[str, str]:
    """`STATE_URL` and so on: where the functions find each other."""
    return {f"{variable_of(f.name)}_URL": address(f.port + offset) for f in functions}


def sandbox(offset: int) -> dict[str, str]:
    """The outside world, when it is simulated."""
    base = address(SANDBOX_PORT + offset)
    return {
        "SANDBOX_URL": base,
        "GRAPH_API_BASE_URL": f"{base}/graph",
        "GENESYS_API_BASE_URL": f"{base}/genesys",
        "GENESYS_LOGIN_BASE_URL": f"{base}/login",
        "OIDC_ISSUER": f"{base}/oidc",
        "OIDC_AUDIENCE": "parley",
        "FETCH_ALLOWED_HOSTS": HOST,
    }


def chosen(
    layout: Layout,
    functions: Iterable[FunctionSpec],
    offset: int,
    *,
    with_sandbox: bool,
    servers: Mapping[str, str],
) -> dict[str, str]:
    """Everything that `up` decides itself."""
    return {
        **servers,
        **(sandbox(offset) if with_sandbox else {}),
        **peers(functions, offset),
        "CONNECTOR_URL": address(CONNECTOR_PORT + offset),
        "SECRETS_DIR": str(layout.secrets),
        "PARLEY_PORT_OFFSET": str(offset),
    }


def basics() -> dict[str, str]:
    """PATH with this interpreter first, so that `python` is the one with the locked packages."""
    here = str(Path(sys.executable).parent)
    kept = {name: os.environ[name] for name in BASICS if name in os.environ}
    return {**kept, "PATH": os.pathsep.join([here, os.environ.get("PATH", os.defpath)])}


def write(path: Path, variables: Mapping[str, str]) -> None:
    """Write the sourceable file."""
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(variables.items())]
    write_private(path, "\n".join(lines) + "\n")


def read(path: Path) -> dict[str, str]:
    """What `write` wrote; empty when there is none."""
    if not path.is_file():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        match = _ASSIGNMENT.fullmatch(line)
        if match:
            found[match["name"]] = "".join(shlex.split(match["value"]))
    return found
