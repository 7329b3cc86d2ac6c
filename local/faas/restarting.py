"""`faas-local restart`: processes ended and started again, with their secrets as they are now.

The supervisor does it, so that the restart is no failure: nothing is counted, nobody waits.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local.faas import secret_files
from local.faas.errors import FaasError, UsageFault, typed
from local.faas.layout import Layout, write_private
from local.faas.names import SERVERS
from local.faas.plan import Plan, Process
from local.faas.planning import CONNECTOR_SECRETS
from local.faas.processes import Identity
from local.faas.servers import Servers
from local.faas.state import State
from local.faas.waiting import Waiter

Say = Callable[[str], None]
SIGNAL = signal.SIGUSR1
PAUSE_S = 0.05


def restart(layout: Layout, names: Sequence[str], wait: float, say: Say) -> bool:
    """Whether all were ready again within `wait` seconds. Raises FaasError, UsageFault."""
    with layout.locked():
        state = State.read(layout.state_file)
        if state.supervisor is None or not state.supervised:
            raise FaasError(f"nothing runs under {layout.root}: {typed('up')} starts it")
        plan = Plan.read(layout.plan_file)
        servers = Servers(str(plan.options["services"]), layout.root, _folder(plan))
        chosen = _chosen(plan, servers, names)
        for name in names:
            if name in SERVERS:
                servers.restart(name, say)
        before = {one.name: state.entries[one.name].identity for one in chosen}
        for process in chosen:
            _hand_over(layout, process)
        if chosen:
            write_private(asked_file(layout), json.dumps([one.name for one in chosen]))
            os.kill(state.supervisor.pid, SIGNAL)
        deadline = time.monotonic() + wait
        _wait_for_others(layout, before, deadline)
    missing = Waiter(layout.state_file, say).wait(chosen, deadline - time.monotonic())
    for process in missing:
        say(f"NOT ready: {process.name}; see {typed(f'logs {process.name}')}")
    return not missing


def asked_file(layout: Layout) -> Path:
    """Where the supervisor reads whom to restart."""
    return layout.run / "restart.json"


def outdated(layout: Layout, plan: Plan) -> dict[str, list[str]]:
    """Secrets that have changed since their processes got them, and which processes these are."""
    found: dict[str, list[str]] = {}
    for process in plan.processes:
        for file, secret in _secrets(layout, process).items():
            now, then = layout.secrets / secret, layout.secrets_of(process.name) / file
            if now.is_file() and now.read_bytes() != then.read_bytes():
                found.setdefault(secret, []).append(process.name)
    return found


def _folder(plan: Plan) -> Path:
    return Path(str(plan.options["yaml"])).parent


def _chosen(plan: Plan, servers: Servers, names: Sequence[str]) -> list[Process]:
    there = {process.name: process for process in plan.processes}
    known = [*there, *(SERVERS if servers.mode == "local" else ())]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageFault(f"nothing here is named {unknown[0]!r}; there are: {', '.join(known)}")
    return [there[name] for name in dict.fromkeys(names) if name in there]


def _secrets(layout: Layout, process: Process) -> Mapping[str, str]:
    """File in the process's folder -> secret of this copy."""
    folder = layout.secrets_of(process.name)
    files = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    names = CONNECTOR_SECRETS if process.name == "connector" else {}
    return {file: names.get(file, file) for file in files}


def _hand_over(layout: Layout, process: Process) -> None:
    secrets = _secrets(layout, process)
    if secrets:
        secret_files.hand_over(layout, process.name, secrets)


def _wait_for_others(
    layout: Layout, before: Mapping[str, Identity | None], deadline: float
) -> None:
    """Until each name is another process than before: the old one may still say that it is well."""
    while time.monotonic() < deadline:
        entries = State.read(layout.state_file).entries
        now = {name: entries[name].identity for name in before if name in entries}
        if all(now.get(name) not in (None, old) for name, old in before.items()):
            return
        time.sleep(PAUSE_S)
