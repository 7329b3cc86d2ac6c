"""`up` and `down`: from a stack file to running processes, and back to nothing.

Rule: whatever an earlier run left behind is found by pid and start time, and ended first.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.faas import environment, planning, restarting, secret_files, stack
from local.faas.errors import FaasError, UsageFault, typed
from local.faas.layout import Layout
from local.faas.names import SUPERVISOR
from local.faas.plan import Plan, Process
from local.faas.processes import Identity, end, holder_of, port_free
from local.faas.servers import Servers, prepare
from local.faas.state import State
from local.faas.waiting import Waiter

Say = Callable[[str], None]
ORPHAN_GRACE_S = 5.0


@dataclass(frozen=True)
class Options:
    """How `up` was asked for."""

    yaml: Path
    port_offset: int | None = None  # that of the copy that runs, else 0
    with_sandbox: bool = True
    services: str = "local"
    wait: float = 180.0  # seconds for all to be ready: a busy machine takes more than a minute
    new_key_ring: bool = False  # also over secrets that are stored under a lost one

    @property
    def offset(self) -> int:
        """What is added to every port."""
        return self.port_offset or 0

    def record(self) -> dict[str, Any]:
        """For the plan: what a running copy is compared by."""
        told = {**asdict(self), "yaml": str(self.yaml.resolve()), "port_offset": self.offset}
        return {name: value for name, value in told.items() if name not in ("wait", "new_key_ring")}


def up(layout: Layout, options: Options, say: Say) -> bool:
    """Start everything; True when every process is ready. Raises FaasError when it can not."""
    with layout.locked():
        state = State.read(layout.state_file)
        if state.supervised:
            plan = _already_up(layout, options, say)
        else:
            end_orphans(layout, state, say)
            plan = _start(layout, options, say)
    return _wait(layout, plan, options.wait, say)


def down(layout: Layout, say: Say, *, keep_services: bool = False) -> None:
    """End the processes in order, then the servers; says what it ended."""
    with layout.locked():
        state = State.read(layout.state_file)
        ended = end_supervised(layout, state, say) if state.supervised else 0
        ended += end_orphans(layout, State.read(layout.state_file), say)
        layout.state_file.unlink(missing_ok=True)
        if ended == 0:
            say("nothing was running")
        if not keep_services:
            _services_down(layout, say)


def stay(layout: Layout) -> None:
    """Return when the supervisor has ended; an interrupt passes through."""
    while State.read(layout.state_file).supervised:
        time.sleep(0.2)


def end_supervised(layout: Layout, state: State, say: Say) -> int:
    """Let the supervisor end its processes, and tell them as they go; how many there were."""
    supervisor, living = state.supervisor, state.living()
    if supervisor is None:
        return 0
    plan = Plan.read(layout.plan_file)
    bound = sum(max(process.grace for process in stage) for stage in plan.stages()) + ORPHAN_GRACE_S
    os.kill(supervisor.pid, signal.SIGTERM)
    told: set[str] = set()
    deadline = time.monotonic() + bound
    while supervisor.alive and time.monotonic() < deadline:
        _tell_ended(living, told, say)
        time.sleep(0.05)
    end([supervisor], ORPHAN_GRACE_S, lambda one: say(f"killed  {SUPERVISOR} pid {one.pid}"))
    _tell_ended(living, told, say)
    return len(living)


def end_orphans(layout: Layout, state: State, say: Say) -> int:
    """End what a supervisor that is gone has left, in the plan's order; how many there were."""
    living = state.living()
    if not living:
        return 0
    say(f"the supervisor is gone and left {len(living)} processes: ending them")
    for names in _order(layout, living):
        for name in names:
            say(f"ending  {name:<20} pid {living[name].pid}")
        ones = [living[name] for name in names]
        end(ones, ORPHAN_GRACE_S, lambda one: say(f"killed  pid {one.pid}"))
    return len(living)


def _tell_ended(living: Mapping[str, Identity], told: set[str], say: Say) -> None:
    for name, identity in living.items():
        if name not in told and not identity.alive:
            told.add(name)
            say(f"ended   {name:<20} pid {identity.pid}")


def _order(layout: Layout, living: Mapping[str, Identity]) -> list[list[str]]:
    try:
        stages = Plan.read(layout.plan_file).stages()
    except FaasError:
        return [list(living)]
    ordered = [[p.name for p in stage if p.name in living] for stage in stages]
    known = {name for stage in ordered for name in stage}
    return [*ordered, [name for name in living if name not in known]]


def _already_up(layout: Layout, options: Options, say: Say) -> Plan:
    plan = Plan.read(layout.plan_file)
    asked = options.record()
    if options.port_offset is None:
        asked["port_offset"] = plan.options["port_offset"]
    if dict(plan.options) != asked:
        first = typed("down")
        raise FaasError(f"{layout.root} is already up, otherwise than asked: {first} first")
    say("already up")
    _revive_servers(layout, options, say)
    for secret, names in restarting.outdated(layout, plan).items():
        again = typed(f"restart {' '.join(names)}")
        say(f"the secret {secret} has changed since: {again} brings it in")
    return plan


def _revive_servers(layout: Layout, options: Options, say: Say) -> None:
    """Start the servers that have died. Raises FaasError where one has another address now."""
    found = Servers(options.services, layout.root, options.yaml.resolve().parent).start_dead(say)
    known = environment.read(layout.env_file)
    moved = sorted(name for name, value in found.items() if known.get(name) != value)
    if moved:
        raise FaasError(
            f"{', '.join(moved)}: on another port than before, which the functions do not know; "
            f"{typed('down')}, then {typed('up')}"
        )


