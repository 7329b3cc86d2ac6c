"""The variables that steer stack.yml here: what a person exports, and what `up` chooses itself.

Every exported variable reaches the functions; only the addresses of what `up` starts are its own.
They are kept in `.local/env`, to be sourced, under the names that the settings have.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.faas.layout import Layout, write_private
from local.faas.secret_files import variable_of
from local.faas.stack import FunctionSpec
from local.services import clock

CONNECTOR_PORT = 3012
SANDBOX_PORT = 3100
HOST = "127.0.0.1"

# What a process gets of this machine's own environment; all else it gets from stack.yml.
BASICS = ("HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "SSL_CERT_FILE", "SSL_CERT_DIR")

# `up` gives these a value too; a person's own goes before it: no process listens at them.
OPEN = ("S3_PUBLIC_URL", "OIDC_ISSUER", "OIDC_AUDIENCE")
# A person's own places stand beside that of the sandbox.
ADDED = ("FETCH_ALLOWED_HOSTS", "OIDC_ALLOWED_HOSTS")

_ASSIGNMENT = re.compile(r"export (?P<name>[A-Z_][A-Z0-9_]*)=(?P<value>.*)")


def address(port: int) -> str:
    """Where a process of this machine is reached."""
    return f"http://{HOST}:{port}"


def peers(functions: Iterable[FunctionSpec], offset: int) -> dict[str, str]:
    """`STATE_URL` and so on: where the functions find each other."""
    return {f"{variable_of(f.name)}_URL": address(f.port + offset) for f in functions}


def sandbox(offset: int) -> dict[str, str]:
    """The outside world, when it is simulated."""
    port = SANDBOX_PORT + offset
    base = address(port)
    return {
        "SANDBOX_URL": base,
        "GRAPH_API_BASE_URL": f"{base}/graph",
        "GENESYS_API_BASE_URL": f"{base}/genesys",
        "GENESYS_LOGIN_BASE_URL": f"{base}/login",
        "OIDC_ISSUER": f"{base}/oidc",
        "OIDC_AUDIENCE": "parley",
        "FETCH_ALLOWED_HOSTS": f"{HOST}:{port}",
        "OIDC_ALLOWED_HOSTS": f"{HOST}:{port}",
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


@dataclass(frozen=True)
class Steering:
    """`variables`: all that steers the stack. `kept`: what of it goes to `.local/env`.

    `unused`: names of exported variables whose place `up` needed for its own addresses.
    """

    variables: Mapping[str, str]
    kept: Mapping[str, str]
    unused: tuple[str, ...]


def steering(
    exported: Mapping[str, str], chosen: Mapping[str, str], sourced: Mapping[str, str]
) -> Steering:
    """Lay what a person exported and what `up` chose together.

    `sourced`: what the shell has from a `.local/env`. An earlier `up` chose that, perhaps for
    another copy, so it does not count as exported. A person's own value is not kept for the same
    reason: it must not come back as one that `up` chose.
    """
    own = {name: value for name, value in exported.items() if value and value != sourced.get(name)}
    first = {name: own[name] for name in OPEN if name in own}
    for name in own.keys() & chosen.keys() & set(ADDED):
        places = f"{own[name]},{chosen[name]}".replace(" ", "").split(",")
        first[name] = ",".join(dict.fromkeys(filter(None, places)))
    variables = {**exported, **chosen, **first}
    unused = sorted(name for name in own if name not in first and variables[name] != own[name])
    kept = {name: value for name, value in chosen.items() if name not in OPEN or name not in own}
    return Steering(variables, kept, tuple(unused))


def sourced(exported: Mapping[str, str]) -> dict[str, str]:
    """What the `.local/env` holds that this shell has sourced; nothing when it has sourced none."""
    secrets = exported.get("SECRETS_DIR")
    return read(Path(secrets).parent / "env") if secrets else {}


def basics() -> dict[str, str]:
    """PATH with this interpreter first, so that `python` is the one with the locked packages."""
    here = str(Path(sys.executable).parent)
    kept = {name: os.environ[name] for name in BASICS if name in os.environ}
    kept |= clock.moved()
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
