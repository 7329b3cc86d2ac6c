"""`up` and `down`: from a stack file to running processes, and back to nothing.

Rule: whatever an earlier run left behind is found by pid and start time, and ended first.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.faas import environment, planning, secret_files, stack
from local.faas.errors import FaasError
from local.faas.layout import Layout
from local.faas.plan import Plan, Process
from local.faas.processes import Identity, end, holder_of, port_free
from local.faas.servers import Servers, prepare
from local.faas.state import State
from local.faas.waiting import Waiter

Say = Callable[[str], None]
SUPERVISOR = "supervisor"
ORPHAN_GRACE_S = 5.0


@dataclass(frozen=True)
class Options:
    """How `up` was asked for."""

    yaml: Path
    port_offset: int = 0
    with_sandbox: bool = True
    services: str = "local"
    wait: float = 60.0  # seconds for all to be ready

    def record(self) -> dict[str, Any]:
        """For the plan."""
        return {**asdict(self), "yaml": str(self.yaml.resolve())}


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
    asked = options.record() | {"wait": None}
    if dict(plan.options) | {"wait": None} != asked:
        raise FaasError(f"{layout.root} is already up, otherwise than asked: faas-local down first")
    say("already up")
    return plan


def _start(layout: Layout, options: Options, say: Say) -> Plan:
    declared = stack.load(options.yaml, os.environ)
    ports = planning.ports(declared, options.port_offset, with_sandbox=options.with_sandbox)
    _refuse_taken(ports)
    began = time.monotonic()
    chosen = environment.chosen(
        layout,
        declared.functions,
        options.port_offset,
        with_sandbox=options.with_sandbox,
        servers=Servers(options.services, layout.root, declared.folder).up(say),
    )
    say(f"servers up in {time.monotonic() - began:.1f} s")
    began = time.monotonic()
    given = environment.steering(os.environ, chosen, environment.sourced(os.environ))
    if given.unused:
        say(f"not used, up starts its own: {', '.join(given.unused)}")
    variables = given.variables
    _lay_secrets(layout, declared, variables, say)
    prepare(variables, say)
    environment.write(layout.env_file, given.kept)
    planner = planning.Planner(
        layout, stack.load(options.yaml, variables), options.port_offset, variables
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
            "\n".join(taken) + "\nend what holds them, or shift all ports with --port-offset N"
        )


def _lay_secrets(
    layout: Layout, declared: stack.Stack, variables: Mapping[str, str], say: Say
) -> None:
    made = secret_files.generate(layout)
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
    say(f"NOT ready: {process.name}: {url} does not answer 200; see faas-local logs {process.name}")