def _start(layout: Layout, options: Options, say: Say) -> Plan:
    from shared.runtime.logging import level_fault  # noqa: PLC0415  # slow: `status` needs none

    fault = level_fault()
    if fault is not None:
        raise UsageFault(fault)
    declared = stack.load(options.yaml, os.environ)
    ports = planning.ports(declared, options.offset, with_sandbox=options.with_sandbox)
    _refuse_taken(ports)
    began = time.monotonic()
    chosen = environment.chosen(
        layout,
        declared.functions,
        options.offset,
        with_sandbox=options.with_sandbox,
        servers=Servers(options.services, layout.root, declared.folder).up(say),
    )
    say(f"servers up in {time.monotonic() - began:.1f} s")
    began = time.monotonic()
    given = environment.steering(os.environ, chosen, environment.sourced(os.environ))
    if given.unused:
        say(f"not used, up starts its own: {', '.join(given.unused)}")
    variables = given.variables
    prepare(variables, say)
    key_id = _key_of_new_ring(layout, variables, options)
    _lay_secrets(layout, declared, variables, key_id, say)
    environment.write(layout.env_file, given.kept)
    planner = planning.Planner(
        layout, stack.load(options.yaml, variables), options.offset, variables
    )
    processes = planner.processes(with_sandbox=options.with_sandbox)
    plan = Plan(processes, options.record())
    plan.write(layout.plan_file)
    _turn_logs(layout, plan)
    _launch(layout)
    say(f"{len(processes)} processes started after {time.monotonic() - began:.1f} s")
    return plan


def _services_down(layout: Layout, say: Say) -> None:
    try:
        options = Plan.read(layout.plan_file).options
        mode, folder = str(options["services"]), Path(options["yaml"]).parent
    except (FaasError, KeyError):  # no plan: `faas-local services up` may have been all
        mode, folder = "local", Path()
    Servers(mode, layout.root, folder).down(say)


def _refuse_taken(ports: Mapping[str, int]) -> None:
    taken = [
        f"  port {port} ({name}) is held by {holder_of(port)}"
        for name, port in ports.items()
        if not port_free(port)
    ]
    if taken:
        raise FaasError(
            "\n".join(taken) + "\nend what holds them, or shift all ports: "
            f"{typed('up')} --port-offset 1000, or make up PORT_OFFSET=1000"
        )


def _key_of_new_ring(layout: Layout, variables: Mapping[str, str], options: Options) -> str:
    """The id that the key of a new ring gets: none that secrets are stored under.

    Raises FaasError where some are, and nobody said that their ring is lost.
    """
    ring = layout.secrets / "key-ring"
    url = variables.get("DATABASE_URL_TENANCY")
    if ring.exists() or variables.get("KEY_RING") or not url:
        return secret_files.FIRST_KEY
    from local.faas.sealed import stored_under  # noqa: PLC0415  # a driver of the database

    stored = stored_under(url)
    if stored and not options.new_key_ring:
        raise FaasError(
            f"{ring} is gone, and {stored.total()} secrets are stored under "
            f"{', '.join(map(repr, sorted(stored)))}: a new ring would not open them.\n"
            "put the ring back there (or into KEY_RING); if it is lost, "
            f"{typed('up --new-key-ring')} makes a new one, and then `parley tenants apply` stores "
            "the tenants' secrets again"
        )
    return next(key for n in itertools.count(1) if (key := f"k{n}") not in stored)


def _lay_secrets(
    layout: Layout,
    declared: stack.Stack,
    variables: Mapping[str, str],
    key_id: str,
    say: Say,
) -> None:
    made = secret_files.generate(layout, key_id)
    if made:
        say(f"secrets made: {', '.join(made)}")
    secret_files.keep(layout, planning.secret_names(declared), variables)
    for spec in declared.functions:
        secret_files.hand_over(layout, spec.name, {name: name for name in spec.secrets})
    if any(spec.queues for spec in declared.functions):
        secret_files.hand_over(layout, "connector", planning.CONNECTOR_SECRETS)


def _turn_logs(layout: Layout, plan: Plan) -> None:
    """Each run begins a new log; the one before it is kept beside."""
    for path in [layout.log_of(SUPERVISOR), *(Path(p.log) for p in plan.processes)]:
        if path.exists():
            path.replace(path.with_suffix(".log.1"))


def _launch(layout: Layout) -> None:
    """Start the supervisor in a session of its own, so that it outlives this terminal."""
    layout.state_file.unlink(missing_ok=True)
    with layout.log_of(SUPERVISOR).open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "local.faas.supervisor", str(layout.root)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + ORPHAN_GRACE_S
    while not State.read(layout.state_file).supervised:
        if child.poll() is not None or time.monotonic() > deadline:
            raise FaasError(f"the supervisor did not start; see {layout.log_of(SUPERVISOR)}")
        time.sleep(0.02)


def _wait(layout: Layout, plan: Plan, limit: float, say: Say) -> bool:
    missing = Waiter(layout.state_file, say).wait(plan.processes, limit)
    for process in missing:
        _tell_missing(process, say)
    return not missing


def _tell_missing(process: Process, say: Say) -> None:
    url = f"{environment.address(process.port)}{process.ready_path}"
    say(
        f"NOT ready: {process.name}: {url} does not answer 200; see {typed(f'logs {process.name}')}"
    )
